"""The media worker on the media port, REST and pages passed on: `python -m infra.local.media_process`."""

import uvloop

from infra.local.addresses import addresses_of, own_origins
from infra.local.http_proxy import HttpProxy, http_fallback
from infra.local.process import run_process
from infra.local.settings import LocalSettings
from media_worker.composition import compose
from media_worker.server.listener import listen
from media_worker.settings import WorkerSettings, wrong_settings_named

DRAIN_S = 3.0
"""Ctrl-C is not made to wait long: after this, running calls are told that they must end."""


def main(settings: LocalSettings) -> None:
    """Serve until SIGTERM, then drain. Raises InvalidInput that names a wrong setting."""
    with wrong_settings_named():
        worker_settings = WorkerSettings(
            database=settings.database,
            blobs=settings.blobs,
            own_origins=own_origins(settings),
            drain_s=DRAIN_S,
            internal_url=addresses_of(settings).media_here,
            internal_secret=settings.internal_secret,
            outbox_key=settings.outbox_key,
            worker_key=settings.worker_key,
            sip_address=settings.host if settings.outbox_key else "",
            sip_port=settings.sip_port,
        )
    uvloop.run(_serve(settings, worker_settings))


async def _serve(settings: LocalSettings, worker_settings: WorkerSettings) -> None:
    async with compose(worker_settings) as worker, HttpProxy(addresses_of(settings).api_here) as rest_and_pages:
        app = http_fallback(worker.app, rest_and_pages)
        await listen(app, settings.host, settings.media_port, worker.supervisor, worker_settings.drain_s)


if __name__ == "__main__":
    run_process("media", main)
