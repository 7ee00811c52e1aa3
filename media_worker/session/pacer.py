"""One playout clock for the whole process: every 20 ms each session sends what is due."""

import logging
from collections.abc import Callable

from media_worker.session.clock import WorkerClock
from media_worker.session.lateness import Lateness

FRAME_S = 0.020
MAX_LAG_S = 1.0
"""After a longer standstill of the process the timetable starts anew instead of catching up."""

Tick = Callable[[float], None]
log = logging.getLogger(__name__)


class Pacer:
    """Calls every registered tick on an absolute timetable. A tick never waits."""

    def __init__(self, clock: WorkerClock) -> None:
        self._clock = clock
        self._ticks: list[Tick] = []
        self.worst_lag_s = 0.0
        """How late the latest round ever was."""
        self._lateness = Lateness(FRAME_S)

    @property
    def late_percent(self) -> float:
        """How many of the last seconds' rounds were a frame late or more."""
        return self._lateness.percent

    def add(self, tick: Tick) -> None:
        """Call `tick(now)` every frame from now on."""
        self._ticks.append(tick)

    def remove(self, tick: Tick) -> None:
        """Stop calling it; one that was dropped is gone already."""
        if tick in self._ticks:
            self._ticks.remove(tick)

    async def run(self) -> None:
        """Tick until cancelled. A tick that raises is dropped; the others go on."""
        due = self._clock.monotonic_s()
        while True:
            now = self._clock.monotonic_s()
            self.worst_lag_s = max(self.worst_lag_s, now - due)
            self._lateness.add(now, now - due)
            self._round(now)
            due += FRAME_S
            if now - due > MAX_LAG_S:
                self._lateness.skip(int((now - due) / FRAME_S))
                due = now
            await self._clock.sleep_until(due)

    def _round(self, now: float) -> None:
        # No part of `run`, whose variable would hold the last session long after its end.
        for tick in tuple(self._ticks):
            try:
                tick(now)
            except Exception:
                log.exception("a session's tick failed")
                self._ticks.remove(tick)
