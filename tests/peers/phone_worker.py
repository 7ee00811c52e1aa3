"""A media worker in this process that recites what it says: its door for carriers, on a store that others share."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from callauth.internal import INTERNAL_SECRET, InternalSigner
from callauth.sealing import Sealer
from callcore.clock import Clock
from callcore.wire.events import CALL_EVENTS_QUEUE
from callnet.call_control import HttpCallControl, OwnerUrl
from callstore.files import FilesBlobStore
from callstore.fixed_secrets import FixedSecrets
from callstore.sqlite.stores import SqliteStores
from media_worker.server.app import create_app
from media_worker.server.internal import InternalEndpoint
from media_worker.session.admission.doors import carrier_doors
from media_worker.session.admission.phone_admission import PhoneAdmission
from media_worker.session.admission.upgrade_signatures import UpgradeSignatures
from media_worker.session.allowances import Allowances
from media_worker.session.clock import LoopClock
from media_worker.session.journal import Stores
from media_worker.session.supervisor import Capacity, Supervisor
from tests.peers.asgi_server import serving
from tests.peers.worker_parts import admission_on, scripted

MAX_SESSIONS = 200


@dataclass
class DatedClock(LoopClock):
    """Real time, dated by another clock."""

    dates: Clock

    def unix_s(self) -> float:
        return self.dates.unix_s()


@dataclass(frozen=True)
class PhoneWorker:
    """A worker that runs."""

    media_url: str
    control: HttpCallControl
    """How the control plane reaches it."""
    supervisor: Supervisor


@asynccontextmanager
async def phone_worker(directory: Path, dates: Clock, secret: str) -> AsyncIterator[PhoneWorker]:
    """On `parley.db` of the directory; `secret` signs streams and commands."""
    clock = DatedClock(dates)
    apps: dict[str, Any] = {}

    async def whole(scope: Any, receive: Any, send: Any) -> None:
        await apps["worker"](scope, receive, send)

    with SqliteStores(directory / "parley.db", clock) as stores:
        async with serving(whole) as address:
            admission = admission_on(stores, clock)
            written = Stores(
                stores.calls,
                stores.checkpoints,
                stores.queue(CALL_EVENTS_QUEUE),
                FilesBlobStore(directory / "blobs"),
                None,
                stores.call_changes,
            )
            supervisor = Supervisor(
                admission,
                scripted,
                written,
                clock,
                Capacity(MAX_SESSIONS, "phones", stores.workers, f"http://{address}"),
                Allowances(stores.day_totals, stores.running_calls, clock),
            )
            signer = InternalSigner(FixedSecrets({INTERNAL_SECRET: secret}), clock)
            control = HttpCallControl(OwnerUrl(stores.calls, stores.workers, clock), signer)
            internal = InternalEndpoint(supervisor, control, (secret,), stores.used_tokens, clock)
            signatures = UpgradeSignatures(stores.phones, Sealer(lambda: (secret,)), stores.used_tokens, clock)
            doors = carrier_doors(PhoneAdmission(admission, (secret,), signatures), clock)
            apps["worker"] = create_app(supervisor, internal, doors)
            async with asyncio.TaskGroup() as tasks:
                running = tasks.create_task(supervisor.run())
                yield PhoneWorker(f"ws://{address}", control, supervisor)
                running.cancel()
