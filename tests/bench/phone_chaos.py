"""Calls by telephone while everything goes wrong between us and their carrier: each ends once, and as it was.

    make soak        (PYTHONPATH=functions:. .venv/bin/python -m tests.bench.phone_chaos --calls 500)

Control plane, dialler, store, queue and media worker are the real ones, the carriers are the small Twilio and Vonage
of tests/peers; half of the calls come in, half are placed. News of calls is lost, doubled, reordered and late;
requests for calls are refused, put off, lost, or taken and not answered; a carrier asks twice what to do with a call,
or never gets the answer; two diallers run at once; calls are canceled or ended through REST at any moment; those who
call and are called hang up, lose their line or a part of what they say. At last the clock is set forward, and all news
arrives once more.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from call_events.consumer import Consumer
from call_events.finisher import Finisher
from call_events.sweeper import Sweeper
from callcore.agents.agent import Agent
from callcore.calls.call import END_STATUSES
from callcore.clock import SystemClock
from callcore.ids import AgentId, SessionId
from callcore.phones.phone import Carrier, PhoneNumber
from callcore.regions import MediaHosts
from callcore.wire.events import CALL_EVENTS_QUEUE
from callnet.trust import usual_trust
from carriers.twilio import Twilio as TwilioClient
from carriers.vonage import Vonage as VonageClient
from media_worker.providers.scripted.tts import tone
from media_worker.session.supervisor import Supervisor
from tests.peers.carrier_call import CarrierCall
from tests.peers.carrier_trouble import Asking
from tests.peers.control_plane import ACCOUNT, PRIVATE, SECRET, ControlPlane, SkippingClock, control_plane
from tests.peers.phone_worker import phone_worker
from tests.peers.twilio import ACCOUNT as SID
from tests.peers.twilio import TOKEN, PlacedCall, Twilio, running_twilio
from tests.peers.vonage import API_KEY, API_SECRET, SIGNATURE_SECRET, Vonage, VonageRow, running_vonage

NUMBERS = tuple(f"+1555000{number:04}" for number in range(1000, 1010))
"""Ours; each places a call a second. Every other one is at Vonage."""
CARRIERS = {number: (Carrier.TWILIO, Carrier.VONAGE)[place % 2] for place, number in enumerate(NUMBERS)}
CREDENTIALS = {
    Carrier.TWILIO: {"provider": "twilio", "account_sid": SID, "api_key": SID, "api_secret": TOKEN},
    Carrier.VONAGE: {
        "provider": "vonage",
        "api_key": API_KEY,
        "api_secret": API_SECRET,
        "signature_secret": SIGNATURE_SECRET,
    },
}
WEBHOOK = "https://customer.example.com/ends"
TIMEOUT_S = 1.0
"""For the carrier's replies: nobody waits ten seconds for those that do not come."""
WAVE_S = 1.1
"""By the clock of the calls; a wave is a call of each number."""
TALK_S, LATE_S, INTERRUPTED_S = (0.05, 0.8), (0.05, 0.6), (0.0, 1.2)
LOOK_UP_S, STUCK_S = 20.0, 120.0
IDLE_S = 30.0
"""For what sessions leave behind when their lines are closed."""
NOBODY = ("busy", "no-answer", "failed")
VONAGES = {"no-answer": "unanswered", "in-progress": "answered", "initiated": "started", "canceled": "cancelled"}
"""Its words where they are not Twilio's."""
ANSWERS = (400, 429, 500)


@dataclass(frozen=True)
class Plan:
    """What becomes of one call."""

    ours: str
    other: str
    """Whom we call, or who calls us."""
    is_inbound: bool
    asking: Asking
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
    came_in: int
    at_vonage: int
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
    ours, other = NUMBERS[number % len(NUMBERS)], f"+1666{number:07}"
    interrupted_s = fate.uniform(*INTERRUPTED_S) if fate.random() < 0.3 else None
    if fate.random() < 0.5:
        callee = fate.choice(("hangs up", "hangs up", "drops"))
        chance = fate.random()
        asking = Asking(1 if chance < 0.7 else 2, is_answered=chance < 0.9)
        return Plan(ours, other, True, asking, callee, "taken", interrupted_s)
    callee = fate.choice(NOBODY) if fate.random() < 0.4 else fate.choice(("hangs up", "hangs up", "drops"))
    chance = fate.random()
    request = "taken" if chance < 0.72 else "silent" if chance < 0.8 else str(fate.choice(ANSWERS))
    return Plan(ours, other, False, Asking(), callee, request, interrupted_s)


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


def right_ends(planned: Plan, call: PlacedCall | VonageRow | None, reply: int | None) -> set[str]:
    """How the call may have ended. `reply` is REST's to the wish that it be ended."""
    # 503: its worker or its carrier did not say in time whether it was done.
    may_be_ended = reply in (200, 503)
    if call is None:
        never_made = {"failed"} if planned.request in ("400", "500") else set()
        return {"canceled"} | never_made if may_be_ended else never_made
    told = set(call.told)
    unheard = "no-answer" if planned.is_inbound or "ringing" in told else "failed"
    if planned.callee in NOBODY:
        ends = {planned.callee if _word(planned, planned.callee) in told else unheard}
    elif not planned.asking.is_answered:
        ends = {unheard}
    else:
        ends = {"user-ended"}
        if call.stream is None or planned.callee == "drops":  # its line was cut before our worker knew of it
            ends |= {unheard, "failed"}
    if may_be_ended:
        ends |= {"api-ended"} if planned.is_inbound else {"canceled", "api-ended"}
    return ends


def _word(planned: Plan, word: str) -> str:
    """As the call's carrier says it."""
    return VONAGES.get(word, word) if CARRIERS[planned.ours] is Carrier.VONAGE else word


class Chaos:
    """One run. `run` once."""

    def __init__(
        self,
        plane: ControlPlane,
        worker: Supervisor,
        twilio: Twilio,
        vonage: Vonage,
        plans: list[Plan],
        fate: random.Random,
    ) -> None:
        self.plane, self.worker, self.twilio, self.vonage = plane, worker, twilio, vonage
        self.plans, self.fate = plans, fate
        self.sessions: dict[str, str] = {}
        """By the number at the other end."""
        self.replies: dict[str, int] = {}

    @property
    def calls(self) -> list[PlacedCall | VonageRow]:
        """All that the carriers know of."""
        return [*self.twilio.calls.values(), *self.vonage.calls.values()]

    async def run(self) -> None:
        """Order all calls and let time pass until every one must be over."""
        async with asyncio.TaskGroup() as tasks:
            for start in range(0, len(self.plans), len(NUMBERS)):
                for planned in self.plans[start : start + len(NUMBERS)]:
                    tasks.create_task(self._happen(planned))
                await self._pass(WAVE_S)
                await asyncio.sleep(0.2)
            while any(call.status == "queued" for call in self.plane.stores.calls.list_live_calls()):
                await self._pass(WAVE_S)
        await self._idle()
        await self._pass(LOOK_UP_S)
        await self._pass(STUCK_S - LOOK_UP_S)
        await asyncio.to_thread(self._clean_up)

    async def _idle(self) -> None:
        await self.twilio.idle()
        await self.vonage.idle()
        with suppress(TimeoutError):
            async with asyncio.timeout(IDLE_S):
                while self.worker.session_count:  # noqa: ASYNC110 - it tells nobody
                    await asyncio.sleep(0.02)

    async def _happen(self, planned: Plan) -> None:
        is_nobody = planned.callee in NOBODY
        callee = _word(planned, planned.callee) if is_nobody else talking(planned, self.fate)
        number = planned.other
        if planned.is_inbound:
            self.sessions[number] = self._call_in(planned, callee)
        else:
            await self._order(planned, callee)
        if planned.interrupted_s is not None:
            await asyncio.sleep(planned.interrupted_s)
            path = f"/sessions/{self.sessions[number]}/terminate"
            reply = await self.plane.client.post(path, json={}, headers={"authorization": PRIVATE})
            self.replies[number] = reply.status_code

    def _call_in(self, planned: Plan, caller: Any) -> str:
        ours, other, asking = planned.ours, planned.other, planned.asking
        if CARRIERS[ours] is Carrier.VONAGE:
            sid = self.vonage.call_in(other[1:], ours[1:], caller, asking).uuid
        else:
            sid = self.twilio.call_in(other, ours, caller, asking).sid
        phone = self.plane.stores.phones.get_phone(ACCOUNT.account_id, PhoneNumber(ours))
        return self.plane.exchange.session_of(phone, sid)

    async def _order(self, planned: Plan, callee: Any) -> None:
        number, at_vonage = planned.other, CARRIERS[planned.ours] is Carrier.VONAGE
        trouble = self.vonage.trouble if at_vonage else self.twilio.trouble
        if at_vonage:
            self.vonage.callees[number[1:]] = callee
        else:
            self.twilio.callees[number] = callee
        if planned.request == "silent":
            trouble.silent.add(number)
        elif planned.request != "taken":
            trouble.answers[number] = int(planned.request)
        self.sessions[number] = await self.plane.order(from_phone=planned.ours, to_phone=number)

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
        words = ["initiated", "ringing", "in-progress", "completed", *NOBODY, "canceled"]
        for call in [call for call in self.twilio.calls.values() if call.callbacks]:
            self.twilio.tell_again(call, self.fate.sample(words, 4))
        for row in list(self.vonage.calls.values()):
            self.vonage.tell_again(row, [VONAGES.get(word, word) for word in self.fate.sample(words, 4)])
        await self._idle()
        await self._pass(STUCK_S)

    def deliveries(self) -> Counter[str]:
        """How often the end of a session would be told, by session."""
        far = self.plane.clock.unix_s() + 1e6
        return Counter(one.session_id for one in self.plane.stores.deliveries.take_due(far, 10_000, 1.0))


async def chaos(calls: int, seed: int, directory: Path) -> Outcome:
    """Run that many calls; what they write lies in the directory."""
    fate, clock, began_s = random.Random(seed), SkippingClock(), time.perf_counter()
    plans = [plan(number, fate) for number in range(calls)]
    at_vonage = [number[1:] for number, carrier in CARRIERS.items() if carrier is Carrier.VONAGE]
    at_twilio = [number for number, carrier in CARRIERS.items() if carrier is Carrier.TWILIO]
    async with (
        running_twilio(*at_twilio) as twilio,
        running_vonage(*at_vonage) as vonage,
        phone_worker(directory, clock, SECRET) as worker,
    ):
        patient = _clients(twilio, vonage)
        impatient = _clients(twilio, vonage)
        carriers = dict(patient)
        media = MediaHosts(worker.media_url)
        async with control_plane(directory, carriers, clock, worker.control, media) as plane:
            vonage.now = clock.unix_s
            await _prepare(plane)
            carriers.update(impatient)
            for carrier in (twilio, vonage):
                carrier.trouble.mangle = mangled(fate)
                carrier.trouble.late_s = lambda: fate.uniform(*LATE_S) if fate.random() < 0.3 else 0.0
            run = Chaos(plane, worker.supervisor, twilio, vonage, plans, fate)
            with patch("carriers.rest.TIMEOUT_S", TIMEOUT_S):  # their connections are opened by the first request
                await run.run()
            ends = run.ends()
            wrong = _wrong(run, ends)
            await run.tell_again()
            seen = _seen(run, ends, run.ends(), wrong)
            left = worker.supervisor.session_count
        for client in (*patient.values(), *impatient.values()):
            client.close()
    return Outcome(**seen, seed=seed, sessions_left=left, wall_s=time.perf_counter() - began_s)


def _clients(twilio: Twilio, vonage: Vonage) -> dict[Carrier, TwilioClient | VonageClient]:
    at_vonage = VonageClient(SystemClock(), vonage.url, vonage.url, usual_trust)
    return {Carrier.TWILIO: TwilioClient(twilio.url, usual_trust), Carrier.VONAGE: at_vonage}


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
    for number, carrier in CARRIERS.items():
        await plane.connect(CREDENTIALS[carrier], number)


def _wrong(run: Chaos, ends: Mapping[str, str]) -> Counter[str]:
    calls = {_other(call): call for call in run.calls}
    wrong: Counter[str] = Counter()
    for planned in run.plans:
        number, reply = planned.other, run.replies.get(planned.other)
        if ends[number] not in right_ends(planned, calls.get(number), reply):
            way = "in" if planned.is_inbound else "out"
            wrong[f"{CARRIERS[planned.ours]} {way}, {planned.callee}, {planned.request}, {reply}: {ends[number]}"] += 1
    return wrong


def _other(call: PlacedCall | VonageRow) -> str:
    """The number at the other end."""
    if isinstance(call, VonageRow):
        return f"+{call.from_number}" if call.direction == "inbound" else call.to_phone
    return call.from_phone if call.direction == "inbound" else call.to_phone


def _seen(run: Chaos, ends: Mapping[str, str], later: Mapping[str, str], wrong: Counter[str]) -> dict[str, Any]:
    dialled = Counter(call.to_phone for call in run.calls if call.direction != "inbound")
    deliveries = run.deliveries()
    return {
        "calls": len(run.plans),
        "came_in": sum(planned.is_inbound for planned in run.plans),
        "at_vonage": sum(CARRIERS[planned.ours] is Carrier.VONAGE for planned in run.plans),
        "placed": len(dialled),
        "plans": dict(Counter(planned.request for planned in run.plans if not planned.is_inbound)),
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
