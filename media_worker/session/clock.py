"""The worker's clock: the system's, and sleeping by it."""

import asyncio
from typing import Protocol

from callcore.clock import Clock, SystemClock


class WorkerClock(Clock, Protocol):
    """A clock that can also be waited on; tests put a virtual one in its place."""

    async def sleep_until(self, monotonic_s: float) -> None:
        """Return when the clock shows this time or more; yields at least once."""
        ...


class LoopClock(SystemClock):
    """Real time."""

    async def sleep_until(self, monotonic_s: float) -> None:
        """Sleep on the running event loop."""
        await asyncio.sleep(max(0.0, monotonic_s - self.monotonic_s()))
