"""The delivery of webhooks: `python -m infra.local.deliveries_process`.

A process of its own: a customer's server that does not answer holds up nothing else.
"""

import asyncio
import random
import signal

import uvloop

from call_events.deliverer import Deliverer, Reports
from callauth.private_reports import SealedReports
from callauth.recording_tokens import recording_links
from callcore.clock import SystemClock
from callnet.guarded import GuardedClient
from callstore.sqlite.stores import SqliteStores
from infra.local.addresses import addresses_of
from infra.local.process import run_process
from infra.local.settings import LocalSettings


def main(settings: LocalSettings) -> None:
    """Deliver until SIGTERM; attempts that are under way are finished."""
    uvloop.run(_deliver(settings))


async def _deliver(settings: LocalSettings) -> None:
    clock, api_url, stop = SystemClock(), addresses_of(settings).api_url, asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    with SqliteStores(settings.database, clock) as stores:
        async with GuardedClient(private=settings.allow_private_urls) as client:
            reports = Reports(
                stores.calls,
                stores.accounts,
                stores.disabled_webhooks,
                lambda call, account, now: recording_links(call, account, api_url, now),
                SealedReports(stores.outbox, lambda: (settings.outbox_key,)),
            )
            await Deliverer(stores.deliveries, reports, client, clock, random.random).run(stop)


if __name__ == "__main__":
    run_process("deliveries", main)
