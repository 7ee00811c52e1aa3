"""An RTP stream as a leg (telephony.md 3.4); whoever signals it, SIP or a test, brings the terms.

Nothing but datagrams and the playout clock moves it: what comes is heard at once, what is sent goes out with the clock.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from callcore.clock import Clock
from callcore.errors import TransportClosed
from callcore.wire.client import Clear, CloseCode, Pause, ServerMessage, Unpause
from media_worker.media.jitter_buffer import Arrivals
from media_worker.media.rtp import is_rtcp, parse_rtp
from media_worker.ports.leg import KeyPressed, LegEvent, PlaybackLate, PutOnHold, TakenOffHold
from media_worker.transports.rtp.control import Control
from media_worker.transports.rtp.incoming import Incoming
from media_worker.transports.rtp.keypad import Keypad
from media_worker.transports.rtp.latch import Latch
from media_worker.transports.rtp.outgoing import Outgoing
from media_worker.transports.rtp.ports import OnDatagram
from media_worker.transports.rtp.terms import Address, RtpTerms

SILENCE_WAIT_S = 60.0
"""A peer that may send and has sent nothing for so long is gone; some send nothing while their caller listens.
On hold many send nothing: how long that may last is the conversation's to say."""
FLUSH_WAIT_S = 1.0
MAX_UNREAD = 1000
"""Pieces of audio and keys that the session has not taken: 20 s of packets. What comes then is dropped."""
TOLD_S = 0.01
"""How late the peer plays is told anew when it has changed by more."""
DEAD = 1006


class PlayoutClock(Protocol):
    """Calls what is added to it every 20 ms."""

    def add(self, tick: Callable[[float], None]) -> None:
        """From now on, with the time in monotonic seconds."""
        ...

    def remove(self, tick: Callable[[float], None]) -> None:
        """Not any more."""
        ...


class Ports(Protocol):
    """Where datagrams of one stream come in and go out."""

    def listen(self, on_rtp: OnDatagram, on_rtcp: OnDatagram) -> None:
        """Who takes what comes from now on."""
        ...

    def send_rtp(self, datagram: bytes, target: Address) -> None:
        """From the port that receives RTP; what cannot be sent is lost."""
        ...

    def send_rtcp(self, datagram: bytes, target: Address) -> None:
        """From the port that receives RTCP; what cannot be sent is lost."""
        ...


@dataclass(frozen=True)
class RtpStatistics:
    """How well a stream has gone so far."""

    sent: int
    received: int
    lost: int
    """Packets of the peer's present source that have not come."""
    jitter_s: float
    refused: int
    """Packets of sources that are not the peer."""
    arrivals: Arrivals
    remote_fraction_lost: float
    """Of what we sent lately, as the peer reports."""
    remote_jitter_s: float
    round_trip_s: float | None

    def to_metrics(self) -> dict[str, Any]:
        """`call_metrics.network` of a call."""
        return {
            "packets_sent": self.sent,
            "packets_received": self.received,
            "packets_lost": self.lost,
            "packets_late": self.arrivals.late,
            "packets_refused": self.refused,
            "jitter_ms": _ms(self.jitter_s),
            "remote_lost_percent": round(100 * self.remote_fraction_lost, 1),
            "remote_jitter_ms": _ms(self.remote_jitter_s),
            "round_trip_ms": None if self.round_trip_s is None else _ms(self.round_trip_s),
        }


def _ms(seconds: float) -> float:
    return round(1000 * seconds, 1)


class RtpLeg:
    """One stream in both directions. Made by `open_leg`."""

    def __init__(self, ports: Ports, terms: RtpTerms, clock: Clock, rate_hz: int | None = None) -> None:
        """`rate_hz` is that of its audio for all of the call; None: that of the codec in the first terms."""
        now = clock.monotonic_s()
        self._ports, self._terms, self._clock = ports, terms, clock
        self._on_hold = not (terms.sends or terms.receives)
        """The peer has turned away: what comes is nobody's talk with us, but music."""
        self._latch = Latch(terms, now)
        self._rate_hz = rate_hz or terms.codec.rate_hz
        self._incoming, self._outgoing = Incoming(terms, self._rate_hz), Outgoing(terms, self._rate_hz)
        self._keypad = Keypad()
        self._control = Control(self._incoming, self._outgoing, now)
        self._rtcp_source: Address | None = None
        self._unread: deque[bytes | LegEvent] = deque([PutOnHold()] if self._on_hold else ())
        self._something = asyncio.Event()
        """There is something to receive, or nothing will come any more."""
        self._sent = asyncio.Event()
        """All that was queued has been sent."""
        self._closed: TransportClosed | None = None
        self._heard_at = now
        self._told_late_s = 0.0
        ports.listen(self._on_rtp, self._on_rtcp)

    @property
    def sample_rate_hz(self) -> int:
        """A telephone's, or twice that where the first terms said so."""
        return self._rate_hz

    @property
    def statistics(self) -> RtpStatistics:
        """As they are now."""
        reception, control = self._incoming.reception, self._control
        return RtpStatistics(
            sent=self._outgoing.packets,
            received=reception.received,
            lost=reception.lost,
            jitter_s=reception.jitter_s,
            refused=self._latch.refused,
            arrivals=self._incoming.arrivals,
            remote_fraction_lost=control.remote_fraction_lost,
            remote_jitter_s=control.remote_jitter_s,
            round_trip_s=control.round_trip_s,
        )

    # --- what the session does ------------------------------------------------------------------

    async def receive(self) -> bytes | LegEvent:
        """The caller's next audio or event. Raises TransportClosed."""
        while not self._unread:
            if self._closed is not None:
                raise self._closed
            self._something.clear()
            await self._something.wait()
        return self._unread.popleft()

    def send(self, message: bytes | ServerMessage) -> None:
        """Queue agent audio; of the control messages a telephone knows those about playback."""
        match message:
            case bytes():
                if self._closed is None:
                    self._outgoing.add(message)
            case Pause():
                self._outgoing.hold()
            case Unpause():
                self._outgoing.release()
            case Clear():
                self._outgoing.clear()

    async def aclose(self, code: int, reason: str) -> None:
        """Send what is queued (at most 1 s), then say that nothing follows; closing twice is fine."""
        if self._closed is not None:
            return
        if not self._outgoing.empty:
            self._sent.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FLUSH_WAIT_S):
                    await self._sent.wait()
        self._end(code, reason)

    # --- what the signalling does ---------------------------------------------------------------

    def renegotiate(self, terms: RtpTerms) -> None:
        """Both ends have agreed on other terms: these hold from the next packet on."""
        now = self._clock.monotonic_s()
        was_on_hold = self._on_hold
        # Who only ever spoke, and never listened, has not turned away.
        self._on_hold = not terms.sends and (self._terms.sends or was_on_hold or not terms.receives)
        self._terms = terms
        self._heard_at = now
        self._latch.renegotiate(terms, now)
        self._incoming.renegotiate(terms)
        self._keypad.renegotiated()
        self._outgoing.renegotiate(terms, on_hold=self._on_hold)
        if self._on_hold is not was_on_hold:
            self._hear(PutOnHold() if self._on_hold else TakenOffHold())

    def press(self, key: str) -> None:
        """The caller pressed a key, and the signalling tells it (SIP INFO), perhaps beside its RTP."""
        if not self._on_hold and self._keypad.signalled(key, self._clock.monotonic_s()):
            self._hear(KeyPressed(key))

    def dial(self, keys: str) -> bool:
        """Press keys of ours, in place of what would sound meanwhile; False: the peer takes none but tones."""
        if self._terms.event_payload_type is None:
            return False
        self._outgoing.press(keys)
        return True

    def hang_up(self, reason: str = "the caller hung up") -> None:
        """The peer has ended the call: `receive` gives what has come, and then raises TransportClosed."""
        self._end(CloseCode.NORMAL, reason)

    # --- what the network and the clock do ------------------------------------------------------

    def _on_rtp(self, datagram: bytes, source: Address) -> None:
        if is_rtcp(datagram):
            return self._on_rtcp(datagram, source, own_port=False)
        packet = parse_rtp(datagram)
        if packet is None or not self._terms.receives or self._closed is not None:
            return
        now = self._clock.monotonic_s()
        # What nobody agreed on, comfort noise say, opens nothing; of the peer it takes its place among its packets.
        if self._incoming.understands(packet):
            is_peer = self._latch.accepts(source, now)
        else:
            is_peer = self._latch.latched and source == self._latch.target
        if not is_peer:
            return
        self._heard_at = now
        key = self._incoming.put(packet, now)
        self._hear_audio(now)
        if key is not None and not self._on_hold and self._keypad.event(key, now):
            self._hear(KeyPressed(key))

    def _on_rtcp(self, datagram: bytes, source: Address, *, own_port: bool = True) -> None:
        if self._closed is not None or not self._latch.knows(source):
            return
        now = self._clock.monotonic_s()
        if not self._control.take(datagram, now, self._clock.unix_s()):
            return
        self._heard_at = now
        if own_port:
            self._rtcp_source = source
        trip_s = self._control.round_trip_s
        if trip_s is not None and abs(trip_s / 2 - self._told_late_s) > TOLD_S:
            self._told_late_s = trip_s / 2
            self._hear(PlaybackLate(self._told_late_s))

    def tick(self, now: float) -> None:
        """The playout clock's, every 20 ms."""
        if self._closed is not None:
            return
        self._hear_audio(now)
        # When everybody has had his turn: what a session sends in this round is heard in this round.
        asyncio.get_running_loop().call_soon(self._send_due, now)
        report = self._control.due(now, self._clock.unix_s())
        if report is not None:
            self._send_rtcp(report)
        if self._terms.receives and not self._on_hold and now - self._heard_at > SILENCE_WAIT_S:
            self._end(DEAD, "no audio came")

    def _send_due(self, now: float) -> None:
        target = self._latch.target
        for packet in self._outgoing.due(now):
            if target is not None and self._closed is None:
                self._ports.send_rtp(packet.to_wire(), target)
        if self._outgoing.empty:
            self._sent.set()

    def _hear_audio(self, now: float) -> None:
        audio = self._incoming.take(now)
        if audio and not self._on_hold:
            self._hear(audio)

    def _hear(self, received: bytes | LegEvent) -> None:
        if self._closed is None and len(self._unread) < MAX_UNREAD:
            self._unread.append(received)
            self._something.set()

    def _send_rtcp(self, datagram: bytes) -> None:
        """To where the peer's comes from; else to where it said (RFC 3550, section 11)."""
        if self._terms.rtcp_mux:
            if self._latch.target is not None:
                self._ports.send_rtp(datagram, self._latch.target)
        elif (target := self._rtcp_source or self._terms.rtcp) is not None:
            self._ports.send_rtcp(datagram, target)

    def _end(self, code: int, reason: str) -> None:
        if self._closed is None:
            self._send_rtcp(self._control.bye(self._clock.monotonic_s(), self._clock.unix_s()))
            self._closed = TransportClosed(code, reason)
            self._sent.set()
            self._something.set()


@asynccontextmanager
async def open_leg(ports: Ports, terms: RtpTerms, playout_clock: PlayoutClock, clock: Clock) -> AsyncIterator[RtpLeg]:
    """A leg on two open ports; leaving the context ends it."""
    leg = RtpLeg(ports, terms, clock)
    playout_clock.add(leg.tick)
    try:
        yield leg
    finally:
        playout_clock.remove(leg.tick)
        leg.hang_up("the leg is closed")
