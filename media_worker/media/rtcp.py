"""RTCP: sender and receiver reports, CNAME and BYE (RFC 3550, section 6), read and written without I/O."""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from media_worker.media.reception import ReceptionReport
from media_worker.media.rtp import VERSION

SENDER_REPORT, RECEIVER_REPORT, DESCRIPTION, BYE = 200, 201, 202, 203
MAX_DATAGRAM_BYTES = 1500
NTP_EPOCH_S = 2_208_988_800
"""1970 on NTP's calendar, which begins in 1900 (section 4)."""
_CNAME = 1
_HEADER = struct.Struct("!BBH")
_SENDER = struct.Struct("!IQIII")
_BLOCK = struct.Struct("!IIIIII")
_SSRC = struct.Struct("!I")


@dataclass(frozen=True)
class ReportBlock:
    """What a receiver says about one stream."""

    reception: ReceptionReport
    last_report: int
    """The middle 32 bits of the last sender report that it got; 0: none."""
    delay_s: float
    """From that report to this one."""


@dataclass(frozen=True)
class Report:
    """A sender report when it tells a time, else a receiver report."""

    ssrc: int
    """Of who reports."""
    blocks: Sequence[ReportBlock] = ()
    ntp: int | None = None
    """When it was sent, in units of 2⁻³² s since 1900."""
    timestamp: int = 0
    """The same moment on the stream's clock."""
    packets: int = 0
    octets: int = 0
    """Of payload, since the stream began."""


@dataclass(frozen=True)
class Bye:
    """A source sends no more."""

    ssrc: int


def to_ntp(unix_s: float) -> int:
    """A time as sender reports tell it."""
    return round((unix_s + NTP_EPOCH_S) * (1 << 32)) & 0xFFFF_FFFF_FFFF_FFFF


def middle_bits(ntp: int) -> int:
    """What receivers return of it: units of 2⁻¹⁶ s."""
    return ntp >> 16 & 0xFFFF_FFFF


def round_trip_s(block: ReportBlock, now_ntp: int) -> float | None:
    """How long a packet takes there and back (figure 2); None while they have had no report of ours, or invent it."""
    if not block.last_report:
        return None
    elapsed = (middle_bits(now_ntp) - block.last_report) & 0xFFFF_FFFF
    trip_s = elapsed / 65536 - block.delay_s
    return trip_s if 0 <= trip_s < 10 else None


def compound(report: Report, cname: str, *, bye: bool = False) -> bytes:
    """A datagram: the report, who we are, and whether we leave (section 6.1)."""
    # "The first RTCP packet in the compound packet MUST always be a report packet", and each holds a CNAME.
    item = struct.pack("!BB", _CNAME, len(cname.encode())) + cname.encode()
    chunk = _SSRC.pack(report.ssrc) + item
    chunk += bytes(4 - len(chunk) % 4)
    packets = _report(report) + _packet(DESCRIPTION, 1, chunk)
    return packets + _packet(BYE, 1, _SSRC.pack(report.ssrc)) if bye else packets


def _report(report: Report) -> bytes:
    blocks = b"".join(_block(block) for block in report.blocks)
    if report.ntp is None:
        return _packet(RECEIVER_REPORT, len(report.blocks), _SSRC.pack(report.ssrc) + blocks)
    sent = _SENDER.pack(
        report.ssrc, report.ntp, report.timestamp, report.packets & 0xFFFF_FFFF, report.octets & 0xFFFF_FFFF
    )
    return _packet(SENDER_REPORT, len(report.blocks), sent + blocks)


def _block(block: ReportBlock) -> bytes:
    reception = block.reception
    lost = min(round(reception.fraction_lost * 256), 255) << 24 | reception.lost & 0xFF_FFFF
    delay = min(round(block.delay_s * 65536), 0xFFFF_FFFF)
    return _BLOCK.pack(reception.ssrc, lost, reception.highest_sequence, reception.jitter, block.last_report, delay)


def _packet(kind: int, count: int, body: bytes) -> bytes:
    return _HEADER.pack(VERSION << 6 | count, kind, len(body) // 4) + body


def parse_rtcp(datagram: bytes) -> tuple[Report | Bye, ...] | None:
    """What a datagram reports; None: it is no RTCP. Packets of kinds that we do not know are left out."""
    if len(datagram) > MAX_DATAGRAM_BYTES or not datagram:
        return None
    found: list[Report | Bye] = []
    at = 0
    while at < len(datagram):
        if at + _HEADER.size > len(datagram):
            return None
        first, kind, words = _HEADER.unpack_from(datagram, at)
        end = at + 4 * (words + 1)
        if first >> 6 != VERSION or end > len(datagram) or kind not in range(192, 224):
            return None
        found += _parts(kind, first & 0x1F, datagram[at + 4 : end])
        at = end
    return tuple(found)


def _parts(kind: int, count: int, body: bytes) -> Iterator[Report | Bye]:
    if kind == BYE:
        yield from (Bye(ssrc) for (ssrc,) in _SSRC.iter_unpack(body[: 4 * min(count, len(body) // 4)]))
    elif kind == SENDER_REPORT and len(body) >= _SENDER.size:
        ssrc, ntp, timestamp, packets, octets = _SENDER.unpack_from(body)
        yield Report(ssrc, _blocks(body[_SENDER.size :], count), ntp, timestamp, packets, octets)
    elif kind == RECEIVER_REPORT and len(body) >= _SSRC.size:
        yield Report(_SSRC.unpack_from(body)[0], _blocks(body[_SSRC.size :], count))


def _blocks(body: bytes, count: int) -> tuple[ReportBlock, ...]:
    whole = min(count, len(body) // _BLOCK.size)
    return tuple(map(_parse_block, _BLOCK.iter_unpack(body[: whole * _BLOCK.size])))


def _parse_block(fields: tuple[int, ...]) -> ReportBlock:
    ssrc, loss, highest, jitter, last_report, delay = fields
    lost = (loss & 0xFF_FFFF) - ((loss & 0x80_0000) << 1)
    return ReportBlock(ReceptionReport(ssrc, (loss >> 24) / 256, lost, highest, jitter), last_report, delay / 65536)
