"""Calls on a day on which AWS throttles, loses requests and replies, and is away for a while: each ends once."""

import asyncio
from collections import Counter
from pathlib import Path

from call_events.consumer import Consumer
from call_events.finisher import Finisher
from call_events.sweeper import Sweeper
from callcore.billing.allowance import Holder, day_of
from callcore.calls.call import CallStatus
from callcore.calls.log import CallQuery
from callcore.deliveries.delivery import DeliveryState
from callstore.files import FilesBlobStore
from tests.clocks import ManualClock
from tests.peers.aws import AwsStoresOnDemand, use_clock
from tests.peers.queue_socket import QueueSocket
from tests.peers.unreliable_aws import BadDay, Trouble, UnreliableNetwork, unreliable_stores
from tests.unit.media_worker.session.house import ACCOUNT, INITIATE, House
from tests.virtual_time import VirtualClock, run_virtual

TABLE = "bad-day"
PAIRS = 4
TALK_S, OUTAGE_S = 40.0, 300.0
WEBHOOK = {"session_data_webhook": {"url": "https://shop.example.com/calls"}}


class Day:
    """Bad all along; in the outage nothing works. What the queue takes it takes twice."""

    def __init__(self, seed: int) -> None:
        self._bad = BadDay(seed)
        self.is_out = False

    def __call__(self, operation: str, attempt: int) -> Trouble:
        if self.is_out:
            return Trouble.LOST
        if operation == "SendMessage" and attempt == 1:
            return Trouble.REPLY_LOST
        return self._bad(operation, attempt)


async def call(house: House, seconds: float) -> QueueSocket:
    socket = QueueSocket(INITIATE)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(house.supervisor.attend(socket))
        await asyncio.sleep(seconds)
        assert socket.closed is None, "the call was cut"
        socket.hang_up()
    return socket


async def spend(house: House, day: Day, control_plane: Consumer, sweeper: Sweeper) -> None:
    """Calls in pairs; during the last pair AWS goes away, and comes back long after they are over."""
    for number in range(PAIRS):
        async with asyncio.TaskGroup() as tasks:
            for _ in range(2):
                tasks.create_task(call(house, TALK_S))
            await asyncio.sleep(TALK_S / 2)
            day.is_out = number == PAIRS - 1
        if day.is_out:
            assert house.supervisor.is_needed
            await asyncio.sleep(OUTAGE_S)
            day.is_out = False
            await asyncio.sleep(60)
            assert not house.supervisor.is_needed
        while control_plane.handle_batch():
            pass
        sweeper.sweep(house.clock.unix_s())


def test_nothing_is_lost_and_nothing_doubled(tmp_path: Path) -> None:
    async def live(network: UnreliableNetwork) -> None:
        house = House(stores, FilesBlobStore(tmp_path / "blobs"), config=WEBHOOK)
        # Another process, which does not know yet that AWS was away.
        there = AwsStoresOnDemand(TABLE, VirtualClock(), network.client)
        finisher = Finisher(there.calls, there.checkpoints, there.deliveries, house.clock)
        control_plane = Consumer(there.queue("call_events"), there.queue("dead_letters"), finisher)
        sweeper = Sweeper(there.calls, there.checkpoints, there.workers, there.deliveries, there.outbox)
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(house.supervisor.run())
            await spend(house, day, control_plane, sweeper)
            running.cancel()

    day = Day(seed=1)
    stores, network = unreliable_stores(TABLE, VirtualClock(), day)
    with stores:
        run_virtual(live(network))
        network.choose = lambda operation, attempt: Trouble.NONE
        use_clock(ManualClock(VirtualClock.EPOCH + 10_000))  # the loop's stands still
        calls = stores.call_log.list_calls(CallQuery(ACCOUNT.account_id, 100)).calls
        assert [call.status for call in calls] == [CallStatus.USER_ENDED] * 2 * PAIRS
        assert [call.duration_s for call in calls] == [int(TALK_S)] * 2 * PAIRS
        assert {len(call.chat or ()) for call in calls} == {1}, "the greeting, also of those who hung up in the outage"
        assert list(stores.calls.list_live_calls()) == []
        told = stores.deliveries.list_deliveries(ACCOUNT.account_id, DeliveryState.PENDING, 100)
        assert Counter(one.session_id for one in told) == Counter(call.session_id for call in calls)
        used = stores.day_totals.used(Holder(ACCOUNT.account_id), day_of(VirtualClock.EPOCH))
        assert abs(used.call_ms - 2 * PAIRS * TALK_S * 1000) < 2 * PAIRS * 100, "every second counts, once"
        assert list(stores.running_calls.running(ACCOUNT.account_id, VirtualClock.EPOCH + 10_000)) == []
        assert list(stores.queue("dead_letters").receive(10, 60)) == []
        assert Counter(network.requests)["SendMessage"] > 2 * PAIRS, "the day was bad"
