"""Calls on the processes of the local stack while these are killed: no call without its end, no end that is lost.

    make soak        (PYTHONPATH=functions:. .venv/bin/python -m tests.bench.kills --kills 200)

Worker, queue consumer, webhook delivery, the customer's server and his language model are real processes, ended by
kill -9 in a random order at random moments and started again. Clients make short calls whose agents use functions of
that server, in the call and after it, or speak for that model. In the end the clock of the consumer, the sweeper and
the delivery is put forward, so that nobody waits for their pauses.
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import secrets
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from websockets.exceptions import WebSocketException

from call_events.consumer import Consumer
from call_events.deliverer import Deliverer, Reports
from call_events.finisher import Finisher
from call_events.sweeper import Sweeper
from callauth.private_reports import SealedReports
from callcore.agents.agent import Agent
from callcore.calls.after_call import function_delivery_id
from callcore.calls.call import END_STATUSES
from callcore.clock import SystemClock
from callcore.deliveries.delivery import DeliveryState, delivery_id_of
from callcore.ids import AgentId, SessionId
from callcore.wire.events import CALL_EVENTS_QUEUE
from callnet.guarded import GuardedClient
from callstore.sqlite.stores import SqliteStores
from infra.local.call_events_process import DEAD_LETTERS
from infra.local.environment import environment_of_children
from infra.local.first_run import LOCAL_ACCOUNT, install
from infra.local.settings import REPOSITORY, LocalSettings
from tests.peers.millis_client import connect
from tests.peers.ports import lasting_ports

WORKER, CONSUMER, DELIVERY, RECEIVER, MODEL = "worker", "consumer", "delivery", "receiver", "model"
VICTIMS = (WORKER, WORKER, DELIVERY, DELIVERY, RECEIVER, CONSUMER, MODEL)
AGENTS = (AgentId("-Kills"), AgentId("-OwnModel"))
CALLERS = 4
OWN_MODEL_SAYS = "Hello, this"
TALK_S = (0.1, 1.2)
"""How long a caller stays, at random."""
BETWEEN_KILLS_S = (0.05, 0.6)
IN_THE_ACT = 0.6
"""The share of kills of sender and receiver that hit an event on its way."""
LATER_S = 60.0
"""By so much is the clock put forward at a time: beyond every lease and the patience with a silent worker."""
ROUNDS = 40


@dataclass
class LaterClock(SystemClock):
    """The time, and what has been skipped."""

    skipped_s: float = 0.0

    def unix_s(self) -> float:
        return super().unix_s() + self.skipped_s

    def monotonic_s(self) -> float:
        return super().monotonic_s() + self.skipped_s


@dataclass
class Processes:
    """Those of the stack, by name; each leads its own group."""

    commands: Mapping[str, Sequence[str]]
    environment: Mapping[str, str]
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str) -> None:
        """Start it (again)."""
        self.running[name] = subprocess.Popen(
            self.commands[name],
            env=dict(self.environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def kill(self, name: str) -> None:
        """kill -9, what it had started included."""
        process = self.running[name]
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()

    @contextlib.contextmanager
    def up(self) -> Iterator[None]:
        """All of them, until the block is left."""
        for name in self.commands:
            self.start(name)
        try:
            yield
        finally:
            for name in self.commands:
                self.kill(name)


@dataclass(frozen=True)
class Outcome:
    """What was seen."""

    seed: int
    kills: Mapping[str, int]
    """By victim."""
    calls: int
    """Whose client was told that the session is there."""
    statuses: Mapping[str, int]
    own_model_heard: int
    """Calls in which the customer's model spoke."""
    events_repeated: int
    """That the receiver has more than once, which is allowed."""
    without_end: int
    events_lost: int
    """Ends of calls that began, and functions that run after them; the receiver never had them."""
    two_ends: int
    """Events that told different ends under one id."""
    left: int
    """Deliveries, live calls and dead letters that remained."""
    wall_s: float

    def problems(self) -> list[str]:
        """What must not be."""
        limits = {"without_end": self.without_end, "events_lost": self.events_lost, "two_ends": self.two_ends}
        found = [f"{name}: {count}" for name, count in (limits | {"left": self.left}).items() if count]
        if self.calls < sum(self.kills.values()) / 4:
            found.append(f"only {self.calls} calls began")
        if not self.statuses.get("user-ended"):
            found.append("no call ended in good order")
        if self.kills.get(WORKER) and not self.statuses.get("error"):
            found.append("no kill hit a call")
        if not self.own_model_heard:
            found.append("the customer's model was never heard")
        if self.kills.get(DELIVERY) and not self.events_repeated:
            found.append("no kill hit an event on its way")
        return found


@dataclass
class Stage:
    """One run of it."""

    directory: Path
    seed: int
    started: set[SessionId] = field(default_factory=set)
    """Sessions that a client was told of."""

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        receiver, model, http, media = lasting_ports(4)
        self.journal = self.directory / "events.jsonl"
        self.settings = LocalSettings(
            data_dir=self.directory / "data",
            http_port=http,
            media_port=media,
            allow_private_urls=True,
            internal_secret=secrets.token_hex(32),
        )
        self.settings.data_dir.mkdir()
        self.receiver_url, self.model_url = f"http://127.0.0.1:{receiver}", f"ws://127.0.0.1:{model}"
        told = ("--port", str(receiver), "--journal", str(self.journal))
        python = (sys.executable, "-m")
        self.processes = Processes(
            {
                RECEIVER: (*python, "tests.peers.event_receiver", *told),
                MODEL: (sys.executable, str(REPOSITORY / "infra/examples/custom_llm_server.py"), str(model)),
                WORKER: (*python, "infra.local.media_process"),
                CONSUMER: (*python, "infra.local.call_events_process"),
                DELIVERY: (*python, "infra.local.deliveries_process"),
            },
            environment_of_children(self.settings),
        )
        self.media_url = f"ws://127.0.0.1:{media}/millis"

    async def run(self, kills: int) -> Outcome:
        """The calls, the kills, and what came of them."""
        began = time.monotonic()
        clock = LaterClock()
        with SqliteStores(self.settings.database, clock) as stores:
            key = install(stores.accounts, stores.agents, None, clock.unix_s()).keys.public_key
            own_model = {"custom_llm_websocket": self.model_url}
            for agent_id, config in zip(AGENTS, (self._config(), self._config() | own_model), strict=True):
                stores.agents.put_agent(Agent(agent_id, LOCAL_ACCOUNT, "Kills", config, clock.unix_s()))
            with self.processes.up():
                killed = await self._calls_and_kills(key, kills)
                for name in (WORKER, CONSUMER, DELIVERY):
                    self.processes.running[name].terminate()
                    await asyncio.to_thread(self.processes.running[name].wait, 40)
                await self._until_the_receiver_answers()
                left = await self._settle(stores, clock)
            return self._outcome(stores, killed, left, time.monotonic() - began)

    def _config(self) -> dict[str, Any]:
        greeting = [{"calls": [{"name": "menu"}]}, "Hello, there is soup today."]
        return {
            "prompt": "Be kind.",
            "voice": {"provider": "scripted"},
            "speech_to_text": {"provider": "scripted"},
            "llm": {"provider": "scripted", "replies": [greeting]},
            "tools": [
                {"name": "menu", "webhook": f"{self.receiver_url}/menu"},
                {"name": "note", "webhook": f"{self.receiver_url}/note", "method": "POST", "run_after_call": True},
            ],
            "session_data_webhook": f"{self.receiver_url}/ended",
        }

    async def _calls_and_kills(self, key: str, kills: int) -> Counter[str]:
        over = asyncio.Event()
        callers = [random.Random(self.chance.random()) for _ in range(CALLERS)]
        killed: Counter[str] = Counter()
        async with asyncio.TaskGroup() as tasks:
            for chance in callers:
                tasks.create_task(self._caller(key, chance, over))
            for number in range(kills):
                victim = VICTIMS[number % len(VICTIMS)] if number < len(VICTIMS) else self.chance.choice(VICTIMS)
                await self._moment_for(victim)
                self.processes.kill(victim)
                killed[victim] += 1
                self.processes.start(victim)
            await self._until_somebody_talks()
            over.set()
        return killed

    async def _moment_for(self, victim: str) -> None:
        """Any moment while calls go on; for sender and receiver also that in which an event waits for its answer."""
        await self._until_somebody_talks()
        if victim in (DELIVERY, RECEIVER) and self.chance.random() < IN_THE_ACT:
            size = self._journal_size()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(20):
                    while self._journal_size() == size:  # noqa: ASYNC110 - a file is no event
                        await asyncio.sleep(0.005)
        else:
            await asyncio.sleep(self.chance.uniform(*BETWEEN_KILLS_S))

    def _journal_size(self) -> int:
        return self.journal.stat().st_size if self.journal.exists() else 0

    async def _until_somebody_talks(self) -> None:
        """Wait for the next call to begin: a worker needs a moment to start."""
        known = len(self.started)
        async with asyncio.timeout(60):
            while len(self.started) == known:  # noqa: ASYNC110 - the set is no event
                await asyncio.sleep(0.02)

    async def _until_the_receiver_answers(self) -> None:
        """It may have been killed last; what it misses from now on costs the senders hours of the clock's time."""
        async with asyncio.timeout(60):
            while True:
                try:
                    (await asyncio.to_thread(urllib.request.urlopen, f"{self.receiver_url}/menu", timeout=10)).close()
                    return
                except OSError:
                    await asyncio.sleep(0.1)

    async def _caller(self, key: str, chance: random.Random, over: asyncio.Event) -> None:
        while not over.is_set():
            try:
                async with connect(self.media_url, microphone=False) as client:
                    await client.initiate(public_key=key, agent={"agent_id": chance.choice(AGENTS)})
                    ready = await client.wait_for("onready", within=10)
                    self.started.add(SessionId(ready.payload["session_id"]))
                    await asyncio.sleep(chance.uniform(*TALK_S))
            except (OSError, TimeoutError, WebSocketException):
                await asyncio.sleep(0.1)

    async def _settle(self, stores: SqliteStores, clock: LaterClock) -> int:
        """What the processes go on doing, without their pauses; what is left when nothing changes any more."""
        queue, dead = stores.queue(CALL_EVENTS_QUEUE), stores.queue(DEAD_LETTERS)
        finisher = Finisher(stores.calls, stores.checkpoints, stores.deliveries, clock)
        sweeper = Sweeper(stores.calls, stores.checkpoints, stores.workers, stores.deliveries, stores.outbox)
        left = 1
        async with GuardedClient(private=True) as client:
            sealed = SealedReports(stores.outbox, tuple)
            reports = Reports(stores.calls, stores.accounts, stores.disabled_webhooks, lambda *_: None, sealed)
            deliverer = Deliverer(stores.deliveries, reports, client, clock, lambda: 0.0)
            for _ in range(ROUNDS):
                clock.skipped_s += LATER_S
                while Consumer(queue, dead, finisher).handle_batch():
                    pass
                sweeper.sweep(clock.unix_s())
                while await deliverer.once():
                    pass
                pending = stores.delivery_log.list_deliveries(LOCAL_ACCOUNT, DeliveryState.PENDING, 1000)
                left = len(pending) + len(stores.calls.list_live_calls())
                if not left:
                    break
        return left + len(dead.receive(100, 1.0))

    def _outcome(self, stores: SqliteStores, killed: Counter[str], left: int, wall_s: float) -> Outcome:
        digests: dict[str, set[str]] = {}
        times: Counter[str] = Counter()
        for line in self.journal.read_text().splitlines():
            event = json.loads(line)
            digests.setdefault(event["id"], set()).add(event["digest"])
            times[event["id"]] += 1
        owed = {delivery_id_of(session_id) for session_id in self.started}
        owed |= {function_delivery_id(session_id, "note", 1) for session_id in self.started}
        calls = [stores.calls.get_call(LOCAL_ACCOUNT, session_id) for session_id in self.started]
        return Outcome(
            seed=self.seed,
            kills=dict(killed),
            calls=len(calls),
            statuses=dict(Counter(str(call.status) for call in calls)),
            own_model_heard=sum(OWN_MODEL_SAYS in str(call.chat) for call in calls),
            events_repeated=sum(count > 1 for count in times.values()),
            without_end=sum(call.status not in END_STATUSES for call in calls),
            events_lost=len(owed - times.keys()),
            two_ends=sum(len(told) > 1 for told in digests.values()),
            left=left,
            wall_s=round(wall_s, 1),
        )


def main() -> int:
    """Run it and print what was seen; the exit status says whether all is well."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        outcome = asyncio.run(Stage(Path(directory), given.seed).run(given.kills))
    for name, value in asdict(outcome).items():
        print(f"{name:>16}  {value}")
    problems = outcome.problems()
    print("\n".join(problems) or "every call has its end, and every end was heard of")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
