"""What one call has added to the day's count of one holder: all that it used, and nothing twice."""

from dataclasses import dataclass
from datetime import date
from uuid import uuid4

from callcore.billing.allowance import Holder, Used
from callcore.billing.ports import DayTotals


@dataclass(frozen=True)
class _Addition:
    day: date
    used: Used
    token: str


class DayTally:
    """Called by one thread at a time."""

    def __init__(self, totals: DayTotals, holder: Holder) -> None:
        self._totals = totals
        self._holder = holder
        self._counted = Used()
        self._unsure: _Addition | None = None
        """Which the store did not confirm: it may have been counted."""

    def bring_to(self, used: Used, day: date) -> Used:
        """Add what the call has used in all and was not counted yet; the day's count of all calls.

        Raises StoreError; then the next time makes up for it.
        """
        if self._unsure is not None:
            self._add(self._unsure)
        return self._add(_Addition(day, used - self._counted, str(uuid4())))

    def _add(self, addition: _Addition) -> Used:
        self._unsure = addition
        total = self._totals.add_used(self._holder, addition.day, addition.used, addition.token)
        self._counted += addition.used
        self._unsure = None
        return total
