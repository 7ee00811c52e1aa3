"""A media worker on its own: `python -m media_worker`."""

import uvloop

from media_worker.composition import compose
from media_worker.observability import configure_logging
from media_worker.server.listener import listen
from media_worker.settings import WorkerSettings, read_or_exit


async def main(settings: WorkerSettings) -> None:
    """Serve until SIGTERM, then drain."""
    async with compose(settings) as worker:
        await listen(worker.app, settings.host, settings.media_port, worker.supervisor, settings.drain_s)


if __name__ == "__main__":
    worker_settings = read_or_exit()
    configure_logging(worker_settings.log_level)
    uvloop.run(main(worker_settings))
