"""How late the machine itself is: the reference that lateness of ours is measured against, in the same run."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

STEP_S = 0.01


@dataclass
class Stall:
    """What a bare timetable suffered, in a loop and a process that do nothing of ours for it."""

    worst_s: float = 0.0


@asynccontextmanager
async def stall_of_the_machine() -> AsyncIterator[Stall]:
    """Measures for as long as the block lasts."""
    stall = Stall()

    async def keep_the_timetable() -> None:
        while True:
            due = time.monotonic() + STEP_S
            await asyncio.sleep(STEP_S)
            stall.worst_s = max(stall.worst_s, time.monotonic() - due)

    keeping = asyncio.create_task(keep_the_timetable())
    try:
        yield stall
    finally:
        keeping.cancel()
