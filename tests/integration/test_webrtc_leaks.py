"""Two hundred callers come and go over WebRTC, and nothing of them stays."""

import asyncio
import platform
from pathlib import Path

import pytest

from tests.bench.webrtc_memory import held_after, over_webrtc
from tests.peers.worker_process import Held

CYCLES, WARM_UP = 200, 100
NATIVE_KIB, BLOCKS, RESIDENT_KIB = 2, 10, 50
"""What a caller may leave; one holds 290 KiB beside Python while he is there, and 1,200 blocks.

Measured in tests/bench/reports/webrtc_memory.txt: 0.7 KiB and 4 blocks a call in the first 200, a tenth of it after
1,000. What is resident follows the most callers that there were at once: one in four keeps his place for 10 s.
"""


@pytest.mark.full
@pytest.mark.timeout(300)
@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="what is in use is asked of the GNU C library")
def test_two_hundred_callers_leave_nothing_behind(tmp_path: Path) -> None:
    async def scenario() -> list[Held]:
        return [held async for held in held_after((WARM_UP, WARM_UP + CYCLES), over_webrtc, tmp_path)]

    before, after = asyncio.run(scenario())
    print(before, after, sep="\n")
    assert after.legs == before.legs == 0
    assert after.tasks <= before.tasks
    assert after.threads <= before.threads + 2, "the executor may have grown"
    assert after.descriptors <= before.descriptors + 2
    assert after.native_kib - before.native_kib < CYCLES * NATIVE_KIB
    assert after.blocks - before.blocks < CYCLES * BLOCKS
    assert after.resident_kib - before.resident_kib < CYCLES * RESIDENT_KIB
