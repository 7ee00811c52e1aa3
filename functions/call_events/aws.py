"""What the deliveries stand on in Lambda. Import it late: their HTTP client is not needed for every start."""

import asyncio
import random

from call_events.deliverer import Deliverer, Reports
from callauth.recording_tokens import recording_links
from callcore.clock import Clock
from callnet.guarded import GuardedClient
from callstore.aws import AwsStores


def deliver_due(stores: AwsStores, api_url: str, clock: Clock) -> int:
    """One attempt at every webhook that is due, as many as are taken at once; how many were taken."""
    return asyncio.run(_deliver(stores, api_url, clock))


async def _deliver(stores: AwsStores, api_url: str, clock: Clock) -> int:
    reports = Reports(
        stores.calls,
        stores.accounts,
        stores.disabled_webhooks,
        lambda call, account, now: recording_links(call, account, api_url, now),
    )
    async with GuardedClient() as client:
        return await Deliverer(stores.deliveries, reports, client, clock, random.random).once()
