"""A peer of WebRTC as a leg: its voice over RTP, its messages over a data channel."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from typing import Protocol

from callcore.clock import Clock
from callcore.errors import RemoteProtocolError, TransportClosed
from callcore.wire.client import Clear, CloseCode, Pause, ServerMessage, Unpause, to_wire
from media_worker.media.jitter_buffer import Arrivals
from media_worker.media.rtp import RtpPacket
from media_worker.ports.leg import ConnectionBack, ConnectionLost, LegEvent, PlaybackLate
from media_worker.transports.client_messages import ClientMessages
from media_worker.transports.webrtc.codecs import SAMPLE_RATE_HZ, Codec, nothing_more
from media_worker.transports.webrtc.hearing import Hearing
from media_worker.transports.webrtc.playback import Playback

CONNECT_S = 10.0
"""From the answer on; a browser needs a tenth of a second, and gives up after fifteen."""
LOST_S = 2.0
"""A peer that spoke and of which nothing came for so long is lost, and may be back."""
DEAD_S = 10.0
"""A peer of which nothing came for so long is gone: it sends checks at the least (RFC 7675 5.1: every 5 s)."""
MAX_RECEIVED = 500
"""Frames and events that nobody takes; the session takes them at once."""
FLUSH_WAIT_S = 1.0
QUIET_FRAMES = 10
"""So much silence is encoded, until the last sound is out of every buffer on the way; it is not encoded again then."""
REMINDER_FRAMES = 20
"""Of 400 ms: so often a listener is told that there is nothing to be heard (RFC 7587 3.1.3)."""
HELD_BY_PEER_S = 0.050
"""How long a browser holds what has come before it sounds: two frames in its jitter buffer, and one in its output."""
LATE_STEP_S = 0.020
"""A smaller change of how late the peer hears is not told."""
DEAD = 1006


class Wire(Protocol):
    """What the leg needs of a connection."""

    @property
    def datagrams(self) -> int:
        """How many have come."""
        ...

    def send_audio(self, payload: bytes, at: int, clock_hz: int) -> None:
        """One encoded frame, at this sample of the codec's clock."""
        ...

    def send_text(self, text: str) -> None:
        """A message."""
        ...

    async def aclose(self) -> None:
        """Send what waits, and close."""
        ...


class WebRtcLeg:
    """One peer. It listens to a connection; `use` it when there is an answer, and call `tick` every 20 ms."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._hearing = Hearing()
        self._playback = Playback(SAMPLE_RATE_HZ)
        self._messages = ClientMessages(self.send)
        self._received: deque[bytes | LegEvent] = deque(maxlen=MAX_RECEIVED)
        self._news = asyncio.Event()
        self._opened = asyncio.Event()
        self._flushed = asyncio.Event()
        """Set whenever all that was queued has been sent."""
        self._over: Callable[[], TransportClosed | RemoteProtocolError] | None = None
        """Makes the error that tells the end: one that is raised and kept holds the whole call by its traceback."""
        self._wire: Wire | None = None
        self._codec: Codec | None = None
        self._silence = b""
        self._quiet_frames = 0
        self._frames = 0
        self._seen = (0, 0.0)
        """How many datagrams had come, and when that was looked at first."""
        self._came = self._spoke = self._lost = False
        self._late_s = 0.0

    @property
    def sample_rate_hz(self) -> int:
        """Of both directions, whatever the network carries."""
        return SAMPLE_RATE_HZ

    @property
    def arrivals(self) -> Arrivals:
        """What has become of the peer's packets."""
        return self._hearing.arrivals

    def use(self, wire: Wire, codecs: Mapping[int, Codec], *, speaks: bool) -> None:
        """The connection, and what was agreed on; `speaks`: the peer takes our voice, in the first of the codecs."""
        self._wire = wire
        self._hearing.agree(codecs)
        self._codec = next(iter(codecs.values())) if speaks else None
        self._seen = (wire.datagrams, self._clock.monotonic_s())

    def let_go(self) -> None:
        """The call is over: its connection and codecs are free, however long the leg is still referred to."""
        self._wire = self._codec = None
        self._hearing.agree({})

    @property
    def has_come(self) -> bool:
        """The peer has connected, even if it is gone again."""
        return self._came

    async def connected(self) -> None:
        """Return when the peer is there. Raises TransportClosed when it does not come."""
        try:
            async with asyncio.timeout(CONNECT_S):
                await self._opened.wait()
        except TimeoutError:
            raise TransportClosed(DEAD, "the peer did not connect") from None
        if self._over is not None:
            raise self._over()

    def measured(self, round_trip_s: float | None) -> None:
        """How long a packet needs there and back, as far as is known: so late the peer hears what is sent."""
        late_s = HELD_BY_PEER_S + (round_trip_s or 0.0) / 2
        if self._opened.is_set() and abs(late_s - self._late_s) >= LATE_STEP_S:
            self._late_s = late_s
            self._give(PlaybackLate(late_s))

    # --- what the connection tells --------------------------------------------------------------

    def opened(self) -> None:
        """The peer is there."""
        self._seen = (self._seen[0], self._clock.monotonic_s())
        self._came = True
        self._opened.set()

    def took(self, packet: RtpPacket) -> None:
        """A packet of the peer's voice."""
        self._spoke = True
        self._give(self._hearing.put(packet, self._clock.monotonic_s()))

    def told(self, text: str) -> None:
        """A message of the peer's."""
        try:
            self._messages.take(text)
        except RemoteProtocolError as error:
            self._end(partial(RemoteProtocolError, str(error), error.close_code))
        while self._messages.events:
            self._give(self._messages.events.popleft())

    def closed(self, *, by_peer: bool) -> None:
        """The connection is over."""
        self._end(partial(TransportClosed, CloseCode.NORMAL if by_peer else DEAD))

    def _give(self, what: bytes | LegEvent) -> None:
        if what:
            self._received.append(what)
            self._news.set()

    def _end(self, why: Callable[[], TransportClosed | RemoteProtocolError]) -> None:
        self._over = self._over or why
        self._opened.set()
        self._flushed.set()
        self._news.set()

    # --- the leg --------------------------------------------------------------------------------

    async def receive(self) -> bytes | LegEvent:
        """The user's next audio or event. Raises TransportClosed, RemoteProtocolError."""
        while not self._received:
            if self._over is not None:
                raise self._over()
            self._news.clear()
            await self._news.wait()
        return self._received.popleft()

    def send(self, message: bytes | ServerMessage) -> None:
        """Queue agent audio, which is paced here, or a message. After the end it does nothing."""
        match message:
            case bytes():
                return self._playback.add(message)
            case Pause():
                self._playback.hold()
            case Unpause():
                self._playback.release()
            case Clear():
                self._playback.drop()
        if self._wire is not None and self._over is None:
            self._wire.send_text(to_wire(message))

    async def aclose(self, code: int, reason: str) -> None:
        """Send what waits (at most 1 s), then close; why, the messages before have told. Closing twice is fine."""
        if self._over is None and self._codec is not None and not self._playback.empty:
            self._flushed.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FLUSH_WAIT_S):
                    await self._flushed.wait()
        self._end(partial(TransportClosed, code, reason))
        if self._wire is not None:
            await self._wire.aclose()

    # --- the media loop -------------------------------------------------------------------------

    def tick(self, now: float) -> None:
        """Hear what waited long enough, watch the connection, and send the next frame after this round."""
        self._give(self._hearing.take(now))
        self._watch(now)
        if self._codec is not None and self._opened.is_set() and self._over is None:
            # When everybody has had his turn: what a session sends in this round is heard in this round.
            asyncio.get_running_loop().call_soon(self._send_frame, self._codec)

    def _watch(self, now: float) -> None:
        datagrams = self._wire.datagrams if self._wire is not None else 0
        count, since = self._seen
        if datagrams != count:
            self._seen = (datagrams, now)
            if self._lost:
                self._lost = False
                self._give(ConnectionBack())
        elif self._opened.is_set() and now - since > DEAD_S:
            self._end(partial(TransportClosed, DEAD, "nothing came from the peer"))
        elif self._spoke and not self._lost and now - since > LOST_S:
            self._lost = True
            self._give(ConnectionLost())

    def _send_frame(self, codec: Codec) -> None:
        if self._wire is None or self._over is not None:
            return
        pcm = self._playback.take()
        self._quiet_frames = 0 if pcm is not None else self._quiet_frames + 1
        payload = self._spoken(pcm, codec) if self._quiet_frames <= QUIET_FRAMES else self._kept_quiet(codec)
        if payload is not None:
            self._wire.send_audio(payload, self._frames * codec.clock_hz // 50, codec.clock_hz)
        self._frames += 1

    def _spoken(self, pcm: bytes | None, codec: Codec) -> bytes:
        self._silence = codec.encode(pcm or bytes(SAMPLE_RATE_HZ * 2 // 50))
        return self._silence

    def _kept_quiet(self, codec: Codec) -> bytes | None:
        """What to send in place of more silence; None: nothing."""
        reminder = nothing_more(codec, self._silence)
        if reminder is None:
            return self._silence
        return reminder if (self._quiet_frames - QUIET_FRAMES) % REMINDER_FRAMES == 1 else None
