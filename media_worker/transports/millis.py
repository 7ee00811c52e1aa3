"""The /millis protocol as a leg: what SDK, widget and native clients speak (PROTOCOL.md)."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from callcore.errors import RemoteProtocolError, TransportClosed
from callcore.wire.client import (
    MAX_BINARY_FRAME_BYTES,
    MAX_TEXT_FRAME_BYTES,
    SAMPLE_RATE_HZ,
    CloseCode,
    FunctionResult,
    Initiate,
    Ping,
    Pong,
    ServerMessage,
    close_reason,
    parse_client_message,
    to_wire,
)
from media_worker.ports.leg import FormReturned, LegEvent
from media_worker.ports.socket import Peer, Socket

INITIATE_WAIT_S = 120.0
"""Some clients open the socket long before the user presses the button (protocol.md 2.2)."""
SEND_WAIT_S = 10.0
"""A peer that does not read for this long is gone."""
FLUSH_WAIT_S = 1.0
MAX_QUEUED_BYTES = 1024 * 1024
"""30 seconds of audio; a peer that is this far behind is gone."""


class MillisLeg:
    """One client. Made by `open_leg`."""

    def __init__(self, socket: Socket) -> None:
        self._socket = socket
        self._queue: deque[str | bytes] = deque()
        self._queued_bytes = 0
        self._to_send = asyncio.Event()
        self._sent = asyncio.Event()
        self._sent.set()
        self._odd = b""
        self._gone = False

    @property
    def peer(self) -> Peer:
        """Who is at the other end."""
        return self._socket.peer

    @property
    def sample_rate_hz(self) -> int:
        """Fixed by the protocol."""
        return SAMPLE_RATE_HZ

    async def initiate(self) -> Initiate:
        """Wait for the first message; audio before it is dropped.

        Raises TransportClosed, and RemoteProtocolError when it does not come or is malformed.
        """
        try:
            async with asyncio.timeout(INITIATE_WAIT_S):
                while True:
                    received = await self._receive()
                    if isinstance(received, Initiate):
                        return received
        except TimeoutError:
            raise RemoteProtocolError("no initiate message came in time") from None

    async def receive(self) -> bytes | LegEvent:
        """The user's next audio or form. Raises TransportClosed, RemoteProtocolError."""
        while True:
            received = await self._receive()
            if isinstance(received, FormReturned) or (isinstance(received, bytes) and received):
                return received

    async def _receive(self) -> bytes | Initiate | FormReturned | None:
        """Audio, an `initiate`, a form, or None for anything that is dealt with here."""
        message = await self._socket.receive()
        if isinstance(message, bytes):
            return self._whole_samples(message)
        if len(message.encode()) > MAX_TEXT_FRAME_BYTES:
            raise RemoteProtocolError("a text frame is too large", CloseCode.TOO_BIG)
        parsed = parse_client_message(message)
        if isinstance(parsed, Ping):
            self.send(Pong(parsed.data))
        if isinstance(parsed, FunctionResult):
            return FormReturned(parsed.call_id, parsed.values)
        return parsed if isinstance(parsed, Initiate) else None

    def _whole_samples(self, pcm: bytes) -> bytes:
        """A frame may end in the middle of a sample ("chunk size: any"): the rest waits for the next one."""
        if len(pcm) > MAX_BINARY_FRAME_BYTES:
            raise RemoteProtocolError("a binary frame is too large", CloseCode.TOO_BIG)
        pcm = self._odd + pcm
        whole = len(pcm) & ~1
        self._odd = pcm[whole:]
        return pcm[:whole]

    def send(self, message: bytes | ServerMessage) -> None:
        """Queue audio or a message. Never waits; a peer too far behind is treated as gone."""
        if self._gone:
            return
        frame = message if isinstance(message, bytes) else to_wire(message)
        self._queued_bytes += len(frame)
        self._queue.append(frame)
        self._sent.clear()
        self._to_send.set()
        if self._queued_bytes > MAX_QUEUED_BYTES:
            self._give_up()

    async def aclose(self, code: int, reason: str) -> None:
        """Send what is queued, then close."""
        try:
            async with asyncio.timeout(FLUSH_WAIT_S):
                await self._sent.wait()
        except TimeoutError:
            self._give_up()
        await self._socket.aclose(code, close_reason(reason))

    async def _send_queued(self) -> None:
        """Send in order until the peer is gone."""
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

    def _give_up(self) -> None:
        self._gone = True
        self._queue.clear()
        self._queued_bytes = 0
        self._sent.set()
        self._to_send.set()


@asynccontextmanager
async def open_leg(socket: Socket) -> AsyncIterator[MillisLeg]:
    """A leg on an accepted socket; leaving the context stops its sending task."""
    leg = MillisLeg(socket)
    async with asyncio.TaskGroup() as tasks:
        sender = tasks.create_task(leg._send_queued())
        try:
            yield leg
        finally:
            sender.cancel()
