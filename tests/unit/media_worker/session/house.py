"""A supervisor of sessions on the stores of a test."""

import asyncio
import json
import types
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any

from callauth.keys import key_record
from callauth.private_reports import SealedReports
from callcore.accounts.account import Account, KeyKind
from callcore.agents.agent import Agent
from callcore.calls.call import Call
from callcore.ids import AccountId, AgentId
from callcore.opening.plan import SessionPlan
from callcore.ports import BlobStore
from callcore.wire.events import CallEnded
from callstore.aws.stores import AwsStores
from callstore.files import FilesBlobStore
from callstore.sqlite.stores import SqliteStores
from media_worker.providers.scripted import llm, stt, tts, vad
from media_worker.session.allowances import Allowances
from media_worker.session.casting.providers import Providers
from media_worker.session.journal import Stores
from media_worker.session.supervisor import Capacity, Supervisor
from tests.peers.worker_parts import admission_on
from tests.virtual_time import VirtualClock, run_virtual

ACCOUNT = Account(AccountId("acc_1"), "Ann's", 0.0, "s" * 32, max_concurrent_calls=2)
KEY = "k" * 32
INITIATE = json.dumps({"method": "initiate", "data": {"public_key": KEY, "agent": {"agent_id": "-a"}}})


class House:
    """A supervisor on its stores."""

    def __init__(
        self,
        stores: SqliteStores | AwsStores,
        blobs: BlobStore,
        *,
        max_sessions: int = 10,
        broken: bool = False,
        config: Mapping[str, Any] = types.MappingProxyType({}),
    ) -> None:
        self.stores = stores
        self.blobs = blobs
        self.clock = VirtualClock()
        stores.accounts.put_account(ACCOUNT)
        stores.accounts.put_key(key_record(KEY, KeyKind.PUBLIC, ACCOUNT.account_id, "test", 0.0))
        agent = Agent(AgentId("-a"), ACCOUNT.account_id, "Desk", {"first_message": "Hello.", **config}, 0.0)
        stores.agents.put_agent(agent)
        self.events = stores.queue("call_events")
        self.reports = SealedReports(stores.outbox, lambda: ("k" * 32,))
        self.admission = admission_on(stores, self.clock)
        self.supervisor = Supervisor(
            self.admission,
            self.break_down if broken else self.choose,
            Stores(stores.calls, stores.checkpoints, self.events, blobs, self.reports),
            self.clock,
            Capacity(max_sessions, "worker-1", stores.workers, "http://here", max_late_percent=5.0),
            Allowances(stores.day_totals, stores.running_calls, self.clock),
        )

    async def choose(self, plan: SessionPlan, account: Account) -> Providers:
        return Providers(stt.create(), llm.create(), tts.create(), vad.create(), notes=("a note",))

    async def break_down(self, plan: SessionPlan, account: Account) -> Providers:
        raise RuntimeError("a secret")

    def ended(self) -> list[CallEnded]:
        return [CallEnded.model_validate_json(message.body) for message in self.events.receive(10, 60)]

    def calls(self) -> list[Call]:
        return list(self.stores.calls.list_live_calls())


def in_house(
    tmp_path: Path,
    scenario: Callable[[House], Coroutine[Any, Any, None]],
    *,
    kind: type[House] = House,
    **options: Any,
) -> None:
    async def live(house: House) -> None:
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(house.supervisor.run())
            await scenario(house)
            running.cancel()

    with SqliteStores(tmp_path / "db", VirtualClock()) as stores:
        blobs = options.pop("blobs", None) or FilesBlobStore(tmp_path / "blobs")
        run_virtual(live(kind(stores, blobs, **options)))
