"""A connection to one peer, as aiortc makes it: the answer to an offer, then packets and messages in both directions.

aiortc carries ICE, DTLS, SRTP, RTCP and SCTP. What comes in is taken from it in front of its jitter buffer, whose delay
grows with every lost packet, and what goes out is given to it encoded. tests/contract/vendors/test_aiortc.py holds
every part of it that is not public.
"""

import asyncio
import logging
import re
from collections import deque
from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import av
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCDataChannel,
    RTCPeerConnection,
    RTCRtpReceiver,
    RTCSessionDescription,
    rtp,
)
from aiortc.exceptions import OperationError
from aiortc.rtcconfiguration import RTCBundlePolicy
from aiortc.sdp import candidate_from_sdp

from callcore.errors import InvalidInput
from media_worker.media.rtp import RtpPacket
from media_worker.transports.webrtc.codecs import Codec, new_codec
from media_worker.transports.webrtc.ice import Datagrams, listen_with
from media_worker.transports.webrtc.offer import Offer
from media_worker.transports.webrtc.terms import IceTerms

if TYPE_CHECKING:
    Encoded: TypeAlias = av.Packet[Any]

EVENTS = "events"
"""The data channel whose messages are those of /millis."""
MAX_UNOPENED = 200
"""Messages that wait for the channel; a peer that opens none never reads them."""
MAX_BUFFERED_BYTES = 1024 * 1024
"""A peer that is this far behind is gone."""
MAX_UNSENT_FRAMES = 10
FLUSH_S = 1.0
CLOSE_S = 5.0
JITTER_BUFFER = "_RTCRtpReceiver__jitter_buffer"
ROUND_TRIP = "_RTCRtpSender__rtt"
"""Of aiortc's receiver and sender; their names are mangled."""
_RTPMAP = re.compile(r"a=rtpmap:(\d+) (opus|PCMU|PCMA)/", re.IGNORECASE)
_CODECS = ("audio/opus", "audio/PCMU", "audio/PCMA")


log = logging.getLogger(__name__)


class Listener(Protocol):
    """Who is told what comes from the peer. It never waits."""

    def opened(self) -> None:
        """The peer is there: what is sent from now on arrives."""
        ...

    def took(self, packet: RtpPacket) -> None:
        """A packet of the peer's voice."""
        ...

    def told(self, text: str) -> None:
        """A message of the peer's."""
        ...

    def closed(self, *, by_peer: bool) -> None:
        """The connection is over."""
        ...


class Connection:
    """One peer's. `answer` it, and `aclose` it whatever happens."""

    def __init__(self, terms: IceTerms, listener: Listener) -> None:
        configuration = RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
        self._terms, self._listener = terms, listener
        self._peer = RTCPeerConnection(configuration)
        self._outgoing = _Outgoing()
        self._channel: RTCDataChannel | None = None
        self._unopened: deque[str] = deque(maxlen=MAX_UNOPENED)
        self._closing = False
        self._datagrams = Datagrams()
        self.codecs: Mapping[int, Codec] = {}
        """What was agreed on, by payload type, ours first."""

    @property
    def datagrams(self) -> int:
        """How many have come, whatever they were."""
        return self._datagrams.count

    @property
    def round_trip_s(self) -> float | None:
        """To the peer and back, smoothed, by its reports of RTCP (RFC 3550 6.4.1); None: there was none yet."""
        senders = self._peer.getSenders()
        found: float | None = getattr(senders[0], ROUND_TRIP) if senders else None
        return found

    async def answer(self, offer: Offer) -> str:
        """The answer, with all of our candidates. Raises InvalidInput and LimitExceeded."""
        peer = self._peer
        transceiver = peer.addTransceiver(self._outgoing, direction="sendrecv")
        capabilities = RTCRtpReceiver.getCapabilities("audio")
        assert capabilities is not None, "aiortc knows audio"
        transceiver.setCodecPreferences([codec for codec in capabilities.codecs if codec.mimeType in _CODECS])
        gatherer = transceiver.receiver.transport.transport.iceGatherer
        listen_with(gatherer._connection, self._terms, self._datagrams)
        setattr(transceiver.receiver, JITTER_BUFFER, _Tap(self._listener))
        peer.on("connectionstatechange", self._on_state)
        peer.on("datachannel", self._on_channel)
        try:
            await peer.setRemoteDescription(RTCSessionDescription(offer.sdp, "offer"))
            await peer.setLocalDescription(await peer.createAnswer())
        except OperationError as error:
            raise InvalidInput("offer.sdp has no codec that we have: Opus, PCMU or PCMA") from error
        except (ValueError, LookupError, AttributeError, AssertionError) as error:
            # Over what it cannot read the library stumbles in any of these ways.
            raise InvalidInput("offer.sdp cannot be read") from error
        sdp: str = peer.localDescription.sdp
        self.codecs = {int(number): new_codec(name.lower()) for number, name in _RTPMAP.findall(sdp)}
        return offer.complete(sdp)

    async def add_candidate(self, candidate: str, mid: str | None) -> None:
        """One more place where the peer may be reached, from `candidate:` on. Raises InvalidInput."""
        try:
            found = candidate_from_sdp(candidate.removeprefix("candidate:"))
        except (ValueError, AssertionError, IndexError):
            raise InvalidInput("a candidate cannot be read") from None
        found.sdpMid, found.sdpMLineIndex = mid, 0
        await self._peer.addIceCandidate(found)

    def send_audio(self, payload: bytes, at: int, clock_hz: int) -> None:
        """One encoded frame, at this sample of the codec's clock."""
        packet = av.Packet(payload)
        packet.pts, packet.time_base = at, Fraction(1, clock_hz)
        self._outgoing.put(packet)

    def send_text(self, text: str) -> None:
        """A message, once the peer has opened the channel for them."""
        if self._channel is None:
            self._unopened.append(text)
        elif self._channel.readyState == "open":
            self._channel.send(text)
            if self._channel.bufferedAmount > MAX_BUFFERED_BYTES:
                self._closed(by_peer=True)

    async def aclose(self) -> None:
        """Send the messages that wait, at most FLUSH_S; then close. Closing twice is fine."""
        self._closing = True
        sctp = self._peer.sctp
        if self._channel is not None and self._peer.connectionState == "connected" and sctp is not None:
            for _ in range(round(FLUSH_S / 0.02)):
                if not (sctp._outbound_queue or sctp._sent_queue):
                    break
                await asyncio.sleep(0.02)
        try:
            async with asyncio.timeout(CLOSE_S):
                await self._peer.close()
        except Exception:
            # Other calls do not hear of it; what is left of this one goes with its sockets.
            log.exception("a connection was not closed")
        self._let_go()

    def _let_go(self) -> None:
        # A peer and its transport, which tells it of its state, refer to each other. Left to the collector of garbage,
        # which comes by once in a hundred calls, the memory of OpenSSL and libsrtp behind them would wait for it.
        for part in (*self._peer.getSenders(), self._peer.sctp):
            if part is not None:
                part.transport.remove_all_listeners()

    def _on_state(self) -> None:
        match self._peer.connectionState:
            case "connected":
                self._listener.opened()
            case "failed":
                self._closed(by_peer=False)
            case "closed":
                self._closed(by_peer=True)

    def _closed(self, *, by_peer: bool) -> None:
        if not self._closing:
            self._listener.closed(by_peer=by_peer)

    def _on_channel(self, channel: RTCDataChannel) -> None:
        if channel.label != EVENTS or self._channel is not None:
            return
        self._channel = channel
        channel.on("message", self._on_message)
        while self._unopened:
            channel.send(self._unopened.popleft())

    def _on_message(self, message: Any) -> None:
        if isinstance(message, str):
            self._listener.told(message)


class _Tap:
    """Stands where aiortc's jitter buffer would: every packet is ours, and its decoder gets none."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener

    def add(self, packet: rtp.RtpPacket) -> tuple[bool, None]:
        """A packet has come. No key frame is wanted, and no frame is complete."""
        number, timestamp = packet.sequence_number, packet.timestamp
        self._listener.took(RtpPacket(packet.payload_type, number, timestamp, packet.ssrc, packet.payload))
        return False, None


class _Outgoing(MediaStreamTrack):
    """Our voice, encoded: aiortc sends what it reads as soon as it can."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._packets: asyncio.Queue[Encoded] = asyncio.Queue(MAX_UNSENT_FRAMES)

    def put(self, packet: "Encoded") -> None:
        """The next one; the oldest is lost when nobody reads."""
        if self._packets.full():
            self._packets.get_nowait()
        self._packets.put_nowait(packet)

    async def recv(self) -> "Encoded":
        """The next one, once there is one."""
        return await self._packets.get()
