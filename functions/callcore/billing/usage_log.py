"""What the kernel asks of the storage of counted usage; the rules of callcore.ports apply."""

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from callcore.billing.day_usage import DayUsage
from callcore.ids import AccountId


class UsageLog(Protocol):
    """What the calls of an account used; `CallStore.finish_call` adds to it."""

    def usage_by_day(self, account_id: AccountId, first: date, last: date) -> Sequence[DayUsage]:
        """What was used from the first day to the last one, by day and then by agent; a day without calls has no row.

        Each call that ended counts exactly once.
        """
        ...
