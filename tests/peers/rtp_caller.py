"""A telephone's end of an RTP stream, and a wire without a network: tests decide what arrives, when and from where."""

from collections.abc import Iterator

from media_worker.media.rtp import RtpPacket, parse_rtp
from media_worker.media.telephone_event import key_events
from media_worker.transports.rtp.coding import new_coder
from media_worker.transports.rtp.ports import OnDatagram
from media_worker.transports.rtp.terms import Address, Codec

CALLER = Address("198.51.100.7", 4000)
EVENT_PAYLOAD_TYPE = 101
FRAME_SAMPLES = 160


class Wire:
    """The ports of a leg: what it sends is kept, what it gets is put in by hand."""

    def __init__(self) -> None:
        self.rtp: list[tuple[bytes, Address]] = []
        self.rtcp: list[tuple[bytes, Address]] = []
        self._on_rtp: OnDatagram | None = None
        self._on_rtcp: OnDatagram | None = None

    def listen(self, on_rtp: OnDatagram, on_rtcp: OnDatagram) -> None:
        self._on_rtp, self._on_rtcp = on_rtp, on_rtcp

    def send_rtp(self, datagram: bytes, target: Address) -> None:
        self.rtp.append((datagram, target))

    def send_rtcp(self, datagram: bytes, target: Address) -> None:
        self.rtcp.append((datagram, target))

    def arrive(self, datagram: bytes, source: Address = CALLER) -> None:
        """On the port of RTP."""
        assert self._on_rtp is not None
        self._on_rtp(datagram, source)

    def arrive_rtcp(self, datagram: bytes, source: Address = CALLER) -> None:
        """On the port of RTCP."""
        assert self._on_rtcp is not None
        self._on_rtcp(datagram, source)

    def sound(self, codec: Codec = Codec.PCMU) -> bytes:
        """The audio that was sent, as PCM at the codec's rate."""
        payloads = b"".join(packet.payload for packet in self.packets(codec.value))
        return new_coder(codec, codec.rate_hz).decode(payloads)

    def packets(self, payload_type: int | None = None) -> list[RtpPacket]:
        """What was sent, in order."""
        sent = [packet for datagram, _ in self.rtp if (packet := parse_rtp(datagram)) is not None]
        return [packet for packet in sent if payload_type in (None, packet.payload_type)]


class Telephone:
    """Makes the packets of a caller: 20 ms each, G.711."""

    def __init__(self, ssrc: int = 0x1234, sequence: int = 65_530, timestamp: int = 0xFFFF_FF00) -> None:
        self._ssrc, self._sequence, self._timestamp = ssrc, sequence, timestamp

    def _packet(self, payload_type: int, timestamp: int, payload: bytes) -> RtpPacket:
        packet = RtpPacket(payload_type, self._sequence & 0xFFFF, timestamp & 0xFFFF_FFFF, self._ssrc, payload)
        self._sequence += 1
        return packet

    def say(self, pcm: bytes, codec: Codec = Codec.PCMU) -> Iterator[RtpPacket]:
        """This audio, at the codec's rate; what is less than a packet at its end is left out."""
        codes = new_coder(codec, codec.rate_hz).encode(pcm)
        for start in range(0, len(codes) - FRAME_SAMPLES + 1, FRAME_SAMPLES):
            yield self._packet(codec.value, self._timestamp, codes[start : start + FRAME_SAMPLES])
            self._timestamp += FRAME_SAMPLES

    def press(self, key: str) -> Iterator[RtpPacket]:
        """A key that is held for 100 ms."""
        began = self._timestamp
        for event in key_events(key, 5 * FRAME_SAMPLES, FRAME_SAMPLES):
            yield self._packet(EVENT_PAYLOAD_TYPE, began, event.to_wire())
            self._timestamp += FRAME_SAMPLES
