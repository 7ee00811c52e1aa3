"""The clock port and the system's clock: the only place of the kernel that reads the time."""

import time
from typing import Protocol


class Clock(Protocol):
    """Two clocks: one to measure with, one to date with."""

    def monotonic_s(self) -> float:
        """Seconds from an arbitrary zero; never goes back. For deadlines and durations."""
        ...

    def unix_s(self) -> float:
        """Seconds since 1970, UTC. For rows and messages."""
        ...


class SystemClock:
    """The machine's own clock."""

    def monotonic_s(self) -> float:
        """Seconds from an arbitrary zero."""
        return time.monotonic()

    def unix_s(self) -> float:
        """Seconds since 1970, UTC."""
        return time.time()
