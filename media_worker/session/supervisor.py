"""The sessions of this process: who gets in, that we live, and that nobody is cut off by a shutdown."""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass, replace

from callcore.billing.pricing import Bill, used_by
from callcore.billing.rate_card import rate_card
from callcore.calls.latency import figures
from callcore.calls.usage import Component
from callcore.errors import (
    CallError,
    Conflict,
    LimitExceeded,
    ProviderError,
    RemoteProtocolError,
    StoreError,
    TransportClosed,
)
from callcore.ids import AccountId, SessionId
from callcore.opening.plan import SessionPlan
from callcore.trace import trace_id
from callcore.wire.client import AiAction, CloseCode, OnSessionEnded
from callcore.workers.ports import WorkerRegistry
from callcore.workers.worker import HEARTBEAT_S, Worker
from media_worker.ports.leg import Leg
from media_worker.ports.socket import Socket
from media_worker.session.admission.admission import Admission, Admitted
from media_worker.session.admission.chats import Chats
from media_worker.session.admission.doors import Arrival, millis_door
from media_worker.session.allowances import Allowances, CallAllowance
from media_worker.session.casting.providers import ChooseProviders, Providers
from media_worker.session.clock import WorkerClock
from media_worker.session.driver import Session
from media_worker.session.journal import Journal, SessionEnd, Stores
from media_worker.session.latency_meter import LatencyMeter
from media_worker.session.pacer import Pacer
from media_worker.session.recorder import Recorder
from media_worker.session.unstored import MOST as MOST_UNSTORED
from media_worker.session.unstored import Unstored

GOODBYE_S = 5.0
"""After the drain's deadline every session has this long to say that it must end."""
STORE_S = 20.0
"""For a recording that is still on its way to the store, say."""
FULL_S = 30
"""After which a worker that was full may well have room again; also what a crowd should wait at least."""
BEAT_AGAIN_S = 2.0
"""After a heartbeat that was not stored: whoever seems dead when the store is back loses its calls."""
SHUTDOWN_MESSAGE = "I am sorry, we have to end this call."
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Capacity:
    """What this process takes on, and where it says so."""

    max_sessions: int
    worker_id: str
    registry: WorkerRegistry
    url: str | None = None
    """Where other processes reach the internal endpoint of this one."""
    max_late_percent: float = 100.0
    """When more of the last seconds' audio was late, no further session is taken."""
    sip_host: Callable[[], str | None] = lambda: None
    """Where carriers reach the SIP endpoint of this process, with its port."""


@dataclass(frozen=True)
class Load:
    """What a process does, and what it could take on besides."""

    sessions: int
    free_slots: int
    late_percent: float

    @property
    def busy_percent(self) -> float:
        """All of it when there is no room, for whatever reason."""
        return 100.0 * self.sessions / (self.sessions + self.free_slots) if self.free_slots else 100.0


class Supervisor:
    """Runs every session of the process. `run` must be running while sessions are served."""

    def __init__(
        self,
        admission: Admission,
        choose: ChooseProviders,
        stores: Stores,
        clock: WorkerClock,
        capacity: Capacity,
        allowances: Allowances,
    ) -> None:
        self._admission = admission
        self._choose = choose
        self._stores = stores
        self._clock = clock
        self._capacity = capacity
        self._allowances = allowances
        self._sessions: dict[SessionId, Session] = {}
        self._served: dict[SessionId, Arrival] = {}
        """Also those that may become one of `_sessions`, or are refused."""
        self._idle = asyncio.Event()
        self._idle.set()
        self._unstored = Unstored(clock)
        self.pacer = Pacer(clock)
        self.chats = Chats(admission, stores.calls, self.receive)
        self.latency = LatencyMeter()
        """Of the sessions that are over."""
        self.draining = False
        """No new session is taken."""
        self._has_left = False

    @property
    def session_count(self) -> int:
        """How many sessions are running."""
        return len(self._sessions)

    @property
    def is_needed(self) -> bool:
        """Whether something would be lost if the process ended now."""
        return bool(self._sessions) or len(self._unstored) > 0

    @property
    def worker_id(self) -> str:
        """What this process is called among the workers."""
        return self._capacity.worker_id

    @property
    def ready(self) -> bool:
        """Whether another session would be taken."""
        return self.load.free_slots > 0

    @property
    def load(self) -> Load:
        """As it is now. Whoever holds no session is not too slow for one."""
        late_percent, sessions = self.pacer.late_percent, self.session_count
        too_slow = sessions > 0 and late_percent > self._capacity.max_late_percent
        takes_none = self.draining or too_slow or len(self._unstored) >= MOST_UNSTORED
        free_slots = 0 if takes_none else max(0, self._capacity.max_sessions - sessions)
        return Load(sessions, free_slots, round(late_percent, 1))

    async def run(self) -> None:
        """Pace the audio and beat the heart until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.pacer.run())
            tasks.create_task(self._beat())
            tasks.create_task(self.chats.run())
            tasks.create_task(self._unstored.run())

    async def _beat(self) -> None:
        while True:
            pause_s = HEARTBEAT_S if await self._beat_once() else BEAT_AGAIN_S
            await self._clock.sleep_until(self._clock.monotonic_s() + pause_s)

    async def _beat_once(self) -> bool:
        said, free_slots = self._capacity, self.load.free_slots
        worker = Worker(said.worker_id, self._clock.unix_s(), free_slots, said.url, said.sip_host())
        if self._has_left:
            worker = replace(worker, url=None, sip_host=None)
        try:
            async with asyncio.timeout(HEARTBEAT_S):
                await asyncio.to_thread(self._capacity.registry.beat, worker)
        except Exception:
            log.exception("a heartbeat was not stored")
            return False
        return True

    async def attend(self, socket: Socket) -> None:
        """Serve one accepted /millis connection to its end. Raises nothing but cancellation."""
        await self.receive(millis_door(self._admission)(socket))

    async def receive(self, arriving: AbstractAsyncContextManager[Arrival]) -> None:
        """Serve whoever comes through a door to the end. Raises nothing but cancellation."""
        async with arriving as arrival:
            leg = arrival.leg
            try:
                await self._serve(arrival)
            except TransportClosed:
                return
            except RemoteProtocolError as error:
                await _refuse(leg, error.close_code, str(error))
            except (StoreError, ProviderError):
                log.exception("a session could not be served")
                await _refuse(leg, CloseCode.SERVER_ERROR, "a service that calls need is not available")
            except LimitExceeded as error:
                await _refuse(leg, CloseCode.TRY_AGAIN, _with_time(str(error), error.retry_after_s))
            except CallError as error:
                await _refuse(leg, CloseCode.REFUSED, str(error))
            except Exception:
                log.exception("a session could not be served")
                await _refuse(leg, CloseCode.SERVER_ERROR, "internal error")

    async def _serve(self, arrival: Arrival) -> None:
        leg, admitted = arrival.leg, await arrival.ask()
        account, session_id = admitted.account, admitted.plan.session_id
        self._replace(admitted.plan)
        with self._only_once(session_id, arrival):
            async with self._allowances.enter(account, admitted.key, session_id) as allowance:
                plan = allowance.limited(admitted.plan)
                providers = await self._choose(plan, account)
                # Nothing waits from here until the session is one of ours.
                if arrival.is_gone():
                    return None
                if self.draining:
                    return await _refuse(leg, CloseCode.SHUTDOWN, "the server is shutting down")
                if not self.ready:
                    return await _refuse(leg, CloseCode.TRY_AGAIN, _with_time("the server is full", FULL_S))
                bill = Bill(rate_card(), self._clock.unix_s(), account.discount_percent, providers.own)
                await self._hold(arrival, plan, providers, bill, allowance)

    @contextmanager
    def _only_once(self, session_id: SessionId, arrival: Arrival) -> Iterator[None]:
        """Raises Conflict while somebody else is served as this session: two may ask for one registered call at once.

        The store would refuse the second one as well, when the first one's place here and among its account's calls
        is the second one's already. Who has left while he waited keeps nobody out: a caller may try again.
        """
        earlier = self._served.get(session_id)
        if earlier is not None and not earlier.is_gone():
            raise Conflict(f"session {session_id} has begun already")
        self._served[session_id] = arrival
        try:
            yield
        finally:
            if self._served.get(session_id) is arrival:
                del self._served[session_id]

    async def check_allowance(self, admitted: Admitted) -> None:
        """Whether another call fits into what its account and its key may have. Raises LimitExceeded and StoreError."""
        async with self._allowances.enter(admitted.account, admitted.key, admitted.plan.session_id):
            pass

    def _replace(self, plan: SessionPlan) -> None:
        """A user who is back over another connection has left the one before, which may not know it yet."""
        if plan.continued is not None and plan.continued.resumed:
            before = self.find(plan.account_id, plan.continued.session_id)
            if before is not None:
                before.hang_up()

    async def _hold(
        self, arrival: Arrival, plan: SessionPlan, providers: Providers, bill: Bill, allowance: CallAllowance
    ) -> None:
        recorder = Recorder(arrival.leg, plan, self._stores.blobs, self._clock)
        told = replace(plan, notes=(*plan.notes, *providers.notes))
        journal = Journal(self._stores, told, self._capacity.worker_id, self._clock, arrival.connect)
        session = Session(plan, recorder.leg, providers, journal, self._clock, self.pacer)
        session.dial = arrival.dial
        self._enter(session)
        try:
            await journal.begin()
            log.info(
                "session started",
                extra={
                    "session_id": plan.session_id,
                    "trace_id": trace_id(plan.session_id),
                    "agent_id": plan.agent_id,
                    "stt": str(providers.serving(Component.STT)),
                    "llm": str(providers.serving(Component.LLM)),
                    "tts": str(providers.serving(Component.TTS)),
                },
            )
            async with recorder.recording():
                async with asyncio.TaskGroup() as tasks:
                    counting = tasks.create_task(
                        allowance.watch(lambda: used_by(session.usage(), bill), session.use_up)
                    )
                    end = await session.run()
                    counting.cancel()
                end = _with_network(end, arrival)
                end = await _conclude(recorder, journal, session, end, bill)
            used = used_by(end.usage, bill)
            if not await allowance.conclude(used):
                journal.left.append(lambda: allowance.finish(used))
            self._measure(plan, end)
        finally:
            self._leave(session)
            if journal.left:
                self._unstored.add(plan.session_id, journal.left)

    def _measure(self, plan: SessionPlan, end: SessionEnd) -> None:
        first_audio = figures(end.call_metrics, "first_audio")
        self.latency.add(first_audio)
        log.info(
            "session ended",
            extra={
                "session_id": plan.session_id,
                "call_status": end.status,
                "duration_s": end.duration_s,
                "first_audio": first_audio,
                "endpointing_delay": figures(end.call_metrics, "endpointing_delay"),
                "transcription_delay": figures(end.call_metrics, "transcription_delay"),
                "llm_ttft": figures(end.call_metrics, "llm_ttft"),
                "tts_ttfb": figures(end.call_metrics, "tts_ttfb"),
            },
        )

    def _enter(self, session: Session) -> None:
        self._sessions[session.session_id] = session
        self._idle.clear()

    def _leave(self, session: Session) -> None:
        del self._sessions[session.session_id]
        if not self._sessions:
            self._idle.set()

    def find(self, account_id: AccountId, session_id: SessionId) -> Session | None:
        """The account's session of that id, if it runs here."""
        session = self._sessions.get(session_id)
        return session if session is not None and session.account_id == account_id else None

    async def drain(self, patience_s: float) -> None:
        """Take no new session; return when the old ones are over.

        After `patience_s` seconds each says goodbye, and whatever still talks five seconds later is cut off; what
        they leave behind has STORE_S to be stored. Then the worker is nowhere to be reached, and no longer one.
        """
        self.draining = True
        async with asyncio.TaskGroup() as tasks:
            # So that nobody sends a session here any more; a store that is slow takes no time from the sessions.
            tasks.create_task(self._beat_once())
            await self._end_sessions(patience_s)
            await _within(STORE_S, self._all_stored())
        self._has_left = True
        await _within(GOODBYE_S, self._beat_once())

    async def _end_sessions(self, patience_s: float) -> None:
        if await _within(patience_s, self._idle.wait()):
            return
        for message, wait_s in ((SHUTDOWN_MESSAGE, GOODBYE_S), ("", GOODBYE_S)):
            for session in tuple(self._sessions.values()):
                session.shut_down(message)
            if await _within(wait_s, self._idle.wait()):
                return

    async def _all_stored(self) -> None:
        """What the last sessions left behind, and what the stores would not take before."""
        await self._idle.wait()
        await self._unstored.emptied()


async def _conclude(recorder: Recorder, journal: Journal, session: Session, end: SessionEnd, bill: Bill) -> SessionEnd:
    """Close the connection; whatever becomes of that, the recording and the end of the call are stored."""
    try:
        recorder.leg.send(OnSessionEnded(end.status, end.duration_s))
        await recorder.leg.aclose(end.close_code, end.error or end.status)
    finally:
        end = await session.afterwards(end)
        end = replace(end, cost=bill.lines(end.usage), recording=await recorder.finish())
        await journal.end(end)
    return end


async def _within(wait_s: float, event: Awaitable[object]) -> bool:
    """Whether it came in time."""
    try:
        async with asyncio.timeout(wait_s):
            await event
    except TimeoutError:
        return False
    return True


def _with_network(end: SessionEnd, arrival: Arrival) -> SessionEnd:
    network = arrival.network()
    return end if network is None else replace(end, call_metrics={**end.call_metrics, "network": network})


def _with_time(reason: str, retry_after_s: float | None) -> str:
    """When another call may be tried, as clients read it (PROTOCOL.md, The end)."""
    return reason if retry_after_s is None else f"{reason}; try again in {math.ceil(retry_after_s)} s"


async def _refuse(leg: Leg, code: int, reason: str) -> None:
    """Say why, then close (protocol.md 2.5)."""
    leg.send(AiAction(reason))
    leg.send(OnSessionEnded("error", 0))
    await leg.aclose(code, reason)
