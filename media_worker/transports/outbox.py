"""What a leg has to send over its socket: in order, never waiting, and bounded."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from callcore.errors import TransportClosed
from callcore.wire.client import CloseCode, close_reason
from media_worker.ports.socket import Socket

SEND_WAIT_S = 10.0
"""A peer that does not read for this long is gone."""
FLUSH_WAIT_S = 1.0
MAX_QUEUED_BYTES = 1024 * 1024
"""30 seconds of audio; a peer that is this far behind is gone."""


class Outbox:
    """The frames on their way to one socket. Made by `open_outbox`."""

    def __init__(self, socket: Socket) -> None:
        self._socket = socket
        self._queue: deque[str | bytes] = deque()
        self._queued_bytes = 0
        self._to_send = asyncio.Event()
        self._sent = asyncio.Event()
        self._sent.set()
        self._gone = self._closing = False

    def put(self, frame: str | bytes) -> None:
        """Queue a frame; a peer too far behind is treated as gone, and what is sent to it is dropped."""
        if self._gone:
            return
        self._queued_bytes += len(frame)
        self._queue.append(frame)
        self._sent.clear()
        self._to_send.set()
        if self._queued_bytes > MAX_QUEUED_BYTES:
            self._give_up()

    async def aclose(self, code: int, reason: str) -> None:
        """Send what is queued (at most FLUSH_WAIT_S), then close the socket; closing twice is fine."""
        self._closing = True
        try:
            async with asyncio.timeout(FLUSH_WAIT_S):
                await self._sent.wait()
        except TimeoutError:
            self._give_up()
        await self._socket.aclose(code, close_reason(reason))

    async def _send_queued(self) -> None:
        """Send in order until the peer is gone; who still speaks but hears nothing is let go, and may come back."""
        while not self._gone:
            await self._to_send.wait()
            self._to_send.clear()
            while self._queue:
                frame = self._queue.popleft()
                self._queued_bytes -= len(frame)
                try:
                    async with asyncio.timeout(SEND_WAIT_S):
                        await self._socket.send(frame)
                except (TransportClosed, TimeoutError):
                    self._give_up()
            self._sent.set()
        if not self._closing:
            await self._socket.aclose(CloseCode.TRY_AGAIN, "what was sent was not read")

    def _give_up(self) -> None:
        self._gone = True
        self._queue.clear()
        self._queued_bytes = 0
        self._sent.set()
        self._to_send.set()


@asynccontextmanager
async def open_outbox(socket: Socket) -> AsyncIterator[Outbox]:
    """The outbox of an accepted socket; leaving the context stops its sending task."""
    outbox = Outbox(socket)
    async with asyncio.TaskGroup() as tasks:
        sender = tasks.create_task(outbox._send_queued())
        try:
            yield outbox
        finally:
            sender.cancel()
