"""Two hundred callers come and go over WebRTC, and nothing of them stays."""

import asyncio
import gc
import os
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest

from media_worker.transports.webrtc.connection import Connection
from media_worker.transports.webrtc.leg import WebRtcLeg
from tests.peers.webrtc_client import calling
from tests.peers.webrtc_worker import WebRtcWorker, webrtc_worker

CYCLES, WARM_UP = 200, 20
PAGE_KIB = os.sysconf("SC_PAGE_SIZE") // 1024


@dataclass(frozen=True)
class Held:
    """What this process has."""

    tasks: int
    threads: int
    descriptors: int
    legs: int
    memory_kib: int


def held() -> Held:
    gc.collect()
    objects = gc.get_objects()
    return Held(
        tasks=len(asyncio.all_tasks()),
        threads=threading.active_count(),
        descriptors=len(os.listdir("/proc/self/fd")),
        legs=sum(isinstance(one, Connection | WebRtcLeg) for one in objects),
        memory_kib=int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_KIB,
    )


async def come_and_go(worker: WebRtcWorker, number: int) -> None:
    """Every way to end: hanging up, hanging up before the call began, not coming at all."""
    async with calling() as (client, offer):
        done = await worker.answer(offer)
        assert done.session_id is not None
        if number % 4 == 3:
            worker.calls.hang_up(worker.account_id, done.session_id)
            return
        await client.take(str(done.sdp))
        if number % 4 != 2:
            await client.wait_for("onready")


async def settled(worker: WebRtcWorker) -> Held:
    """Once the last call's end is written."""
    await worker.empty()
    await asyncio.sleep(0.5)
    return held()


@pytest.mark.full
@pytest.mark.timeout(300)
def test_two_hundred_callers_leave_nothing_behind(tmp_path: Path) -> None:
    async def scenario() -> tuple[Held, Held]:
        async with webrtc_worker(tmp_path) as worker:
            for number in range(WARM_UP):
                await come_and_go(worker, number)
            before = await settled(worker)
            for number in range(CYCLES):
                await come_and_go(worker, number)
            return before, await settled(worker)

    before, after = asyncio.run(scenario())
    print(before, after, sep="\n")
    assert after.legs <= before.legs <= 2, "the last call's, until there is another one"
    assert after.tasks <= before.tasks
    assert after.threads <= before.threads + 2, "the executor may have grown"
    assert after.descriptors <= before.descriptors + 2
    # aiortc at the other end is in this process, too; the allocator keeps some of what both have given back.
    assert after.memory_kib - before.memory_kib < CYCLES * 100
