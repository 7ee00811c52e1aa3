"""A service of media workers is deployed anew, grows and shrinks in the midst of calls, and loses a worker.

    make soak        (PYTHONPATH=functions:. .venv/bin/python -m tests.bench.fleet --calls 200 --workers 3)

The workers are real processes on one table and queue of moto; ECS, its agents and its balancer are played
(tests/peers/ecs_service.py). Callers come all the time, type a question in the midst of their call and another one
before they leave; every tenth is hung up on by the back end, by way of any worker. Meanwhile every worker is replaced,
one more is started, and two are taken away again. In the end kill -9 hits the worker with the most calls.
"""

import argparse
import asyncio
import json
import os
import random
import secrets
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Collection, Mapping
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

from websockets.exceptions import WebSocketException

from callauth.internal import INTERNAL_SECRET, InternalSigner
from callauth.keys import key_record
from callcore.accounts.account import Account, KeyKind
from callcore.agents.agent import Agent
from callcore.clock import SystemClock
from callcore.deliveries.delivery import delivery_id_of
from callcore.errors import Conflict, WorkerUnreachable
from callcore.ids import AccountId, AgentId, SessionId
from callcore.wire.events import CALL_EVENTS_QUEUE
from callcore.wire.jobs import Terminate
from callnet.call_control import HttpCallControl
from callstore.aws.stores import AwsStores
from callstore.fixed_secrets import FixedSecrets
from tests.bench.fleet_control_plane import DEAD_LETTERS, control_plane
from tests.peers.aws import AwsStoresOnDemand, outbox_of
from tests.peers.aws_process import aws_process
from tests.peers.customer_web import CustomerWeb, customer_web
from tests.peers.ecs_service import EcsService, Task
from tests.peers.millis_client import MillisClient, connect

TABLE, BUCKET = "parley", "parley-recordings"
ACCOUNT, AGENT, PUBLIC_KEY = AccountId("acc_fleet"), AgentId("-Fleet"), "k" * 32
ANSWER = "We are open from nine to five."
CALLS_A_SECOND = 1.5
TALK_S = (10.0, 60.0)
"""How long a caller stays, at random."""
DEPLOY_AT, GROW_AT = 0.25, 0.6
"""Of the calls that have begun."""
DOOMED = 12
"""Calls that go on when the worker is killed."""
ANSWER_S = 30.0
COMMAND_TRIES = 5
COME_AGAIN_S = 2.0
REPORTED_S = 120.0


@dataclass(frozen=True)
class Outcome:
    """What was seen."""

    seed: int
    calls: int
    most_at_once: int
    turned_away: int
    """Callers who had to try once more."""
    commands_repeated: int
    """Of the back end, which was not answered in time."""
    answers: int
    tasks: int
    deployment_s: float
    exits: Mapping[int, int]
    """Of workers that were stopped, by their status."""
    statuses: Mapping[str, int]
    cut: list[str]
    """Calls that ended otherwise than their caller or the back end wanted, the killed worker's left out."""
    double_owners: int
    """Sessions that two workers began."""
    webhooks: int
    webhooks_lost: int
    webhooks_repeated: int
    killed_calls: int
    killed_reported_s: float
    """From the kill to the last of their webhooks."""
    left: int
    """Calls that go on, and dead letters."""
    late_percent: float
    """The worst that a worker told of its audio."""
    wall_s: float

    def problems(self) -> list[str]:
        """What must not be."""
        counts = {
            "cut": len(self.cut),
            "double_owners": self.double_owners,
            "webhooks_lost": self.webhooks_lost,
            "left": self.left,
        }
        found = [f"{name}: {count}" for name, count in counts.items() if count]
        if self.answers != 2 * (self.calls - self.killed_calls) + self.killed_calls:
            found.append(f"only {self.answers} questions were answered")
        if not 0 < self.killed_reported_s <= REPORTED_S:
            found.append(f"the killed worker's calls were reported after {self.killed_reported_s} s")
        if self.statuses.get("error", 0) != self.killed_calls or not self.killed_calls:
            found.append("other calls than the killed worker's ended with an error")
        return found


@dataclass(frozen=True)
class Held:
    """One call."""

    session_id: SessionId
    task: Task
    client: MillisClient


class Fleet:
    """One run of it."""

    def __init__(
        self, service: EcsService, web: CustomerWeb, control: HttpCallControl, seed: int, *, quiesced: bool
    ) -> None:
        self.service = service
        self.quiesced = quiesced
        self.web = web
        self.control = control
        self.chance = random.Random(seed)
        self.began: dict[SessionId, Task] = {}
        self.cut: list[str] = []
        self.turned_away = self.commands_repeated = self.answers = self.live = self.most_at_once = 0
        self.deployment_s = self.killed_reported_s = 0.0
        self.killed: set[SessionId] = set()

    async def run(self, calls: int, workers: int) -> None:
        """The calls, what happens meanwhile, and the kill."""
        for _ in range(workers):
            await self.service.start_task()
        async with asyncio.TaskGroup() as tasks:
            operating = tasks.create_task(self._operate(calls))
            for number in range(calls - DOOMED):
                tasks.create_task(self._call(number % 10 == 9))
                await asyncio.sleep(1 / CALLS_A_SECOND)
            await operating
        await self._kill()

    async def _operate(self, calls: int) -> None:
        await self._until_begun(calls * DEPLOY_AT)
        began = time.monotonic()
        await self.service.deploy(quiesced=self.quiesced)
        self.deployment_s = round(time.monotonic() - began, 1)
        await self._until_begun(calls * GROW_AT)
        await self.service.start_task()
        await self.service.scale_in(2)

    async def _until_begun(self, count: float) -> None:
        while len(self.began) < count:  # noqa: ASYNC110 - the callers do not know who waits
            await asyncio.sleep(0.2)

    async def _call(self, ends_by_back_end: bool) -> None:
        talk_s = self.chance.uniform(*TALK_S)
        async with AsyncExitStack() as stack:
            held = await self._open(stack)
            await asyncio.sleep(talk_s / 2)
            await self._ask(held)
            await asyncio.sleep(talk_s / 2)
            await self._ask(held)
            if held.client.close is not None:
                self.cut.append(f"{held.session_id}: {held.client.close}")
            elif ends_by_back_end:
                await self._terminate(held)

    async def _terminate(self, held: Held) -> None:
        """By the back end, which asks again when it hears nothing."""
        for _ in range(COMMAND_TRIES):
            try:
                await asyncio.to_thread(self.control.send, ACCOUNT, held.session_id, Terminate())
                break
            except Conflict:  # it was told before
                break
            except WorkerUnreachable:
                self.commands_repeated += 1
        await held.client.closed()

    async def _open(self, stack: AsyncExitStack) -> Held:
        """A call that has begun; whoever is turned away comes again."""
        while True:
            task = self.service.route()
            task.connections += 1
            opened = AsyncExitStack()
            opened.callback(_disconnected, task)
            try:
                client = await opened.enter_async_context(connect(task.url, microphone=False))
                await client.initiate(public_key=PUBLIC_KEY, agent={"agent_id": AGENT})
                ready = await client.wait_for("onready", within=ANSWER_S)
            except (OSError, TimeoutError, WebSocketException):
                self.turned_away += 1
                await opened.aclose()
                await asyncio.sleep(COME_AGAIN_S)
                continue
            session_id = SessionId(ready.payload["session_id"])
            self.began[session_id] = task
            self.live += 1
            self.most_at_once = max(self.most_at_once, self.live)
            opened.callback(self._hung_up)
            await stack.enter_async_context(opened)
            return Held(session_id, task, client)

    def _hung_up(self) -> None:
        self.live -= 1

    async def _ask(self, held: Held) -> None:
        asked = time.monotonic()
        try:
            await held.client.connection.send(json.dumps({"method": "user_text", "data": "when are you open"}))
            reply = await held.client.wait_for("onresponsetext", after=asked, within=ANSWER_S, is_final=True)
            self.answers += reply.data == ANSWER
        except (TimeoutError, WebSocketException):
            return

    async def _kill(self) -> None:
        async with AsyncExitStack() as stack:
            held = [await self._open(stack) for _ in range(DOOMED)]
            for one in held:
                await self._ask(one)
            victim = Counter(id(one.task) for one in held).most_common(1)[0][0]
            doomed = [one for one in held if id(one.task) == victim]
            await self.service.kill(doomed[0].task)
            killed_at = time.monotonic()
            self.killed = {one.session_id for one in doomed}
            for one in doomed:
                await one.client.closed()
            await self.until_told(self.killed, within_s=2 * REPORTED_S)
            self.killed_reported_s = round(time.monotonic() - killed_at, 1)
            for one in held:
                if one not in doomed:
                    await self._ask(one)
                    self.cut += [str(one.session_id)] if one.client.close is not None else []

    async def until_told(self, sessions: Collection[SessionId], within_s: float) -> None:
        """The ends of these calls have reached their owner."""
        async with asyncio.timeout(within_s):
            while not {delivery_id_of(one) for one in sessions} <= set(self.webhooks()):  # noqa: ASYNC110
                await asyncio.sleep(0.2)

    def webhooks(self) -> Counter[str]:
        """How often each call's end was told to its owner."""
        return Counter(asked.headers["webhook-id"] for asked in self.web.asked)


def _disconnected(task: Task) -> None:
    task.connections -= 1


def _prepare(stores: AwsStores, web: CustomerWeb) -> None:
    stores.accounts.put_account(Account(ACCOUNT, "Fleet", 0.0, "s" * 32, max_concurrent_calls=1000))
    stores.accounts.put_key(key_record(PUBLIC_KEY, KeyKind.PUBLIC, ACCOUNT, "", 0.0))
    script = {"intents": [{"phrases": ["when are you open"], "answer": ANSWER}], "fallback": "I did not catch that."}
    config = {
        "first_message": "Hello.",
        "llm": {"provider": "script", "script": script},
        "session_data_webhook": web.url("/ended"),
    }
    stores.agents.put_agent(Agent(AGENT, ACCOUNT, "Desk", config, 0.0))


def _environment(aws: Mapping[str, str], queue_url: str, secret: str) -> dict[str, str]:
    """What infra/workers.yaml tells a worker, as far as it is needed here."""
    return {
        **aws,
        "PARLEY_TABLE": TABLE,
        "PARLEY_OUTBOX_TABLE": outbox_of(TABLE),
        "PARLEY_BUCKET": BUCKET,
        "PARLEY_CALL_EVENTS_QUEUE": queue_url,
        "PARLEY_INTERNAL_SECRET": secret,
        "PARLEY_ALLOW_PRIVATE_URLS": "1",
        "PARLEY_MAX_SESSIONS": "80",
        "PARLEY_RECOGNISER_PROCESSES": "1",
        "PARLEY_VOICE_PROCESSES": "1",
        "PARLEY_DRAIN_S": "20",
    }


async def _run(directory: Path, calls: int, workers: int, seed: int, *, quiesced: bool) -> Outcome:
    began, clock, secret = time.monotonic(), SystemClock(), secrets.token_hex(32)
    async with AsyncExitStack() as stack:
        aws = stack.enter_context(aws_process())
        os.environ.update(aws)
        web = stack.enter_context(customer_web())
        stores = stack.enter_context(AwsStoresOnDemand(TABLE, clock))
        _prepare(stores, web)
        environment = _environment(aws, stores._queue_urls[CALL_EVENTS_QUEUE], secret)
        service = EcsService(directory, environment, stack)
        signer = InternalSigner(FixedSecrets({INTERNAL_SECRET: secret}), clock)
        control = HttpCallControl(lambda *_: f"http://127.0.0.1:{service.route().port}", signer)
        fleet = Fleet(service, web, control, seed, quiesced=quiesced)
        async with control_plane(stores, clock):
            await fleet.run(calls, workers)
            await _settle(fleet, service)
        return _outcome(fleet, stores, seed, time.monotonic() - began)


async def _settle(fleet: Fleet, service: EcsService) -> None:
    """Everybody has hung up; the service ends, and what it left is told."""
    await service.scale_in(len(service.behind_balancer))
    await fleet.until_told(fleet.began, within_s=60)


def _outcome(fleet: Fleet, stores: AwsStores, seed: int, wall_s: float) -> Outcome:
    log = [json.loads(line) for task in fleet.service.started for line in task.log.read_text().splitlines()]
    owners = Counter(line["session_id"] for line in log if line["message"] == "session started")
    told = fleet.webhooks()
    calls = [stores.calls.get_call(ACCOUNT, session_id) for session_id in fleet.began]
    left = len(stores.calls.list_live_calls()) + len(stores.queue(DEAD_LETTERS).receive(10, 1))
    exits = [task.process.returncode for task in fleet.service.started if task.process.returncode is not None]
    return Outcome(
        seed=seed,
        calls=len(calls),
        most_at_once=fleet.most_at_once,
        turned_away=fleet.turned_away,
        commands_repeated=fleet.commands_repeated,
        answers=fleet.answers,
        tasks=len(fleet.service.started),
        deployment_s=fleet.deployment_s,
        exits=dict(Counter(exits)),
        statuses=dict(Counter(str(call.status) for call in calls)),
        cut=fleet.cut,
        double_owners=sum(count != 1 for count in owners.values())
        + sum(call.worker_id != fleet.began[call.session_id].worker_id for call in calls),
        webhooks=sum(told.values()),
        webhooks_lost=len({delivery_id_of(one) for one in fleet.began} - told.keys()),
        webhooks_repeated=sum(count > 1 for count in told.values()),
        killed_calls=len(fleet.killed),
        killed_reported_s=fleet.killed_reported_s,
        left=left,
        late_percent=max((line["late_percent"] for line in log if "late_percent" in line), default=0.0),
        wall_s=round(wall_s, 1),
    )


def main() -> int:
    """Run it and print what was seen; the exit status says whether all is well."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quiesced", action="store_true", help="the old workers are taken out of the balancer")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        outcome = asyncio.run(_run(Path(directory), given.calls, given.workers, given.seed, quiesced=given.quiesced))
    for name, value in asdict(outcome).items():
        print(f"{name:>18}  {value}")
    problems = outcome.problems()
    print("\n".join(problems) or "no call was cut, each had one owner, and every end was heard of")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
