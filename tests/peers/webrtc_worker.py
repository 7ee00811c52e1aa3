"""A worker's side of WebRTC in this process, with scripted speech: what answers offers, on stores of its own."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from callauth.keys import key_record
from callcore.accounts.account import Account, KeyKind
from callcore.agents.agent import Agent
from callcore.calls.call import END_STATUSES, Call
from callcore.calls.registration import Registration, register
from callcore.ids import AccountId, AgentId, SessionId, new_session_id
from callcore.opening.plan import SessionPlan
from callcore.wire.client import AgentChoice, Initiate
from callcore.wire.events import CallEnded
from callcore.wire.jobs import Caller, Connect, Done
from callstore.files import FilesBlobStore
from callstore.sqlite.stores import SqliteStores
from media_worker.providers.scripted import llm, stt, tts, vad
from media_worker.session.admission.admission import Admission
from media_worker.session.admission.earlier_calls import EarlierCalls
from media_worker.session.allowances import Allowances
from media_worker.session.casting.providers import Providers
from media_worker.session.clock import LoopClock
from media_worker.session.journal import Stores
from media_worker.session.supervisor import Capacity, Supervisor
from media_worker.session.webrtc_calls import WebRtcCalls
from media_worker.transports.webrtc.terms import IceTerms
from tests.peers.customer_web import NoPrefetch

ACCOUNT = Account(AccountId("acc_1"), "Ann's", 0.0, "s" * 32)
KEY = "k" * 32
FROM_HERE = Caller(host="127.0.0.1")


@dataclass
class WebRtcWorker:
    """What the tests see of it."""

    stores: SqliteStores
    supervisor: Supervisor
    calls: WebRtcCalls
    clock: LoopClock
    account_id: AccountId = ACCOUNT.account_id

    async def answer(self, sdp: str, caller: Caller = FROM_HERE, **initiate: Any) -> Done:
        """To an offer with the public key. Raises CallError."""
        wanted = Initiate(**{"public_key": KEY, "agent": AgentChoice(agent_id="-a"), **initiate})
        connect = Connect(sdp=sdp, initiate=wanted, caller=caller)
        return await self.calls.connect(ACCOUNT.account_id, new_session_id(), connect)

    async def answer_registered(self, sdp: str, session_id: SessionId, **initiate: Any) -> Done:
        """To an offer for a call that the account's back end registered. Raises CallError."""
        connect = Connect(sdp=sdp, initiate=Initiate(**initiate))
        return await self.calls.connect(ACCOUNT.account_id, session_id, connect)

    def registered(self, **config: Any) -> Call:
        """A call of an agent that greets."""
        call = register(ACCOUNT.account_id, Registration(None, {"first_message": "Hello.", **config}), 0.0)
        self.stores.calls.begin_call(call)
        return call

    async def empty(self, within_s: float = 20.0) -> None:
        """Return when no call and no offer is left. Raises TimeoutError."""
        async with asyncio.timeout(within_s):
            while self.calls.count or self.supervisor.session_count:  # noqa: ASYNC110 - they tell nobody
                await asyncio.sleep(0.02)

    async def settled(self, call: Call, within_s: float = 20.0) -> Call:
        """A call that nobody came for, as it ended. Raises TimeoutError."""
        async with asyncio.timeout(within_s):
            while True:
                stored = await asyncio.to_thread(self.stores.calls.get_call, call.account_id, call.session_id)
                if stored.status in END_STATUSES:
                    return stored
                await asyncio.sleep(0.02)

    async def ended(self, within_s: float = 20.0) -> CallEnded:
        """What the next call that ends leaves behind."""
        queue = self.stores.queue("call_events")
        async with asyncio.timeout(within_s):
            while True:
                for message in await asyncio.to_thread(queue.receive, 1, 60):
                    return CallEnded.model_validate_json(message.body)
                await asyncio.sleep(0.02)


async def _scripted(plan: SessionPlan, account: Account) -> Providers:
    return Providers(stt.create(), llm.create(), tts.create(), vad.create())


@asynccontextmanager
async def webrtc_worker(
    directory: Path,
    *,
    terms: IceTerms | None = None,
    choose: Callable[..., Any] = _scripted,
    max_sessions: int = 200,
    worker_id: str = "w-1",
    url: str | None = None,
) -> AsyncIterator[WebRtcWorker]:
    """One worker that listens on this machine only; those of one directory are a fleet, each with its name and url."""
    clock = LoopClock()
    with SqliteStores(directory / "parley.db", clock) as stores:
        stores.accounts.put_account(ACCOUNT)
        stores.accounts.put_key(key_record(KEY, KeyKind.PUBLIC, ACCOUNT.account_id, "test", 0.0))
        stores.agents.put_agent(Agent(AgentId("-a"), ACCOUNT.account_id, "Desk", {"first_message": "Hello."}, 0.0))
        earlier = EarlierCalls(stores.calls, stores.checkpoints, clock)
        admission = Admission(
            stores.accounts, stores.agents, stores.call_log, stores.used_tokens, NoPrefetch(), clock, (), earlier
        )
        written = Stores(
            stores.calls, stores.checkpoints, stores.queue("call_events"), FilesBlobStore(directory / "blobs")
        )
        supervisor = Supervisor(
            admission,
            choose,
            written,
            clock,
            Capacity(max_sessions, worker_id, stores.workers, url),
            Allowances(stores.day_totals, stores.running_calls, clock),
        )
        calls = WebRtcCalls(admission, stores.calls, supervisor, clock, terms or IceTerms(("127.0.0.1",)))
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(part.run()) for part in (supervisor, calls)]
            await asyncio.sleep(0)
            try:
                yield WebRtcWorker(stores, supervisor, calls, clock)
            finally:
                for task in running:
                    task.cancel()
