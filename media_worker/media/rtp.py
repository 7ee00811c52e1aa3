"""RTP packets (RFC 3550, section 5.1), read and written without I/O."""

import struct
from dataclasses import dataclass

VERSION = 2
HEADER_BYTES = 12
MAX_PACKET_BYTES = 1500
"""What an Ethernet carries; no audio packet of 60 ms is near it."""
SEQUENCE_BITS, TIMESTAMP_BITS = 16, 32
_HEADER = struct.Struct("!BBHII")
_EXTENSION = struct.Struct("!HH")
_RTCP_TYPES = range(192, 224)
"""Second bytes by which RTCP is told from RTP on one port (RFC 5761, section 4)."""


@dataclass(frozen=True, slots=True)
class RtpPacket:
    """One packet of a stream. Numbers are as on the wire: they wrap."""

    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes
    marker: bool = False

    def to_wire(self) -> bytes:
        """The datagram."""
        second = self.marker << 7 | self.payload_type
        return _HEADER.pack(VERSION << 6, second, self.sequence, self.timestamp, self.ssrc) + self.payload


def is_rtcp(datagram: bytes) -> bool:
    """Whether a datagram on a port that RTP and RTCP share is RTCP."""
    return len(datagram) > 1 and datagram[1] in _RTCP_TYPES


def parse_rtp(datagram: bytes) -> RtpPacket | None:
    """The packet in a datagram; None: it is none, whose it may be. Contributors and header extensions are left out."""
    if not HEADER_BYTES <= len(datagram) <= MAX_PACKET_BYTES or is_rtcp(datagram):
        return None
    first, second, sequence, timestamp, ssrc = _HEADER.unpack_from(datagram)
    if first >> 6 != VERSION:
        return None
    start, end = HEADER_BYTES + 4 * (first & 0x0F), len(datagram)
    if first & 0x10:
        if start + _EXTENSION.size > end:
            return None
        start += _EXTENSION.size + 4 * _EXTENSION.unpack_from(datagram, start)[1]
    if first & 0x20:
        # "The last octet of the padding contains a count of how many padding octets should be ignored."
        padding = datagram[-1]
        if not padding:
            return None
        end -= padding
    if start > end:
        return None
    return RtpPacket(second & 0x7F, sequence, timestamp, ssrc, datagram[start:end], bool(second & 0x80))


def unwrap(number: int, near: int, bits: int) -> int:
    """The whole number nearest to `near` of which only the last `bits` bits were sent."""
    half = 1 << (bits - 1)
    return near + ((number - near + half) & ((1 << bits) - 1)) - half
