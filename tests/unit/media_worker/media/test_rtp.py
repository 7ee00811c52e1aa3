"""RTP packets on the wire."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from media_worker.media.rtp import SEQUENCE_BITS, RtpPacket, is_rtcp, parse_rtp, unwrap

AUDIO_TYPES = st.sampled_from([0, 8, 13, 96, 101, 127])
packets = st.builds(
    RtpPacket,
    payload_type=AUDIO_TYPES,
    sequence=st.integers(0, 0xFFFF),
    timestamp=st.integers(0, 0xFFFF_FFFF),
    ssrc=st.integers(0, 0xFFFF_FFFF),
    payload=st.binary(max_size=480),
    marker=st.booleans(),
)
PACKET = RtpPacket(0, 7, 160, 0xABCD, b"codes", marker=True)


@given(packets)
def test_what_is_written_is_read(packet: RtpPacket) -> None:
    assert parse_rtp(packet.to_wire()) == packet


@given(packets, st.lists(st.integers(0, 0xFFFF_FFFF), max_size=15), st.binary(max_size=64), st.integers(0, 40))
def test_contributors_extensions_and_padding_are_left_out(
    packet: RtpPacket, contributors: list[int], extension: bytes, padding: int
) -> None:
    extension = extension[: len(extension) // 4 * 4]
    wire = packet.to_wire()
    first = 0x80 | bool(extension) << 4 | bool(padding) << 5 | len(contributors)
    header = bytes([first]) + wire[1:12] + struct.pack(f"!{len(contributors)}I", *contributors)
    if extension:
        header += struct.pack("!HH", 0xBEDE, len(extension) // 4) + extension
    tail = bytes(padding - 1) + bytes([padding]) if padding else b""
    assert parse_rtp(header + packet.payload + tail) == packet


@given(st.binary(max_size=64))
def test_any_datagram_is_a_packet_or_none(datagram: bytes) -> None:
    packet = parse_rtp(datagram)
    assert packet is None or len(packet.payload) <= len(datagram) - 12


def test_what_is_no_packet() -> None:
    wire = PACKET.to_wire()
    cases = {
        "short": wire[:11],
        "version 1": b"\x40" + wire[1:],
        "contributors that are not there": b"\x8f" + wire[1:],
        "an extension that is not there": b"\x90" + wire[1:12],
        "an extension longer than the packet": b"\x90" + wire[1:12] + b"\x00\x00\x00\x09" + bytes(8),
        "padding of no bytes": b"\xa0" + wire[1:] + b"\x00",
        "padding longer than the payload": b"\xa0" + wire[1:] + b"\x20",
        "too large for a network": wire + bytes(1500),
    }
    assert {case for case, datagram in cases.items() if parse_rtp(datagram)} == set()


def test_rtcp_is_told_from_rtp_on_one_port() -> None:
    receiver_report = bytes([0x80, 201, 0, 1]) + bytes(8)
    assert is_rtcp(receiver_report)
    assert parse_rtp(receiver_report) is None
    assert not is_rtcp(PACKET.to_wire())


@given(st.integers(0, 1 << 40), st.integers(-(1 << 15), (1 << 15) - 1))
def test_a_wrapped_number_is_the_nearest_whole_one(near: int, distance: int) -> None:
    assert unwrap((near + distance) & 0xFFFF, near, SEQUENCE_BITS) == near + distance
