"""Calls by telephone while everything goes wrong between us and their carrier: each ends once, and as it was.

    make soak        (PYTHONPATH=functions:. .venv/bin/python -m tests.bench.phone_chaos --calls 500)

Control plane, dialler, store, queue and media worker are the real ones, the carrier is the small Twilio of
tests/peers. News of calls is lost, doubled, reordered and late; requests for calls are refused, put off, lost, or
taken and not answered; two diallers run at once; calls are canceled or ended through REST at any moment; those who are
called hang up, lose their line or a part of what they say. At last the clock is set forward, and all news arrives
once more.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from call_events.consumer import Consumer
from call_events.finisher import Finisher
from call_events.sweeper import Sweeper
from callcore.agents import Agent
from callcore.calls import END_STATUSES
from callcore.ids import AgentId, SessionId
from callcore.phones import Carrier
from callcore.regions import MediaHosts
from callcore.wire.events import CALL_EVENTS_QUEUE
from carriers.twilio import Twilio as TwilioClient
from media_worker.providers.scripted.tts import tone
from tests.peers.carrier_call import CarrierCall
from tests.peers.control_plane import ACCOUNT, PRIVATE, SECRET, ControlPlane, SkippingClock, control_plane
from tests.peers.phone_worker import phone_worker
from tests.peers.twilio import ACCOUNT as SID
from tests.peers.twilio import TOKEN, PlacedCall, Twilio, running_twilio

NUMBERS = tuple(f"+1555000{number:04}" for number in range(1000, 1010))
"""Ours; each places a call a second."""
CREDENTIALS = {"provider": "twilio", "account_sid": SID, "api_key": SID, "api_secret": TOKEN}
WEBHOOK = "https://customer.example.com/ends"
TIMEOUT_S = 0.2
"""For the carrier's replies: nobody waits ten seconds for those that do not come."""
WAVE_S = 1.1
"""By the clock of the calls; a wave is a call of each number."""
TALK_S, LATE_S, INTERRUPTED_S = (0.05, 0.8), (0.05, 0.6), (0.0, 1.2)
LOOK_UP_S, STUCK_S = 20.0, 120.0
NOBODY = ("busy", "no-answer", "failed")
ANSWERS = (400, 429, 500)


@dataclass(frozen=True)
class Plan:
    """What becomes of one call."""

    to_phone: str
    callee: str
    """A word for a call that nobody takes; else what who takes it does: `hangs up` or `drops`."""
    request: str
    """`taken`, `silent`, or the status that is answered first."""
    interrupted_s: float | None
    """When REST is asked to end it, after it was ordered."""


@dataclass(frozen=True)
class Outcome:
    """What was seen."""

    calls: int
    seed: int
    placed: int
    plans: Mapping[str, int]
    statuses: Mapping[str, int]
    dialled_twice: int
    stuck: int
    """Without an end after two minutes."""
    wrong: Mapping[str, int]
    """Ends that are not what became of the call, as `plan: status`."""
    changed: int
    """Ends that later news changed."""
    without_delivery: int
    delivered_twice: int
    sessions_left: int
    wall_s: float

    def problems(self) -> list[str]:
        """What is not as it must be."""
        found = {
            "somebody was dialled twice": self.dialled_twice > 0,
            "calls were stuck": self.stuck > 0,
            "calls ended as what they were not": bool(self.wrong),
            "an end was not the end": self.changed > 0,
            "ends would not be heard of exactly once": self.without_delivery + self.delivered_twice > 0,
            "sessions were left": self.sessions_left > 0,
            "nobody talked": "user-ended" not in self.statuses,
        }
        return [problem for problem, is_so in found.items() if is_so]


def plan(number: int, fate: random.Random) -> Plan:
    """What becomes of the call of this number."""
    callee = fate.choice(NOBODY) if fate.random() < 0.4 else fate.choice(("hangs up", "hangs up", "drops"))
    chance = fate.random()
    request = "taken" if chance < 0.72 else "silent" if chance < 0.8 else str(fate.choice(ANSWERS))
    interrupted_s = fate.uniform(*INTERRUPTED_S) if fate.random() < 0.3 else None
    return Plan(f"+1666{number:07}", callee, request, interrupted_s)


def talking(planned: Plan, fate: random.Random) -> Callable[[CarrierCall], object]:
    """Whoever takes the call: says something, loses frames, and is gone."""
    talk_s, loss = fate.uniform(*TALK_S), fate.choice((0.0, 0.1, 0.5))

    async def talk(call: CarrierCall) -> None:
        call.loses = lambda: fate.random() < loss
        call.say(tone(0, 300))
        await asyncio.sleep(talk_s)
        if planned.callee == "drops":
            call.drop()

    return talk


def mangled(fate: random.Random) -> Callable[[list[str]], list[str]]:
    """News that is lost, doubled and reordered."""

    def mangle(news: list[str]) -> list[str]:
        arriving = [word for word in news for _ in range(fate.choice((0, 1, 1, 1, 2)))]
        fate.shuffle(arriving)
        return arriving

    return mangle


def right_ends(planned: Plan, call: PlacedCall | None, reply: int | None) -> set[str]:
    """How the call may have ended. `reply` is REST's to the wish that it be ended."""
    if call is None:
        never_made = {"failed"} if planned.request in ("400", "500") else set()
        return {"canceled"} | never_made if reply == 200 else never_made
    told = set(call.told)
    unheard = "no-answer" if "ringing" in told else "failed"
    if planned.callee in NOBODY:
        ends = {planned.callee if planned.callee in told else unheard}
    else:
        ends = {"user-ended"}
        if call.stream is None or planned.callee == "drops":  # its line was cut before our worker knew of it
            ends |= {unheard, "failed"}
    if reply == 200:
        ends |= {"canceled", "api-ended"}
    return ends


class Chaos:
    """One run. `run` once."""

    def __init__(self, plane: ControlPlane, twilio: Twilio, plans: list[Plan], fate: random.Random) -> None:
        self.plane, self.twilio, self.plans, self.fate = plane, twilio, plans, fate
        self.sessions: dict[str, str] = {}
        """By the number that is called."""
        self.replies: dict[str, int] = {}

    async def run(self) -> None:
        """Order all calls and let time pass until every one must be over."""
        async with asyncio.TaskGroup() as tasks:
            for start in range(0, len(self.plans), len(NUMBERS)):
                for ours, planned in zip(NUMBERS, self.plans[start : start + len(NUMBERS)], strict=False):
                    tasks.create_task(self._order(ours, planned))
                await self._pass(WAVE_S)
                await asyncio.sleep(0.2)
            while any(call.status == "queued" for call in self.plane.stores.calls.list_live_calls()):
                await self._pass(WAVE_S)
        await self.twilio.idle()
        await self._pass(LOOK_UP_S)
        await self._pass(STUCK_S - LOOK_UP_S)
        await asyncio.to_thread(self._clean_up)

    async def _order(self, ours: str, planned: Plan) -> None:
        number, trouble = planned.to_phone, self.twilio.trouble
        is_nobody = planned.callee in NOBODY
        self.twilio.callees[number] = planned.callee if is_nobody else talking(planned, self.fate)  # type: ignore[assignment]
        if planned.request == "silent":
            trouble.silent.add(number)
        elif planned.request != "taken":
            trouble.answers[number] = int(planned.request)
        self.sessions[number] = await self.plane.order(from_phone=ours, to_phone=number)
        if planned.interrupted_s is not None:
            await asyncio.sleep(planned.interrupted_s)
            path = f"/sessions/{self.sessions[number]}/terminate"
            reply = await self.plane.client.post(path, json={}, headers={"authorization": PRIVATE})
            self.replies[number] = reply.status_code

    async def _pass(self, seconds: float) -> None:
        """So much time goes by, and two diallers look."""
        self.plane.clock.ahead_s += seconds
        await asyncio.gather(self.plane.dial(), self.plane.dial())
        await asyncio.to_thread(self._consume)

    def _consume(self) -> None:
        stores = self.plane.stores
        finisher = Finisher(stores.calls, stores.checkpoints, stores.deliveries, self.plane.clock)
        consumer = Consumer(stores.queue(CALL_EVENTS_QUEUE), stores.queue("dead"), finisher)
        while consumer.handle_batch():
            pass

    def _clean_up(self) -> None:
        self._consume()
        stores = self.plane.stores
        sweeper = Sweeper(stores.calls, stores.checkpoints, stores.workers, stores.deliveries, stores.outbox)
        sweeper.sweep(self.plane.clock.unix_s())

    def ends(self) -> dict[str, str]:
        """The status of every call, by the number that was called."""
        calls = self.plane.stores.calls
        found = {number: calls.get_call(ACCOUNT.account_id, SessionId(one)) for number, one in self.sessions.items()}
        return {number: str(call.status) for number, call in found.items()}

    async def tell_again(self) -> None:
        """All that was ever told, and more, arrives after the end."""
        for call in list(self.twilio.calls.values()):
            words = ["initiated", "ringing", "in-progress", "completed", *NOBODY, "canceled"]
            self.fate.shuffle(words)
            self.twilio.tell_again(call, words[:4])
        await self.twilio.idle()
        await self._pass(STUCK_S)

    def deliveries(self) -> Counter[str]:
        """How often the end of a session would be told, by session."""
        far = self.plane.clock.unix_s() + 1e6
        return Counter(one.session_id for one in self.plane.stores.deliveries.take_due(far, 10_000, 1.0))


async def chaos(calls: int, seed: int, directory: Path) -> Outcome:
    """Run that many calls; what they write lies in the directory."""
    fate, clock, began_s = random.Random(seed), SkippingClock(), time.perf_counter()
    plans = [plan(number, fate) for number in range(calls)]
    async with running_twilio(*NUMBERS) as twilio, phone_worker(directory, clock, SECRET) as worker:
        with patch("carriers.rest.TIMEOUT_S", TIMEOUT_S):
            client = TwilioClient(twilio.url)
        carriers = {Carrier.TWILIO: client}
        async with control_plane(directory, carriers, clock, worker.control, MediaHosts(worker.media_url)) as plane:
            await _prepare(plane)
            twilio.trouble.mangle = mangled(fate)
            twilio.trouble.late_s = lambda: fate.uniform(*LATE_S) if fate.random() < 0.3 else 0.0
            run = Chaos(plane, twilio, plans, fate)
            await run.run()
            ends = run.ends()
            wrong = _wrong(run, ends)
            await run.tell_again()
            seen = _seen(run, ends, run.ends(), wrong)
            left = worker.supervisor.session_count
        client.close()
    return Outcome(**seen, seed=seed, sessions_left=left, wall_s=time.perf_counter() - began_s)


async def _prepare(plane: ControlPlane) -> None:
    config = {
        "prompt": "P",
        "first_message": "Good morning.",
        "session_data_webhook": {"url": WEBHOOK},
        "speech_to_text": {"provider": "scripted"},
        "llm": {"provider": "scripted", "replies": ["Certainly."]},
        "voice": {"provider": "scripted"},
    }
    plane.stores.agents.put_agent(Agent(AgentId("-a"), ACCOUNT.account_id, "Desk", config, 0.0))
    for number in NUMBERS:
        await plane.connect(CREDENTIALS, number)


def _wrong(run: Chaos, ends: Mapping[str, str]) -> Counter[str]:
    calls = {call.to_phone: call for call in run.twilio.calls.values()}
    wrong: Counter[str] = Counter()
    for planned in run.plans:
        number = planned.to_phone
        if ends[number] not in right_ends(planned, calls.get(number), run.replies.get(number)):
            wrong[f"{planned.callee}, {planned.request}, {run.replies.get(number)}: {ends[number]}"] += 1
    return wrong


def _seen(run: Chaos, ends: Mapping[str, str], later: Mapping[str, str], wrong: Counter[str]) -> dict[str, Any]:
    dialled = Counter(call.to_phone for call in run.twilio.calls.values())
    deliveries = run.deliveries()
    return {
        "calls": len(run.plans),
        "placed": len(dialled),
        "plans": dict(Counter(planned.request for planned in run.plans)),
        "statuses": dict(Counter(ends.values())),
        "dialled_twice": sum(count > 1 for count in dialled.values()),
        "stuck": sum(status not in END_STATUSES for status in ends.values()),
        "wrong": dict(wrong),
        "changed": sum(ends[number] != later[number] for number in ends),
        "without_delivery": len(set(run.sessions.values()) - set(deliveries)),
        "delivered_twice": sum(count > 1 for count in deliveries.values()),
    }


def main() -> int:
    """Print what was seen; 1 when something is not as it must be."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--calls", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        outcome = asyncio.run(chaos(options.calls, options.seed, Path(directory)))
    for name, value in asdict(outcome).items():
        print(f"{name:>17}  {value:.1f}" if isinstance(value, float) else f"{name:>17}  {value}")
    problems = outcome.problems()
    print("\n".join(problems) or "every call ended once, and as it was")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
