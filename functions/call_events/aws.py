"""What deliveries and dialler stand on in Lambda. Import it late: their HTTP clients are not needed for every start."""

import asyncio
import random

from call_events.composition import placing_on
from call_events.deliverer import Deliverer, Reports
from call_events.placing import Placing
from call_events.settings import FunctionSettings
from callauth.carrier_urls import TELEPHONY_KEY
from callauth.exchange import exchange_of
from callauth.internal import INTERNAL_SECRET
from callauth.private_reports import OUTBOX_KEY, SealedReports
from callauth.recording_tokens import recording_links
from callcore.clock import Clock
from callcore.regions import MediaHosts
from callnet.guarded import GuardedClient
from callstore.aws.clients import LateClient
from callstore.aws.secrets import AwsSecrets
from callstore.aws.stores import AwsStores


def deliver_due(stores: AwsStores, api_url: str, outbox_key: str, clock: Clock) -> int:
    """One attempt at every webhook that is due, as many as are taken at once; how many were taken.

    `outbox_key` names the secret of the outbox.
    """
    return asyncio.run(_deliver(stores, api_url, outbox_key, clock))


async def _deliver(stores: AwsStores, api_url: str, outbox_key: str, clock: Clock) -> int:
    reports = Reports(
        stores.calls,
        stores.accounts,
        stores.disabled_webhooks,
        lambda call, account, now: recording_links(call, account, api_url, now),
        _sealed_reports(stores, outbox_key),
    )
    async with GuardedClient() as client:
        return await Deliverer(stores.deliveries, reports, client, clock, random.random).once()


def _sealed_reports(stores: AwsStores, outbox_key: str) -> SealedReports:
    secrets = AwsSecrets(LateClient("secretsmanager"), {OUTBOX_KEY: outbox_key})
    return SealedReports(stores.outbox, lambda: (secrets.secret(OUTBOX_KEY),))


def placing_of(stores: AwsStores, settings: FunctionSettings, clock: Clock) -> Placing:
    """What places calls, and orders those of campaigns."""
    names = {INTERNAL_SECRET: settings.internal_secret, TELEPHONY_KEY: settings.telephony_key}
    secrets = AwsSecrets(LateClient("secretsmanager"), names)
    media = MediaHosts.at(settings.media_url, settings.media_urls)
    exchange = exchange_of(secrets, settings.api_url, media, clock)
    return placing_on(stores, exchange, _sealed_reports(stores, settings.outbox_key))
