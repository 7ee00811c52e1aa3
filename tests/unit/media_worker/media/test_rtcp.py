"""Reports about streams: on the wire, and what they are made of."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_worker.media.reception import Reception, ReceptionReport
from media_worker.media.rtcp import (
    Bye,
    Report,
    ReportBlock,
    compound,
    middle_bits,
    parse_rtcp,
    round_trip_s,
    to_ntp,
)
from media_worker.media.rtp import RtpPacket

BITS_32 = st.integers(0, 0xFFFF_FFFF)
blocks = st.builds(
    ReportBlock,
    st.builds(
        ReceptionReport,
        ssrc=BITS_32,
        fraction_lost=st.integers(0, 255).map(lambda share: share / 256),
        lost=st.integers(-0x80_0000, 0x7F_FFFF),
        highest_sequence=BITS_32,
        jitter=BITS_32,
    ),
    BITS_32,
    BITS_32.map(lambda delay: delay / 65536),
)
reports = st.builds(
    Report,
    BITS_32,
    st.lists(blocks, max_size=3).map(tuple),
    st.integers(0, 0xFFFF_FFFF_FFFF_FFFF),
    BITS_32,
    BITS_32,
    BITS_32,
) | st.builds(Report, BITS_32, st.lists(blocks, max_size=3).map(tuple))


@given(reports, st.text(st.characters(codec="ascii", exclude_categories=["C"]), min_size=1, max_size=20), st.booleans())
def test_what_is_reported_is_read(report: Report, cname: str, bye: bool) -> None:
    datagram = compound(report, cname, bye=bye)
    assert len(datagram) % 4 == 0
    assert parse_rtcp(datagram) == ((report, Bye(report.ssrc)) if bye else (report,))


@given(st.binary(max_size=80), reports, st.integers(0, 100))
def test_no_datagram_breaks_the_reader(noise: bytes, report: Report, cut: int) -> None:
    parse_rtcp(noise)
    parse_rtcp(compound(report, "a")[:cut] + noise)


def test_a_report_byte_by_byte() -> None:
    """Field by field, as RFC 3550, section 6.4.1 draws it."""
    block = ReportBlock(ReceptionReport(2, 0.25, -1, 0x1_0007, 9), 0xABCD, 1.5)
    datagram = compound(Report(1, (block,), 0x1_0000_0002, 3, 4, 5), "me")
    sender = struct.pack("!BBHIIIIII", 0x81, 200, 12, 1, 1, 2, 3, 4, 5)
    about = struct.pack("!IIIIII", 2, 64 << 24 | 0xFF_FFFF, 0x1_0007, 9, 0xABCD, 3 << 15)
    description = struct.pack("!BBHI", 0x81, 202, 3, 1) + b"\x01\x02me" + bytes(4)
    assert datagram == sender + about + description


def test_what_is_no_rtcp() -> None:
    datagram = compound(Report(1), "me")
    assert parse_rtcp(b"") is None
    assert parse_rtcp(datagram[:-4]) is None
    assert parse_rtcp(b"\x40" + datagram[1:]) is None
    assert parse_rtcp(bytes([0x80, 96]) + datagram[2:]) is None


def test_the_way_there_and_back_is_what_the_peer_did_not_keep_it() -> None:
    sent = to_ntp(1_790_000_000.0)
    report = ReportBlock(ReceptionReport(1, 0.0, 0, 0, 0), middle_bits(sent), 2.0)
    assert round_trip_s(report, to_ntp(1_790_000_002.08)) == pytest.approx(0.08, abs=1e-3)
    assert round_trip_s(ReportBlock(report.reception, 0, 2.0), to_ntp(1_790_000_002.08)) is None
    assert round_trip_s(ReportBlock(report.reception, middle_bits(sent), 9.0), to_ntp(1_790_000_002.08)) is None


def arrive(reception: Reception, sequence: int, now: float | None = None, ssrc: int = 1) -> None:
    at = sequence * 0.02 if now is None else now
    reception.arrived(RtpPacket(0, sequence & 0xFFFF, sequence * 160 & 0xFFFF_FFFF, ssrc, b""), at)


def test_loss_is_told_in_all_and_since_the_last_report() -> None:
    reception = Reception(8000)
    for sequence in range(65_500, 65_600):
        if sequence % 10:
            arrive(reception, sequence)
    first = reception.report()
    assert first is not None
    # The first and the last are there; nine between them are not.
    assert (first.lost, round(first.fraction_lost, 3), first.highest_sequence) == (9, round(9 / 99, 3), 65_599)
    for sequence in range(65_600, 65_650):
        arrive(reception, sequence)
    second = reception.report()
    assert second is not None
    assert (second.lost, second.fraction_lost) == (9, 0.0)
    assert reception.lost == 9


def test_duplicates_make_loss_small_and_never_a_fraction() -> None:
    reception = Reception(8000)
    for sequence in (1, 2, 2, 2, 3):
        arrive(reception, sequence)
    report = reception.report()
    assert report is not None
    assert (report.lost, report.fraction_lost, reception.lost) == (-2, 0.0, 0)


def test_jitter_is_the_mean_deviation_of_the_way() -> None:
    reception = Reception(8000)
    for sequence in range(500):
        arrive(reception, sequence, sequence * 0.02 + 0.01 * (sequence % 2))
    assert reception.jitter_s == pytest.approx(0.01, rel=0.05)


def test_another_source_begins_anew_and_nobody_is_nothing() -> None:
    reception = Reception(8000)
    assert reception.report() is None
    for sequence in (1, 50):
        arrive(reception, sequence)
    arrive(reception, 9, ssrc=2)
    report = reception.report()
    assert report is not None
    assert (report.ssrc, report.lost) == (2, 0)
