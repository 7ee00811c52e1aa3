"""A Twilio call as a leg: its media stream (telephony.md 1.4)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from callcore.clock import Clock
from callcore.errors import RemoteProtocolError, TransportClosed
from callcore.phones.phone import Carrier
from callcore.telephony.streams import PhoneStream
from callcore.wire.client import Clear, CloseCode, Pause, ServerMessage, Unpause
from media_worker.media.g711 import mu_law
from media_worker.media.gaps import Gaps
from media_worker.ports.leg import KeyPressed, LegEvent, PlaybackLate
from media_worker.ports.socket import Peer, Socket
from media_worker.transports import twilio_frames as frames
from media_worker.transports.carrier_frames import Key
from media_worker.transports.outbox import Outbox, open_outbox
from media_worker.transports.remote_playback import RemotePlayback

START_WAIT_S = 10.0
"""For `start` after the socket was opened."""
SILENCE_WAIT_S = 30.0
"""Twilio sends a frame every 20 ms, whoever speaks: without any for this long the stream is dead."""
DEAD = 1006


class TwilioLeg:
    """One media stream. Made by `open_leg`; `start` first."""

    def __init__(self, socket: Socket, outbox: Outbox, clock: Clock) -> None:
        self._socket, self._outbox, self._clock = socket, outbox, clock
        self._stream_sid = ""
        self._gaps = Gaps(frames.SAMPLE_RATE_HZ)
        self._playback = RemotePlayback(frames.SAMPLE_RATE_HZ)

    @property
    def peer(self) -> Peer:
        """Who is at the other end."""
        return self._socket.peer

    @property
    def sample_rate_hz(self) -> int:
        """A telephone's."""
        return frames.SAMPLE_RATE_HZ

    async def start(self) -> PhoneStream:
        """Wait for the stream's first frames; who asks for a session.

        Raises TransportClosed, and RemoteProtocolError when they do not come or are malformed.
        """
        try:
            async with asyncio.timeout(START_WAIT_S):
                while not isinstance(start := await self._receive(), frames.StreamStart):
                    pass
        except TimeoutError:
            raise RemoteProtocolError("no start came in time") from None
        self._stream_sid = start.stream_sid
        return PhoneStream(Carrier.TWILIO, start.parameters, start.call_sid, start.account_sid or None)

    async def receive(self) -> bytes | LegEvent:
        """The caller's next audio or event. Raises TransportClosed, RemoteProtocolError."""
        while True:
            try:
                async with asyncio.timeout(SILENCE_WAIT_S):
                    frame = await self._receive()
            except TimeoutError:
                raise TransportClosed(DEAD, "no audio came") from None
            received = self._taken(frame)
            if received is not None:
                return received

    def _taken(self, frame: frames.Frame | None) -> bytes | LegEvent | None:
        match frame:
            case frames.Sound(codes, at_ms):
                silence = self._gaps.before(at_ms, len(codes))
                return None if silence is None or not codes else bytes(2 * silence) + mu_law().decode(codes)
            case Key(key):
                return KeyPressed(key)
            case frames.Mark(name):
                late_s = self._playback.returned(name, self._clock.monotonic_s())
                return None if late_s is None else PlaybackLate(late_s)
            case frames.Stop():
                raise TransportClosed(CloseCode.NORMAL, "the stream has stopped")
        return None

    async def _receive(self) -> frames.Frame | None:
        message = await self._socket.receive()
        if isinstance(message, bytes):
            raise RemoteProtocolError("a media stream has text frames only")
        return frames.parse(message)

    def send(self, message: bytes | ServerMessage) -> None:
        """Queue agent audio; of the control messages a telephone knows those about playback."""
        match message:
            case bytes():
                self._play(mu_law().encode(message))
            case Pause():
                self._playback.hold(self._clock.monotonic_s())
                self._outbox.put(frames.clear(self._stream_sid))
            case Unpause():
                self._play(self._playback.release())
            case Clear():
                self._playback.drop()
                self._outbox.put(frames.clear(self._stream_sid))

    def _play(self, codes: bytes) -> None:
        if codes:
            self._outbox.put(frames.media(self._stream_sid, codes))
            name = self._playback.sent(codes, self._clock.monotonic_s())
            if name is not None:
                self._outbox.put(frames.mark(self._stream_sid, name))

    async def aclose(self, code: int, reason: str) -> None:
        """Send what is queued, then close; Twilio goes on with the next verb of its TwiML."""
        await self._outbox.aclose(code, reason)


@asynccontextmanager
async def open_leg(socket: Socket, clock: Clock) -> AsyncIterator[TwilioLeg]:
    """A leg on an accepted socket; leaving the context stops its sending task."""
    async with open_outbox(socket) as outbox:
        yield TwilioLeg(socket, outbox, clock)
