"""How late the machine itself is: the reference that lateness of ours is measured against, in the same run.

`python -m tests.peers.stall` keeps a bare timetable until its input ends, and tells each new worst of it. Given a
process, it also tells how long the machine kept that from running (`/proc/PID/schedstat`, where there is one): whoever
has work to do waits for a processor while a bare timetable, which has none, is served at once.
"""

import asyncio
import select
import sys
import time
from asyncio.subprocess import PIPE
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

STEP_S = 0.01
WINDOW_S = 1.0
"""What a process was kept from in so long adds up: meanwhile it cannot catch up."""


@dataclass
class Stall:
    """What the machine was late, whatever we do."""

    worst_s: float = 0.0
    """A bare timetable in this process."""
    beside_s: float = 0.0
    """One in a process beside it."""
    waited_s: float = 0.0
    """The given process waited for a processor for so long, at worst within WINDOW_S."""

    @property
    def both_s(self) -> float:
        """What comes from another process and is taken in this one may have been late in either."""
        return self.worst_s + max(self.beside_s, self.waited_s)


@asynccontextmanager
async def stall_of_the_machine(process_id: int | None = None) -> AsyncIterator[Stall]:
    """Measures for as long as the block lasts."""
    stall = Stall()
    watched = [] if process_id is None else [str(process_id)]
    command = (sys.executable, "-m", "tests.peers.stall", *watched)
    beside = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
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
        stall.beside_s, stall.waited_s = map(float, line.split())


class Waiting:
    """How long a process was ready to run and did not, at worst within WINDOW_S."""

    def __init__(self, process_id: str) -> None:
        self._told = Path(f"/proc/{process_id}/schedstat")
        self._totals: deque[tuple[float, float]] = deque()
        self.worst_s = 0.0

    def look(self, now: float) -> None:
        """To be called every STEP_S."""
        try:
            waited_s = int(self._told.read_text().split()[1]) / 1e9
        except OSError:
            return
        self._totals.append((now, waited_s))
        while self._totals[0][0] < now - WINDOW_S:
            self._totals.popleft()
        self.worst_s = max(self.worst_s, waited_s - self._totals[0][1])


def main() -> None:
    worst_s = 0.0
    waiting = Waiting(sys.argv[1]) if len(sys.argv) > 1 else None
    told = (0.0, 0.0)
    while True:
        due = time.monotonic() + STEP_S
        if select.select([sys.stdin], [], [], STEP_S)[0]:
            return
        now = time.monotonic()
        worst_s = max(worst_s, now - due)
        if waiting is not None:
            waiting.look(now)
        found = (worst_s, waiting.worst_s if waiting is not None else 0.0)
        if found != told:
            told = found
            print(*found, flush=True)


if __name__ == "__main__":
    main()
