"""The control plane of telephone calls on one SQLite file: REST, what answers carriers, what places calls.

Its carriers are copies; its clock can be set forward, because nobody waits two minutes for a call that is stuck.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx2

from api.app import described_app
from api.composition import Workers, dependencies_on
from api.telephony import Telephony
from call_events.composition import placing_on
from call_events.placing import Placing
from callauth.carrier_urls import CarrierUrls
from callauth.exchange import Exchange
from callauth.keys import key_record
from callauth.private_reports import SealedReports
from callauth.sealing import Sealer
from callcore.accounts.account import Account, KeyKind
from callcore.agents.agent import Agent
from callcore.clock import SystemClock
from callcore.ids import AccountId, AgentId
from callcore.phones.phone import Carrier
from callcore.regions import MediaHosts
from callcore.wire.call_control import CallControl
from callcore.workers.worker import Worker
from callstore.files import FilesBlobStore
from callstore.sqlite.stores import SqliteStores
from infra.local.front import front
from telephony_webhook.app import create_app as create_desk
from telephony_webhook.composition import desk_on
from tests.peers.asgi_server import serving
from tests.peers.recording_control import RecordingControl

OURS, THEIRS = "+15550001111", "+15550002222"
"""The account's number, and somebody else's."""
PRIVATE = "private-key-of-the-telephone-tests"
ACCOUNT = Account(AccountId("acc_1"), "Ann's", 1.0, embed_secret="s" * 32, max_concurrent_calls=100)
SECRET = "a secret of carriers, of thirty-two characters and more"

NO_MEDIA = MediaHosts("ws://127.0.0.1:1")
API = described_app()
"""One for all tests: its first request takes longer than all that a test does."""


@dataclass
class SkippingClock(SystemClock):
    """The system's, set forward."""

    ahead_s: float = 0.0

    def unix_s(self) -> float:
        return super().unix_s() + self.ahead_s


@dataclass
class ControlPlane:
    """What a test asks and looks at."""

    stores: SqliteStores
    clock: SkippingClock
    client: httpx2.AsyncClient
    urls: CarrierUrls
    placing: Placing
    exchange: Exchange
    control: CallControl
    """What workers are told by."""

    async def post(self, path: str, body: Any = None, status: int = 200, key: str | None = None) -> Any:
        once = {"idempotency-key": key} if key else {}
        reply = await self.client.post(path, json=body, headers={"authorization": PRIVATE, **once})
        assert reply.status_code == status, reply.text
        return reply.json()

    async def connect(self, credentials: Mapping[str, str], number: str = OURS) -> None:
        """Import the number, and let an agent have it."""
        imported = await self.post("/phones/import", {"phone": number, **credentials})
        assert imported["status"] == "active"
        await self.post(f"/phones/{number}/set_agent", {"agent_id": "-a"})

    async def order(self, **body: Any) -> str:
        reply = await self.post("/start_outbound_call", {"from_phone": OURS, "to_phone": THEIRS} | body)
        return str(reply["session_id"])

    async def dial(self) -> int:
        """One round; there is a worker with room."""
        await asyncio.to_thread(self.stores.workers.beat, Worker("beating", self.clock.unix_s(), 100))
        return (await asyncio.to_thread(self.placing.run)).count

    async def status(self, session_id: str) -> str:
        reply = await self.client.get(f"/call-logs/{session_id}", headers={"authorization": PRIVATE})
        return str(reply.json()["call_status"])

    async def until(self, session_id: str, *statuses: str) -> str:
        async with asyncio.timeout(20):
            while (status := await self.status(session_id)) not in statuses:  # noqa: ASYNC110  # it is asked by HTTP
                await asyncio.sleep(0.02)
        return status


@asynccontextmanager
async def control_plane(
    directory: Path,
    carriers: Mapping[Carrier, Any],
    clock: SkippingClock | None = None,
    control: CallControl | None = None,
    media: MediaHosts = NO_MEDIA,
) -> AsyncIterator[ControlPlane]:
    """With an account, an agent and these carriers, whose copies run already."""
    clock = clock or SkippingClock()
    with SqliteStores(directory / "parley.db", clock) as stores:
        stores.accounts.put_account(ACCOUNT)
        stores.accounts.put_key(key_record(PRIVATE, KeyKind.PRIVATE, ACCOUNT.account_id, "", 0.0))
        config = {"prompt": "P", "first_message": "Hi."}
        stores.agents.put_agent(Agent(AgentId("-a"), ACCOUNT.account_id, "Desk", config, 0.0))
        seal = Sealer(lambda: (SECRET,))
        apps: dict[str, Any] = {}

        async def whole(scope: Any, receive: Any, send: Any) -> None:
            await apps["front"](scope, receive, send)

        async with serving(whole) as address:
            urls = CarrierUrls(f"http://{address}", media, lambda: (SECRET,))
            exchange = Exchange(seal, urls, lambda: SECRET, clock)
            telephony = Telephony(stores.call_changes, carriers, carriers, seal, seal, urls, lambda: None)
            blobs = FilesBlobStore(directory / "blobs")
            control = control or RecordingControl()
            API.state.dependencies = dependencies_on(stores, blobs, urls.base_url, clock, Workers(control), telephony)
            desk = create_desk(desk_on(stores, exchange, control))
            apps["front"] = front(API, API, API, desk, API, API)
            private = SealedReports(stores.outbox, lambda: (SECRET,))
            placing = placing_on(stores, exchange, private)
            placing = replace(placing, dialler=replace(placing.dialler, controls=carriers))
            async with httpx2.AsyncClient(base_url=urls.base_url, timeout=20, trust_env=False) as client:
                yield ControlPlane(stores, clock, client, urls, placing, exchange, control)
