"""A supervisor of one steady child: `python -m tests.peers.supervising FILE`; the child tells FILE what it does."""

import asyncio
import sys
from functools import partial
from pathlib import Path

from callcore.clock import SystemClock
from infra.local.environment import environment_of_children
from infra.local.settings import read_settings
from infra.local.supervisor import Child, Supervisor


def child(name: str, file: Path, drain_s: float = 10.0) -> Child:
    """One of the programs of tests.peers.supervised; ready once it has told anything."""
    command = (sys.executable, "-m", "tests.peers.supervised", name, str(file))

    def has_told() -> bool:
        return file.exists() and f"{name} started" in file.read_text()

    return Child(name, command, partial(asyncio.to_thread, has_told), drain_s)


def supervisor(*children: Child) -> Supervisor:
    """Of these children, with the environment of the local stack."""
    return Supervisor(children, environment_of_children(read_settings()), SystemClock())


async def main(file: str) -> None:
    await supervisor(child("steady", Path(file))).run(on_ready=lambda: print("ready", flush=True))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
