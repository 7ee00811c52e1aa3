"""The /millis protocol as a leg: what SDK, widget and native clients speak (PROTOCOL.md)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from callcore.errors import RemoteProtocolError
from callcore.wire.client import (
    MAX_BINARY_FRAME_BYTES,
    SAMPLE_RATE_HZ,
    CloseCode,
    Initiate,
    ServerMessage,
    to_wire,
)
from media_worker.ports.leg import LegEvent
from media_worker.ports.socket import Peer, Socket
from media_worker.transports.client_messages import ClientMessages
from media_worker.transports.outbox import Outbox, open_outbox

INITIATE_WAIT_S = 120.0
"""Some clients open the socket long before the user presses the button (protocol.md 2.2)."""


class MillisLeg:
    """One client. Made by `open_leg`."""

    def __init__(self, socket: Socket, outbox: Outbox) -> None:
        self._socket = socket
        self._outbox = outbox
        self._odd = b""
        self._messages = ClientMessages(self.send)

    @property
    def peer(self) -> Peer:
        """Who is at the other end."""
        return self._socket.peer

    @property
    def sample_rate_hz(self) -> int:
        """Fixed by the protocol."""
        return SAMPLE_RATE_HZ

    async def initiate(self) -> Initiate:
        """Wait for the first message; whatever comes before it is dropped.

        Raises TransportClosed, and RemoteProtocolError when it does not come or is malformed.
        """
        try:
            async with asyncio.timeout(INITIATE_WAIT_S):
                while True:
                    received = await self._receive()
                    # At once: whoever has not said what he wants must not fill the worker's memory meanwhile.
                    self._messages.events.clear()
                    if isinstance(received, Initiate):
                        return received
        except TimeoutError:
            raise RemoteProtocolError("no initiate message came in time") from None

    async def receive(self) -> bytes | LegEvent:
        """The user's next audio or event. Raises TransportClosed, RemoteProtocolError."""
        while not self._messages.events:
            received = await self._receive()
            if isinstance(received, bytes) and received:
                return received
        return self._messages.events.popleft()

    async def _receive(self) -> bytes | Initiate | None:
        """Audio, an `initiate`, or None: anything else is dealt with, or waits among the messages' events."""
        message = await self._socket.receive()
        return self._whole_samples(message) if isinstance(message, bytes) else self._messages.take(message)

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
        self._outbox.put(message if isinstance(message, bytes) else to_wire(message))

    async def aclose(self, code: int, reason: str) -> None:
        """Send what is queued, then close."""
        await self._outbox.aclose(code, reason)


@asynccontextmanager
async def open_leg(socket: Socket) -> AsyncIterator[MillisLeg]:
    """A leg on an accepted socket; leaving the context stops its sending task."""
    async with open_outbox(socket) as outbox:
        yield MillisLeg(socket, outbox)
