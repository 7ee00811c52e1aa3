"""What a worker holds after more and more calls, which come and go over WebRTC, by /millis or by SIP.

    PYTHONPATH=functions:. .venv/bin/python -m tests.bench.webrtc_memory > tests/bench/reports/webrtc_memory.txt

The worker is a process of its own, with scripted speech; the callers are in this one, a call after the other, so that
figures are the worker's alone. They are taken when no call is left: what is in use, of Python's allocator and of the
C library's, what of it waited for the collector of garbage, and what the system counts as the worker's.
"""

import argparse
import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from tests.peers import millis_client, sip_phone, webrtc_client
from tests.peers.webrtc_worker import KEY
from tests.peers.worker_process import Held, WorkerProcess, worker_process

MARKS = (50, 250, 450, 850, 1500)
HEARD_S = 0.1


async def over_webrtc(worker: WorkerProcess, number: int) -> None:
    """Every way to end: hanging up, hanging up before the call began, not coming at all."""
    async with webrtc_client.calling() as (client, offer):
        session_id, answer = await worker.answer(offer)
        if number % 4 == 3:
            await worker.hang_up(session_id)
            return
        await client.take(answer)
        if number % 4 != 2:
            await client.wait_for("onready")


async def by_millis(worker: WorkerProcess, number: int) -> None:
    """Hanging up when the agent greets, or without having said what is wanted."""
    async with millis_client.connect(worker.millis_url) as client:
        if number % 4 != 3:
            await client.initiate(public_key=KEY, agent={"agent_id": "-a"})
            await client.wait_for("onready")


async def by_sip(worker: WorkerProcess, number: int) -> None:
    """Hanging up when the agent greets."""
    async with sip_phone.calling(worker.sip_port) as phone:
        await phone.talk(await worker.sip_user())
        await asyncio.sleep(HEARD_S)
        await phone.ask("BYE", phone.user)


Call = Callable[[WorkerProcess, int], Awaitable[None]]
CALLS: Mapping[str, Call] = {"WebRTC": over_webrtc, "/millis": by_millis, "SIP": by_sip}


async def held_after(marks: Sequence[int], one: Call, directory: Path) -> AsyncIterator[Held]:
    """What a worker has after each of these numbers of calls."""
    async with worker_process(directory) as worker:
        number = 0
        for mark in marks:
            while number < mark:
                await one(worker, number)
                number += 1
            yield await worker.held()


def line(mark: int, held: Held) -> str:
    """For the report."""
    return f"{mark:7} {held.resident_kib:13} {held.native_kib:12} {held.garbage_kib:10} {held.blocks:12}"


def growth(before: Held, after: Held, calls: int) -> str:
    """What each of the calls between has left, for the report."""
    resident, native, blocks = (
        (getattr(after, name) - getattr(before, name)) / calls for name in ("resident_kib", "native_kib", "blocks")
    )
    return f"   {resident:+7.2f} KiB {native:+7.2f} KiB {blocks:+7.2f} blocks"


async def main(marks: Sequence[int], kinds: Sequence[str]) -> None:
    """Print a table for each kind of calls."""
    for kind in kinds:
        print(f"{kind:7} resident, KiB  in use, KiB  +garbage  Python blocks   a call: resident, in use, Python blocks")
        found: list[Held] = []
        with tempfile.TemporaryDirectory() as directory:
            async for held in held_after(marks, CALLS[kind], Path(directory)):
                found.append(held)
                at = len(found) - 1
                each = growth(found[-2], held, marks[at] - marks[at - 1]) if at else ""
                print(line(marks[at], held) + each, flush=True)
        print()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--calls", type=int, nargs="+", default=MARKS)
    parser.add_argument("--kinds", choices=CALLS, nargs="+", default=list(CALLS))
    told = parser.parse_args()
    asyncio.run(main(told.calls, told.kinds))
