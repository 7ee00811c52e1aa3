"""What the REST API stands on: the same ports, over the stores of AWS or of this machine."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.dependencies import Dependencies
from api.sip_desk import SipDesk
from api.telephony import Telephony
from callauth.exchange import Exchange
from callauth.private_reports import SealedReports
from callauth.sealing import WORKER_KEY, Sealer
from callauth.turn_credentials import NO_TURN, TurnServers
from callcore.accounts.rate_limit import Rate, RateLimiter
from callcore.clock import Clock
from callcore.desks.knowledge import KnowledgeDesk, NoUploads
from callcore.knowledge.ports import UploadForms
from callcore.ports import BlobStore, Secrets
from callcore.wire.call_control import CallControl
from callnet.trust import usual_trust
from carriers.registry import CarrierApis, carriers_at

if TYPE_CHECKING:  # whoever composes has loaded one of them
    from callstore.aws.stores import AwsStores
    from callstore.sqlite.stores import SqliteStores

KEY_RATE = Rate(burst=100, per_second=50)
"""Of every private key, in every process."""


def telephony_on(
    stores: "AwsStores | SqliteStores",
    exchange: Exchange,
    secrets: Secrets,
    wake: Callable[[], None],
    apis: CarrierApis | None = None,
) -> Telephony:
    """What calls are ordered and numbers imported with; `apis` are those of copies of the carriers."""
    carriers = carriers_at(apis or CarrierApis(), exchange.clock, usual_trust)
    worker_seal = Sealer(lambda: (secrets.secret(WORKER_KEY),))
    return Telephony(stores.call_changes, carriers, carriers, exchange.seal, worker_seal, exchange.urls, wake)


@dataclass(frozen=True)
class Workers:
    """How the workers are reached, by us and by those who call them."""

    control: CallControl
    """To whoever holds a session."""
    reception: CallControl | None = None
    """To one with room, for what begins there; None: `control` finds it."""
    sip_host: Callable[[], str] = str
    """Where permanent SIP addresses lead to; empty: nowhere."""
    turn: TurnServers = NO_TURN


def dependencies_on(
    stores: "AwsStores | SqliteStores",
    blobs: BlobStore,
    api_url: str,
    clock: Clock,
    workers: Workers,
    telephony: Telephony,
    outbox_secrets: Callable[[], Sequence[str]] = tuple,
    uploads: UploadForms | None = None,
) -> Dependencies:
    """The ports over these stores; without secrets of the outbox nothing private can be registered.

    Without `uploads` no files are taken.
    """
    return Dependencies(
        accounts=stores.accounts,
        credentials=stores.credentials,
        agents=stores.agents,
        agent_versions=stores.agent_versions,
        calls=stores.calls,
        call_log=stores.call_log,
        control=workers.control,
        reception=workers.reception or workers.control,
        turn=workers.turn,
        phones=stores.phones,
        campaigns=stores.campaigns,
        campaign_records=stores.campaign_records,
        do_not_call=stores.do_not_call,
        idempotency=stores.idempotency,
        deliveries=stores.deliveries,
        delivery_log=stores.delivery_log,
        day_totals=stores.day_totals,
        disabled_webhooks=stores.disabled_webhooks,
        private=SealedReports(stores.outbox, outbox_secrets),
        blobs=blobs,
        knowledge=KnowledgeDesk(stores.knowledge, blobs, uploads or NoUploads(), clock),
        telephony=telephony,
        sip=SipDesk(stores.sip_tokens, stores.sip_addresses, stores.workers, telephony.worker_seal, workers.sip_host),
        limiter=RateLimiter(KEY_RATE, "the key", "requests"),
        clock=clock,
        api_url=api_url,
    )
