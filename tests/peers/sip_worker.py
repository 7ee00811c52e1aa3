"""A worker's side of SIP in this process, with scripted speech: its endpoint on a free port, on stores of its own."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from callauth.private_reports import SealedReports
from callauth.sealing import Sealer
from callcore.accounts.account import Account
from callcore.calls.call import Call
from callcore.calls.registration import Registration, register
from callcore.ids import AccountId, CallId
from callcore.phones.sip_addresses import SipAddress, SipToken, new_user, user_hash
from callcore.wire.events import CallEnded
from callstore.files import FilesBlobStore
from callstore.sqlite.stores import SqliteStores
from media_worker.session.admission.sip_calls import SipCalls
from media_worker.session.allowances import Allowances
from media_worker.session.clock import LoopClock
from media_worker.session.journal import Stores
from media_worker.session.sip_desk import SipDesk
from media_worker.session.supervisor import Capacity, Supervisor
from media_worker.transports.rtp.ports import RtpPorts
from media_worker.transports.sip.bound import bind
from media_worker.transports.sip.endpoint import Endpoint, SipTerms
from tests.peers.worker_parts import admission_on, scripted

ACCOUNT = Account(AccountId("acc_1"), "Ann's", 0.0, "s" * 32, max_concurrent_calls=1000)
HERE = "127.0.0.1"
SEAL = Sealer(lambda: ("k" * 32,))
GREETING: Mapping[str, Any] = {"first_message": "Hello."}


@dataclass
class SipWorker:
    """What the tests see of it."""

    stores: SqliteStores
    supervisor: Supervisor
    port: int
    clock: LoopClock

    def token(self, **config: Any) -> str:
        """The user part of an address for one call."""
        call = register(ACCOUNT.account_id, Registration(None, {**GREETING, **config}), self.clock.unix_s())
        self.stores.calls.begin_call(call)
        user = new_user()
        expires_at = self.clock.unix_s() + 60
        token = SipToken(user_hash(user), ACCOUNT.account_id, call.session_id, call.call_id, expires_at)
        self.stores.sip_tokens.put_token(token)
        return user

    def address(
        self, user: str, config: Mapping[str, Any] = GREETING, *, password: str = "", sources: tuple[str, ...] = (HERE,)
    ) -> str:
        """A permanent address, guarded by where calls come from, or by credentials whose username is `user`."""
        self.stores.sip_addresses.put_address(
            SipAddress(
                CallId(f"address-{user}"),
                ACCOUNT.account_id,
                user,
                0.0,
                agent_config={**GREETING, **config},
                sources=sources,
                username=user if password else None,
                sealed_password=SEAL.seal(password) if password else None,
            )
        )
        return user

    async def terminate(self) -> None:
        """End the next session that runs, as the account's back end may."""
        for _ in range(500):
            for running in self.stores.running_calls.running(ACCOUNT.account_id, self.clock.unix_s()):
                session = self.supervisor.find(ACCOUNT.account_id, running.session_id)
                if session is not None and session.terminate(""):
                    return
            await asyncio.sleep(0.02)
        raise AssertionError("no session runs")

    async def empty(self, within_s: float = 20.0) -> None:
        """Return when no call is left. Raises TimeoutError."""
        async with asyncio.timeout(within_s):
            while self.supervisor.session_count:  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.02)

    async def ended(self, count: int = 1, within_s: float = 20.0) -> list[CallEnded]:
        """What the next calls that end leave behind."""
        queue = self.stores.queue("call_events")
        found: list[CallEnded] = []
        async with asyncio.timeout(within_s):
            while len(found) < count:
                for message in await asyncio.to_thread(queue.receive, 10, 60):
                    found.append(CallEnded.model_validate_json(message.body))
                    await asyncio.to_thread(queue.delete, message.receipt)
                await asyncio.sleep(0.02)
        return found

    def call_of(self, ended: CallEnded) -> Call:
        """Its row."""
        return self.stores.calls.get_call(ended.account_id, ended.session_id)


@asynccontextmanager
async def sip_worker(
    directory: Path, *, choose: Callable[..., Any] = scripted, max_sessions: int = 200, trusted: tuple[str, ...] = ()
) -> AsyncIterator[SipWorker]:
    """One worker that listens on this machine only."""
    clock = LoopClock()
    with SqliteStores(directory / "parley.db", clock) as stores, bind(HERE, 0) as bound:
        stores.accounts.put_account(ACCOUNT)
        reports = SealedReports(stores.outbox, lambda: ("k" * 32,))
        admission = admission_on(stores, clock, reports)
        queue, blobs = stores.queue("call_events"), FilesBlobStore(directory / "blobs")
        written = Stores(stores.calls, stores.checkpoints, queue, blobs, reports, stores.call_changes)
        supervisor = Supervisor(
            admission,
            choose,
            written,
            clock,
            Capacity(max_sessions, "w-1", stores.workers, sip_host=lambda: f"{HERE}:{bound.port}"),
            Allowances(stores.day_totals, stores.running_calls, clock),
        )
        calls = SipCalls(admission, stores.calls, reports, stores.sip_tokens, stores.sip_addresses, SEAL)
        desk = SipDesk(calls, supervisor, RtpPorts(HERE, 20_000, 29_998), clock)
        endpoint = Endpoint(SipTerms(HERE, trusted), bound, clock, desk.take)
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(part.run()) for part in (supervisor, endpoint)]
            await asyncio.sleep(0)
            try:
                yield SipWorker(stores, supervisor, bound.port, clock)
            finally:
                for task in running:
                    task.cancel()
