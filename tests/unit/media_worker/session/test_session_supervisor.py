"""Sessions come, are refused for a reason, and are drained."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from callcore.accounts.account import Account
from callcore.calls.call import CallStatus
from callcore.calls.registration import Registration, register
from callcore.ids import AgentId
from callcore.opening.plan import SessionPlan
from callcore.workers.worker import HEARTBEAT_S, STALE_S
from media_worker.providers.scripted import tts
from media_worker.session.admission.doors import Arrival, millis_door
from media_worker.session.casting.providers import Providers
from media_worker.session.pacer import Pacer
from playground.pages.health import Fleet, fleet_of
from tests.peers.queue_socket import QueueSocket
from tests.unit.media_worker.session.house import ACCOUNT, INITIATE, KEY, House, in_house


def test_a_session_is_recorded_and_its_client_told(tmp_path: Path) -> None:
    socket = QueueSocket(INITIATE)

    async def scenario(house: House) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(house.supervisor.attend(socket))
            await asyncio.sleep(2)
            assert house.supervisor.session_count == 1
            (call,) = house.calls()
            assert (call.status, call.worker_id) == (CallStatus.IN_PROGRESS, "worker-1")
            socket.incoming.put_nowait("garbage")
        assert house.supervisor.session_count == 0
        worker = house.stores.workers.find_worker("worker-1")
        assert worker is not None
        assert worker.url == "http://here"
        (ended,) = house.ended()
        assert (ended.status, ended.error_message) == (CallStatus.ERROR, "a text frame is not JSON")
        (base, *others) = ended.cost_breakdown
        assert (base["type"], base["rate"]) == ("millis", "0.02/min")
        assert base["credit"] == pytest.approx(2 / 60 * 2, abs=0.01)
        assert {line["basis"] for line in others} == {"unpriced"}, "the providers of a test have no name"

    in_house(tmp_path, scenario)
    frames = [json.loads(frame) for frame in socket.outgoing if isinstance(frame, str)]
    assert [frame["method"] for frame in frames][:3] == ["onready", "ai_action", "start_answering"]
    assert frames[-1] == {"method": "onsessionended", "data": {"reason": "error", "duration": 2}}
    assert socket.closed == (1008, "a text frame is not JSON")


def test_a_registered_call_begins_once_and_whoever_is_too_late_changes_nothing_of_it(tmp_path: Path) -> None:
    first, second = QueueSocket(), QueueSocket()

    async def scenario(house: House) -> None:
        agent = house.stores.agents.get_agent(ACCOUNT.account_id, AgentId("-a"))
        wanted = Registration(agent, from_phone="+1555", metadata={"userName": "Ann"})
        call = register(ACCOUNT.account_id, wanted, house.clock.unix_s())
        house.stores.calls.begin_call(call)
        initiate = json.dumps({"method": "initiate", "data": {"public_key": KEY, "call_id": call.call_id}})
        async with asyncio.TaskGroup() as tasks:
            for socket in (first, second):
                socket.incoming.put_nowait(initiate)
                tasks.create_task(house.supervisor.attend(socket))
            await asyncio.sleep(2)
            (begun,) = house.calls()
            assert begun.status is CallStatus.IN_PROGRESS
            assert (begun.session_id, begun.call_id) == (call.session_id, call.call_id)
            assert begun.voip == {"from": "+1555", "to": None}
            assert house.supervisor.find(ACCOUNT.account_id, call.session_id) is not None
            running = house.stores.running_calls.running(ACCOUNT.account_id, house.clock.unix_s())
            assert [one.session_id for one in running] == [call.session_id]
            (winner,) = (socket for socket in (first, second) if socket.closed is None)
            winner.incoming.put_nowait("garbage")

    in_house(tmp_path, scenario)
    reasons = sorted(socket.closed[1] for socket in (first, second) if socket.closed)
    assert reasons[0] == "a text frame is not JSON"
    assert reasons[1].endswith("has begun already")


def test_who_gave_up_and_asks_again_keeps_his_place_when_the_first_attempt_is_over(
    tmp_path: Path,
) -> None:
    first, second = QueueSocket(), QueueSocket()
    first_may_go_on = asyncio.Event()
    asked: list[SessionPlan] = []

    class SlowAtFirst(House):
        async def choose(self, plan: SessionPlan, account: Account) -> Providers:
            asked.append(plan)
            if len(asked) == 1:
                await first_may_go_on.wait()
            return await super().choose(plan, account)

    async def scenario(house: House) -> None:
        agent = house.stores.agents.get_agent(ACCOUNT.account_id, AgentId("-a"))
        call = register(ACCOUNT.account_id, Registration(agent), house.clock.unix_s())
        house.stores.calls.begin_call(call)
        async with asyncio.TaskGroup() as tasks:
            for socket in (first, second):
                initiate = {"method": "initiate", "data": {"public_key": KEY, "call_id": call.call_id}}
                socket.incoming.put_nowait(json.dumps(initiate))
            leaving = tasks.create_task(house.supervisor.receive(_impatient(millis_door(house.admission)(first))))
            await asyncio.sleep(1)
            tasks.create_task(house.supervisor.attend(second))
            await asyncio.sleep(1)
            first_may_go_on.set()
            await leaving
            running = house.stores.running_calls.running(ACCOUNT.account_id, house.clock.unix_s())
            assert [one.session_id for one in running] == [call.session_id]
            second.hang_up()
        assert len(asked) == 2

    in_house(tmp_path, scenario, kind=SlowAtFirst)


@asynccontextmanager
async def _impatient(arriving: AbstractAsyncContextManager[Arrival]) -> AsyncIterator[Arrival]:
    async with arriving as arrival:
        yield replace(arrival, is_gone=lambda: True)


@pytest.mark.parametrize(
    ("initiate", "options", "code", "reason"),
    [
        (INITIATE.replace(KEY, "x" * 32), {}, 1008, "the public key is not known"),
        ("{}", {}, 1008, 'a text frame is not an object with a string "method"'),
        (INITIATE, {"broken": True}, 1011, "internal error"),
        (INITIATE, {"max_sessions": 0}, 1013, "the server is full; try again in 30 s"),
    ],
)
def test_refusals_say_why_and_no_secret(
    tmp_path: Path, initiate: str, options: dict[str, Any], code: int, reason: str
) -> None:
    socket = QueueSocket(initiate)

    async def scenario(house: House) -> None:
        await house.supervisor.attend(socket)
        assert house.calls() == []

    in_house(tmp_path, scenario, **options)
    assert socket.closed == (code, reason)


def test_a_worker_whose_audio_is_late_takes_no_further_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, third = (QueueSocket(INITIATE) for _ in range(3))

    async def scenario(house: House) -> None:
        monkeypatch.setattr(Pacer, "late_percent", 5.1)
        assert house.supervisor.ready, "without a call it cannot be too slow for one"
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(house.supervisor.attend(first))
            await asyncio.sleep(1)
            assert (house.supervisor.ready, house.supervisor.load.busy_percent) == (False, 100.0)
            await house.supervisor.attend(second)
            monkeypatch.setattr(Pacer, "late_percent", 5.0)
            assert (house.supervisor.ready, house.supervisor.load.busy_percent) == (True, 10.0)
            tasks.create_task(house.supervisor.attend(third))
            await asyncio.sleep(1)
            assert house.supervisor.session_count == 2
            for socket in (first, third):
                socket.incoming.put_nowait("garbage")

    in_house(tmp_path, scenario)
    assert second.closed == (1013, "the server is full; try again in 30 s")


def test_an_account_holds_so_many_calls_at_once(tmp_path: Path) -> None:
    sockets = [QueueSocket(INITIATE) for _ in range(3)]

    async def scenario(house: House) -> None:
        async with asyncio.TaskGroup() as tasks:
            for socket in sockets:
                tasks.create_task(house.supervisor.attend(socket))
                await asyncio.sleep(1)
            for socket in sockets:
                socket.incoming.put_nowait("garbage")
        assert house.supervisor.session_count == 0

    in_house(tmp_path, scenario)
    assert sockets[2].closed == (1013, "the account holds 2 concurrent calls already")


def test_draining_takes_no_new_session_and_ends_the_old_ones_after_a_while(tmp_path: Path) -> None:
    old, new = QueueSocket(INITIATE), QueueSocket(INITIATE)

    async def scenario(house: House) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(house.supervisor.attend(old))
            await asyncio.sleep(3)
            began = house.clock.monotonic_s()
            draining = tasks.create_task(house.supervisor.drain(20.0))
            await asyncio.sleep(1)
            assert not house.supervisor.ready
            draining_worker = house.stores.workers.find_worker("worker-1")
            assert draining_worker is not None
            assert draining_worker.free_slots == 0
            await house.supervisor.attend(new)
            await draining
            assert 20 <= house.clock.monotonic_s() - began <= 26
        (ended,) = house.ended()
        assert ended.error_message == "worker-shutdown"

    in_house(tmp_path, scenario)
    assert new.closed == (1001, "the server is shutting down")
    assert old.closed is not None
    assert old.closed[0] == 1001


def test_a_worker_that_was_stopped_in_order_is_not_missed(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        await asyncio.sleep(1)
        await house.supervisor.drain(20.0)
        await asyncio.sleep(HEARTBEAT_S)  # it may beat once more before the process ends
        left = house.stores.workers.find_worker("worker-1")
        assert left is not None
        assert (left.url, left.sip_host) == (None, None)
        now = house.clock.unix_s() + STALE_S + 1
        assert fleet_of(house.stores.workers.list_workers(), now) == Fleet(alive=0, silent=0, free=0)

    in_house(tmp_path, scenario)


def test_an_idle_house_drains_at_once(tmp_path: Path) -> None:
    async def scenario(house: House) -> None:
        await house.supervisor.drain(20.0)
        assert house.clock.monotonic_s() == 0

    in_house(tmp_path, scenario)


def test_a_suspended_account_is_refused(tmp_path: Path) -> None:
    socket = QueueSocket(INITIATE)

    async def scenario(house: House) -> None:
        suspended = replace(ACCOUNT, status=type(ACCOUNT.status).SUSPENDED)
        house.stores.accounts.put_account(suspended)
        await house.supervisor.attend(socket)

    in_house(tmp_path, scenario)
    assert socket.closed == (1008, "the account is suspended")


def test_the_worker_knows_how_long_callers_waited(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    socket = QueueSocket(INITIATE)

    async def scenario(house: House) -> None:
        assert house.supervisor.latency.snapshot() is None
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(house.supervisor.attend(socket))
            await asyncio.sleep(2)
            for frame in [tts.tone(0, 20)] * 50 + [bytes(640)] * 100:
                socket.incoming.put_nowait(frame)
                await asyncio.sleep(0.02)
            socket.hang_up()
        told = next(json.loads(frame) for frame in socket.outgoing if isinstance(frame, str) and "onmetrics" in frame)
        waited_ms = told["data"]["first_audio"]
        assert house.supervisor.latency.snapshot() == {"p50": waited_ms, "p95": waited_ms, "turns": 1}
        (ended,) = [record for record in caplog.records if record.message == "session ended"]
        assert vars(ended)["first_audio"] == [waited_ms]

    with caplog.at_level(logging.INFO):
        in_house(tmp_path, scenario)
