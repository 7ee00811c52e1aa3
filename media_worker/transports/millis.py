"""The /millis protocol as a leg: what SDK, widget and native clients speak (PROTOCOL.md)."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from callcore.errors import RemoteProtocolError
from callcore.wire.client import (
    MAX_BINARY_FRAME_BYTES,
    MAX_TEXT_FRAME_BYTES,
    MAX_TYPED_CHARS,
    SAMPLE_RATE_HZ,
    AiAction,
    CloseCode,
    Dtmf,
    FunctionResult,
    Initiate,
    Ping,
    Pong,
    ServerMessage,
    UserText,
    Voice,
    parse_client_message,
    to_wire,
)
from media_worker.ports.leg import FormReturned, KeyPressed, LegEvent, TypedText, VoiceWanted
from media_worker.ports.socket import Peer, Socket
from media_worker.transports.outbox import Outbox, open_outbox

INITIATE_WAIT_S = 120.0
"""Some clients open the socket long before the user presses the button (protocol.md 2.2)."""


class MillisLeg:
    """One client. Made by `open_leg`."""

    def __init__(self, socket: Socket, outbox: Outbox) -> None:
        self._socket = socket
        self._outbox = outbox
        self._odd = b""
        self._events: deque[LegEvent] = deque()
        """Of the message that was received last, and not handed on yet."""

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
                    if isinstance(received, Initiate):
                        self._events.clear()
                        return received
        except TimeoutError:
            raise RemoteProtocolError("no initiate message came in time") from None

    async def receive(self) -> bytes | LegEvent:
        """The user's next audio or event. Raises TransportClosed, RemoteProtocolError."""
        while not self._events:
            received = await self._receive()
            if isinstance(received, bytes) and received:
                return received
        return self._events.popleft()

    async def _receive(self) -> bytes | Initiate | None:
        """Audio, an `initiate`, or None: anything else is dealt with here, or waits in `_events`."""
        message = await self._socket.receive()
        if isinstance(message, bytes):
            return self._whole_samples(message)
        if len(message.encode()) > MAX_TEXT_FRAME_BYTES:
            raise RemoteProtocolError("a text frame is too large", CloseCode.TOO_BIG)
        parsed = parse_client_message(message)
        match parsed:
            case Initiate():
                return parsed
            case Ping(data):
                self.send(Pong(data))
            case FunctionResult(call_id, values):
                self._events.append(FormReturned(call_id, values))
            case UserText(text):
                self._typed(text.strip())
            case Dtmf(keys):
                self._events.extend(map(KeyPressed, keys))
            case Voice(on):
                self._events.append(VoiceWanted(on))
        return None

    def _typed(self, text: str) -> None:
        if len(text) > MAX_TYPED_CHARS:
            self.send(AiAction(f"user_text was not taken: it is longer than {MAX_TYPED_CHARS} characters"))
        elif text:
            self._events.append(TypedText(text))

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
