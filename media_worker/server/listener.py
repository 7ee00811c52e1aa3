"""Serves the worker's application on a port until it is told to stop, and then drains."""

import asyncio
import gc
from types import FrameType

import uvicorn

from callcore.wire.client import MAX_TEXT_FRAME_BYTES
from media_worker.server.app import AsgiApp
from media_worker.session.supervisor import Supervisor

MAX_MESSAGE_BYTES = 4 * MAX_TEXT_FRAME_BYTES
"""The server's own bound on a frame; the transports refuse smaller ones with a reason."""
CLOSE_S = 5
"""How long connections that no session holds may take to close."""


class DrainingServer(uvicorn.Server):
    """At the first SIGTERM or SIGINT running sessions go on and no new one is taken; at the second it stops."""

    def __init__(self, config: uvicorn.Config, supervisor: Supervisor, drain_s: float) -> None:
        super().__init__(config)
        self._supervisor = supervisor
        self._drain_s = drain_s
        self._told_to_stop = asyncio.Event()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal came."""
        if self._told_to_stop.is_set():
            super().handle_exit(sig, frame)
        self._told_to_stop.set()

    async def serve_and_drain(self) -> None:
        """Returns when everything is closed."""
        async with asyncio.TaskGroup() as tasks:
            draining = tasks.create_task(self._drain())
            await self.serve()
            draining.cancel()

    async def _drain(self) -> None:
        await self._told_to_stop.wait()
        await self._supervisor.drain(self._drain_s)
        self.should_exit = True


async def listen(app: AsgiApp, host: str, port: int, supervisor: Supervisor, drain_s: float) -> None:
    """Serve `app` until a signal comes and the sessions are over."""
    # What is loaded by now stays: 100,000 objects, through which every full collection of garbage would look for 60 ms.
    # It does so while calls are running, and none of them gets its next frame meanwhile.
    gc.freeze()
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        ws="websockets-sansio",
        ws_max_size=MAX_MESSAGE_BYTES,
        ws_per_message_deflate=False,
        access_log=False,
        log_config=None,
        # Else the peer's address would be what a forwarding header says.
        proxy_headers=False,
        lifespan="off",
        timeout_graceful_shutdown=CLOSE_S,
    )
    await DrainingServer(config, supervisor, drain_s).serve_and_drain()
