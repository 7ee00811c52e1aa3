"""The console on this machine, and the link that opens it once."""

from dataclasses import replace
from urllib.parse import urlencode

from callauth.console import one_time_code
from callcore.clock import Clock
from callcore.ports import BlobStore
from callcore.wire.call_control import CallControl
from callstore.sqlite.stores import SqliteStores
from infra.local.addresses import addresses_of
from infra.local.first_run import LOCAL_ACCOUNT
from infra.local.settings import LocalSettings
from infra.local.telephony import numbers_of
from playground.composition import console_on
from playground.console import Console
from playground.records import records_on
from playground.settings import WIDGET_FOLDER
from playground.views import PREFIX, Views


def console_of(
    settings: LocalSettings,
    stores: SqliteStores,
    blobs: BlobStore,
    control: CallControl,
    workers: CallControl,
    clock: Clock,
) -> Console:
    """What the console's pages stand on; `workers` reaches any of them."""
    addresses = addresses_of(settings)
    records, numbers = records_on(stores, blobs, control), numbers_of(settings, stores, clock)
    views = Views(WIDGET_FOLDER)
    return replace(
        console_on(stores, records, numbers, workers, views, addresses.api_url, addresses.media_url, clock),
        link_secret=settings.internal_secret,
        link_account=LOCAL_ACCOUNT,
        allow_private_urls=settings.allow_private_urls,
    )


def sign_in_link(settings: LocalSettings, now: float) -> str:
    """Signs a browser of this machine in, once, within ten minutes of `now` (unix seconds)."""
    query = urlencode({"code": one_time_code(settings.internal_secret, now)})
    return f"{addresses_of(settings).api_here}{PREFIX}/sign-in/link?{query}"
