"""A Vonage call as a leg: its WebSocket (telephony.md 2.4)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from callcore.clock import Clock
from callcore.errors import RemoteProtocolError, TransportClosed
from callcore.phones.phone import Carrier
from callcore.telephony.streams import PhoneStream
from callcore.wire.client import Clear, Pause, ServerMessage, Unpause
from media_worker.ports.leg import KeyPressed, LegEvent, PlaybackLate
from media_worker.ports.socket import Peer, Socket
from media_worker.transports import vonage_frames as frames
from media_worker.transports.carrier_frames import Key
from media_worker.transports.outbox import Outbox, open_outbox
from media_worker.transports.remote_playback import RemotePlayback

CONNECTED_WAIT_S = 10.0
"""For the first frame after the socket was opened."""
SILENCE_WAIT_S = 30.0
"""Vonage sends a frame every 20 ms, whoever speaks: without any for this long the socket is dead."""
PAD_AFTER_S = 0.03
"""An unfinished frame that nothing follows for this long is the end of a reply."""
DEAD = 1006


class VonageLeg:
    """One socket. Made by `open_leg`; `start` first."""

    def __init__(self, socket: Socket, outbox: Outbox, clock: Clock) -> None:
        self._socket, self._outbox, self._clock = socket, outbox, clock
        self._playback = RemotePlayback(2 * frames.SAMPLE_RATE_HZ)
        self._rest = b""
        """What does not fill a frame yet."""
        self._padding: asyncio.TimerHandle | None = None

    @property
    def peer(self) -> Peer:
        """Who is at the other end."""
        return self._socket.peer

    @property
    def sample_rate_hz(self) -> int:
        """As our NCCO asks for it."""
        return frames.SAMPLE_RATE_HZ

    async def start(self) -> PhoneStream:
        """Wait for the first frame; who asks for a session. Audio before it is dropped.

        Raises TransportClosed, and RemoteProtocolError when it does not come or is malformed.
        """
        try:
            async with asyncio.timeout(CONNECTED_WAIT_S):
                while True:
                    message = await self._socket.receive()
                    if isinstance(message, str) and isinstance(first := frames.parse(message), frames.Connected):
                        return PhoneStream(Carrier.VONAGE, first.parameters)
        except TimeoutError:
            raise RemoteProtocolError("no websocket:connected came in time") from None

    async def receive(self) -> bytes | LegEvent:
        """The caller's next audio or event. Raises TransportClosed, RemoteProtocolError."""
        while True:
            try:
                async with asyncio.timeout(SILENCE_WAIT_S):
                    message = await self._socket.receive()
            except TimeoutError:
                raise TransportClosed(DEAD, "no audio came") from None
            received = _sound(message) if isinstance(message, bytes) else self._event(message)
            if received:
                return received

    def _event(self, text: str) -> LegEvent | None:
        match frames.parse(text):
            case Key(key):
                return KeyPressed(key)
            case frames.Notify(name):
                late_s = self._playback.returned(name, self._clock.monotonic_s())
                return None if late_s is None else PlaybackLate(late_s)
        return None

    def send(self, message: bytes | ServerMessage) -> None:
        """Queue agent audio; of the control messages a telephone knows those about playback."""
        match message:
            case bytes():
                self._play(message)
            case Pause():
                self._stop_padding()
                self._playback.hold(self._clock.monotonic_s())
                self._outbox.put(frames.clear())
            case Unpause():
                rest, self._rest = self._rest, b""
                self._play(self._playback.release() + rest)
            case Clear():
                self._stop_padding()
                self._rest = b""
                self._playback.drop()
                self._outbox.put(frames.clear())

    def _play(self, pcm: bytes) -> None:
        """Send whole frames; the rest waits for more audio, or for the end of the reply."""
        self._stop_padding()
        audio = self._rest + pcm
        whole = len(audio) - len(audio) % frames.FRAME_BYTES
        self._rest = audio[whole:]
        for start in range(0, whole, frames.FRAME_BYTES):
            self._outbox.put(audio[start : start + frames.FRAME_BYTES])
        name = self._playback.sent(audio[:whole], self._clock.monotonic_s())
        if name is not None:
            self._outbox.put(frames.notify(name))
        if self._rest:
            self._padding = asyncio.get_running_loop().call_later(PAD_AFTER_S, self._pad)

    def _pad(self) -> None:
        if self._rest:
            self._play(bytes(frames.FRAME_BYTES - len(self._rest)))

    def _stop_padding(self) -> None:
        if self._padding is not None:
            self._padding.cancel()

    async def aclose(self, code: int, reason: str) -> None:
        """Send what is queued, then close; Vonage goes on with the next action of its NCCO."""
        self._pad()
        self._stop_padding()
        await self._outbox.aclose(code, reason)


def _sound(pcm: bytes) -> bytes:
    if len(pcm) > frames.MAX_AUDIO_BYTES:
        raise RemoteProtocolError("a binary frame is too large", 1009)
    return pcm[: len(pcm) & ~1]


@asynccontextmanager
async def open_leg(socket: Socket, clock: Clock) -> AsyncIterator[VonageLeg]:
    """A leg on an accepted socket; leaving the context stops its sending task."""
    async with open_outbox(socket) as outbox:
        leg = VonageLeg(socket, outbox, clock)
        try:
            yield leg
        finally:
            leg._stop_padding()
