"""The counts that all workers share; the rules of callcore.ports apply."""

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from callcore.billing.allowance import Holder, RunningCall, Used
from callcore.ids import AccountId

KEPT_DAYS = 35
"""A day's counts can be read for so long."""


class DayTotals(Protocol):
    """What was used, day by day."""

    def add_used(self, holder: Holder, day: date, used: Used, token: str) -> Used:
        """The day's count after adding; of additions at once none is lost.

        One that raised StoreError may have been made. Made again with its `token`, a UUID, within ten minutes it
        counts once.
        """
        ...

    def used(self, holder: Holder, day: date) -> Used:
        """The day's count; nothing for a day on which nothing was used."""
        ...


class RunningCalls(Protocol):
    """The calls that go on, on whichever worker."""

    def hold(self, call: RunningCall) -> None:
        """The call goes on until `call.until`, unless it is held anew."""
        ...

    def release(self, call: RunningCall) -> None:
        """It is over, unless it is held since another time: whoever took it up again keeps its place."""
        ...

    def running(self, account_id: AccountId, now: float) -> Sequence[RunningCall]:
        """The account's calls that go on at `now` (unix seconds); what was held before is among them."""
        ...
