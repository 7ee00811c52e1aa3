"""Rounds of placing calls: campaigns order theirs, and the dialler places what is ordered."""

from collections.abc import Callable
from dataclasses import dataclass

from call_events.campaign_tick import CampaignTick
from call_events.dialler import Dialler
from callcore.calls.call import CallStatus
from callcore.calls.ports import CallStore
from callcore.clock import Clock

PAUSE_S = 1.0
"""Between two rounds: a number places one call a second."""


@dataclass(frozen=True)
class Placed:
    """What came of rounds."""

    count: int
    """Calls."""
    goes_on: bool
    """Another round may soon place more: calls wait, or those of campaigns go on."""


@dataclass(frozen=True)
class Placing:
    """Several may run at once."""

    calls: CallStore
    tick: CampaignTick
    dialler: Dialler

    def run(self) -> Placed:
        """One round. Raises StoreError."""
        live = self.calls.list_live_calls()
        ordered = self.tick.run(live)
        known = [*live, *ordered.calls]
        waiting, count = sum(call.status is CallStatus.QUEUED for call in known), self.dialler.run(known)
        return Placed(count, ordered.goes_on or count < waiting)

    def run_until(self, deadline_s: float, clock: Clock, pause: Callable[[float], None]) -> int:
        """Rounds while there may be more to place, until `deadline_s` (monotonic); how many calls were placed.

        A schedule that ticks once a minute places a number's calls second by second so, and keeps campaigns going:
        no end of a call that nobody took would tell of itself. Raises StoreError.
        """
        count = 0
        while (placed := self.run()).goes_on and clock.monotonic_s() + PAUSE_S < deadline_s:
            count += placed.count
            pause(PAUSE_S)
        return count + placed.count
