"""What the REST API stands on: the same ports, over the stores of AWS or of this machine."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from api.dependencies import Dependencies
from api.telephony import Telephony
from callauth.private_reports import SealedReports
from callcore.clock import Clock
from callcore.ports import BlobStore, CallControl
from callcore.rate_limit import Rate, RateLimiter

if TYPE_CHECKING:  # whoever composes has loaded one of them
    from callstore.aws import AwsStores
    from callstore.sqlite import SqliteStores

KEY_RATE = Rate(burst=100, per_second=50)
"""Of every private key, in every process."""


def dependencies_on(
    stores: "AwsStores | SqliteStores",
    blobs: BlobStore,
    api_url: str,
    clock: Clock,
    control: CallControl,
    telephony: Telephony,
    outbox_secrets: Callable[[], Sequence[str]] = tuple,
) -> Dependencies:
    """The ports over these stores; without secrets of the outbox nothing private can be registered."""
    return Dependencies(
        accounts=stores.accounts,
        credentials=stores.credentials,
        agents=stores.agents,
        agent_versions=stores.agent_versions,
        calls=stores.calls,
        call_log=stores.call_log,
        control=control,
        phones=stores.phones,
        campaigns=stores.campaigns,
        campaign_records=stores.campaign_records,
        idempotency=stores.idempotency,
        deliveries=stores.deliveries,
        delivery_log=stores.delivery_log,
        day_totals=stores.day_totals,
        disabled_webhooks=stores.disabled_webhooks,
        private=SealedReports(stores.outbox, outbox_secrets),
        blobs=blobs,
        telephony=telephony,
        limiter=RateLimiter(KEY_RATE, "the key", "requests"),
        clock=clock,
        api_url=api_url,
    )
