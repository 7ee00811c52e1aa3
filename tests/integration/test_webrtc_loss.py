"""On a network that loses packets the caller is heard as soon as before, where aiortc's own receiver falls behind."""

import asyncio

import pytest

from tests.bench.webrtc_loss import Ear, measure, our_end, stock_end
from tests.peers.udp_relay import losing

RECOVERED_MS = 40


@pytest.mark.full
@pytest.mark.timeout(120)
def test_a_loss_leaves_no_delay_behind() -> None:
    async def scenario() -> None:
        ours, stock = await asyncio.gather(
            measure(lambda: losing(0.05), Ear("ours"), our_end, 3.0, 6.0),
            measure(lambda: losing(0.05), Ear("aiortc"), stock_end, 3.0, 6.0),
        )
        print(ours, stock, sep="\n")
        # The machine is slow for both at once, so one is measured by the other.
        assert ours.after - ours.before < RECOVERED_MS + max(0.0, stock.before - 80)
        assert ours.during < stock.during - 100
        assert ours.after < stock.after - 100
        assert ours.missing_s < 0.5 < stock.missing_s
        assert ours.made_up_share > 0

    asyncio.run(scenario())
