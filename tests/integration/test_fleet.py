"""Worker processes on one store, and ECS around them: a deployment cuts no call, and a lost worker's calls end in time.

The whole of it, with two hundred calls on AWS's stores, is `python -m tests.bench.fleet`.
"""

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from call_events.sweeper import Sweeper
from callauth.keys import key_record
from callcore.accounts.account import Account, KeyKind
from callcore.agents.agent import Agent
from callcore.calls.call import CallStatus
from callcore.ids import AccountId, AgentId, SessionId
from callcore.wire.events import CALL_EVENTS_QUEUE, CallEnded
from callcore.workers.worker import HEARTBEAT_S, STALE_S
from callstore.sqlite.stores import SqliteStores
from media_worker.session.clock import LoopClock
from tests.peers.ecs_service import EcsService, Task
from tests.peers.millis_client import MillisClient, connect

ACCOUNT, PUBLIC, AGENT = AccountId("acc_fleet"), "k" * 32, AgentId("-a")
GREETING = {"first_message": "Hello.", "llm": {"provider": "script", "script": {"intents": [], "fallback": "Yes."}}}
WORKERS, CALLS_EACH = 3, 5
SWEEP_EVERY_S = 60.0
pytestmark = [pytest.mark.full, pytest.mark.timeout(300)]


class Fleet:
    """What runs, on one database, and who calls."""

    def __init__(self, directory: Path, stack: AsyncExitStack) -> None:
        environment = {
            "PARLEY_DATABASE": str(directory / "parley.db"),
            "PARLEY_BLOBS": str(directory / "blobs"),
            "PARLEY_RECOGNISER_PROCESSES": "1",
            "PARLEY_DRAIN_S": "0",  # whoever is stopped too early loses its calls at once
        }
        self.service = EcsService(directory, environment, stack)
        self._stack = stack
        self._callers: dict[str, list[MillisClient]] = {}

    async def call(self, task: Task) -> str:
        """A caller who stays until he hangs up; his session."""
        client = await self._stack.enter_async_context(connect(task.url, microphone=False))
        await client.initiate(public_key=PUBLIC, agent={"agent_id": AGENT})
        ready = await client.wait_for("onready", within=60)
        self._callers.setdefault(task.worker_id, []).append(client)
        return str(ready.payload["session_id"])

    def callers(self, task: Task) -> list[MillisClient]:
        """Of this worker."""
        return self._callers[task.worker_id]

    async def hang_up(self, task: Task) -> None:
        """All of them."""
        for client in self.callers(task):
            assert client.close is None, "the call was cut"
            await client.connection.close()


@asynccontextmanager
async def fleet(directory: Path) -> AsyncIterator[Fleet]:
    async with AsyncExitStack() as stack:
        yield Fleet(directory, stack)


def prepare(stores: SqliteStores) -> None:
    stores.accounts.put_account(Account(ACCOUNT, "Fleet", 0.0, "s" * 32, max_concurrent_calls=100))
    stores.accounts.put_key(key_record(PUBLIC, KeyKind.PUBLIC, ACCOUNT, "", 0.0))
    stores.agents.put_agent(Agent(AGENT, ACCOUNT, "Desk", GREETING, 0.0))


def ended(stores: SqliteStores) -> list[CallEnded]:
    """What the workers have told the control plane."""
    queue, found = stores.queue(CALL_EVENTS_QUEUE), list[CallEnded]()
    while deliveries := queue.receive(10, 60):
        found += [CallEnded.model_validate_json(one.body) for one in deliveries if '"call_ended"' in one.body]
    return found


def owners(stores: SqliteStores) -> dict[str, str | None]:
    """Of every call whose end nobody has stored: that is done by the consumer of the queue, which does not run here."""
    live = [call for call in stores.calls.list_live_calls() if call.status is CallStatus.IN_PROGRESS]
    return {str(call.session_id): call.worker_id for call in live}


def test_a_deployment_in_the_midst_of_calls_cuts_none(tmp_path: Path) -> None:
    async def deploy(stores: SqliteStores) -> dict[str, str]:
        async with fleet(tmp_path) as house:
            old = [await house.service.start_task() for _ in range(WORKERS)]
            held = {await house.call(task): task.worker_id for task in old for _ in range(CALLS_EACH)}
            new = []
            for task in old:
                new.append(await house.service.start_task())
                assert Counter(owners(stores).values())[task.worker_id] == CALLS_EACH
                await task.until_protected()
                stopping = asyncio.ensure_future(house.service.stop_when_unprotected(task))
                held[await house.call(new[-1])] = new[-1].worker_id
                assert task.agent.protected
                assert task.process.returncode is None
                await house.hang_up(task)
                assert await stopping in (0, -signal.SIGTERM)
            for task in new:
                await house.hang_up(task)
                assert await house.service.stop_when_unprotected(task) in (0, -signal.SIGTERM)
            return held

    with SqliteStores(tmp_path / "parley.db", LoopClock()) as stores:
        prepare(stores)
        held = asyncio.run(deploy(stores))
        told = ended(stores)
        assert Counter(str(end.session_id) for end in told) == dict.fromkeys(held, 1), "each end is told once"
        assert {end.status for end in told} == {CallStatus.USER_ENDED}
        assert owners(stores) == held, "a call stays with the worker that took it"


def test_the_calls_of_a_killed_worker_end_within_two_minutes_and_those_of_the_others_go_on(tmp_path: Path) -> None:
    async def kill(stores: SqliteStores) -> None:
        async with fleet(tmp_path) as house:
            doomed, other = await house.service.start_task(), await house.service.start_task()
            lost, kept = await house.call(doomed), await house.call(other)
            await house.service.kill(doomed)
            for client in house.callers(doomed):
                assert (await client.closed())[0] == 1006, "the caller's program learns it"
            before, later = (stores.workers.find_worker(task.worker_id) for task in (doomed, other))
            assert before is not None
            assert later is not None
            sweeper = Sweeper(stores.calls, stores.checkpoints, stores.workers, stores.deliveries, stores.outbox)
            assert sweeper.sweep(before.beat_at + STALE_S - 1) == 0
            # The other one has gone on beating by then.
            now = before.beat_at + STALE_S + SWEEP_EVERY_S
            assert now - before.beat_at < 120
            stores.workers.beat(replace(later, beat_at=now - HEARTBEAT_S))
            assert sweeper.sweep(now) == 1
            assert set(owners(stores)) == {kept}
            ended_call = stores.calls.get_call(ACCOUNT, SessionId(lost))
            assert (ended_call.status, ended_call.error_message) == (CallStatus.ERROR, "worker-lost")
            await house.hang_up(other)

    with SqliteStores(tmp_path / "parley.db", LoopClock()) as stores:
        prepare(stores)
        asyncio.run(kill(stores))
