"""How late the machine itself is: the reference that lateness of ours is measured against, in the same run.

`python -m tests.peers.stall` keeps a bare timetable until its input ends, and tells each new worst of it.
"""

import asyncio
import select
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

STEP_S = 0.01


@dataclass
class Stall:
    """What bare timetables suffered that do nothing of ours."""

    worst_s: float = 0.0
    """In this process."""
    beside_s: float = 0.0
    """In a process beside it."""

    @property
    def both_s(self) -> float:
        """What comes from another process and is taken in this one may have been late in either."""
        return self.worst_s + self.beside_s


@asynccontextmanager
async def stall_of_the_machine() -> AsyncIterator[Stall]:
    """Measures for as long as the block lasts."""
    stall = Stall()
    beside = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.peers.stall", stdin=PIPE, stdout=PIPE)
    measuring = [asyncio.create_task(task) for task in (_here(stall), _beside(stall, beside))]
    try:
        yield stall
    finally:
        for task in measuring:
            task.cancel()
        beside.kill()
        await beside.wait()


async def _here(stall: Stall) -> None:
    while True:
        due = time.monotonic() + STEP_S
        await asyncio.sleep(STEP_S)
        stall.worst_s = max(stall.worst_s, time.monotonic() - due)


async def _beside(stall: Stall, process: asyncio.subprocess.Process) -> None:
    assert process.stdout is not None
    async for line in process.stdout:
        stall.beside_s = float(line)


def main() -> None:
    worst_s = 0.0
    while True:
        due = time.monotonic() + STEP_S
        if select.select([sys.stdin], [], [], STEP_S)[0]:
            return
        late_s = time.monotonic() - due
        if late_s > worst_s:
            worst_s = late_s
            print(worst_s, flush=True)


if __name__ == "__main__":
    main()
