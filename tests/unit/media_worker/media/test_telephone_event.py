"""Telephone keys in RTP."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from media_worker.media.rtp import RtpPacket
from media_worker.media.telephone_event import (
    END_PACKETS,
    KEYS,
    KeyReader,
    TelephoneEvent,
    key_events,
    parse_telephone_event,
)

STEP, HELD = 160, 800


def told(key: str, timestamp: int) -> list[RtpPacket]:
    """All packets about one key."""
    return [RtpPacket(101, 0, timestamp & 0xFFFF_FFFF, 1, event.to_wire()) for event in key_events(key, HELD, STEP)]


def read(packets: list[RtpPacket]) -> str:
    reader = KeyReader()
    return "".join(filter(None, map(reader.read, packets)))


def test_a_key_is_told_from_its_beginning_to_its_end() -> None:
    events = list(key_events("#", HELD, STEP))
    assert [event.duration for event in events] == [160, 320, 480, 640, 800, 800, 800]
    assert [event.end for event in events] == [False] * 4 + [True] * END_PACKETS
    assert {KEYS[event.code] for event in events} == {"#"}


@given(st.integers(0, 15), st.booleans(), st.integers(0, 0xFFFF))
def test_what_is_written_is_read(code: int, end: bool, duration: int) -> None:
    event = TelephoneEvent(code, end, duration)
    assert parse_telephone_event(event.to_wire()) == event


@given(st.binary(max_size=8))
def test_any_payload_is_an_event_or_none(payload: bytes) -> None:
    assert (parse_telephone_event(payload) is None) == (len(payload) < 4)


@given(st.text(st.sampled_from(KEYS), max_size=8), st.integers(0, 0xFFFF_FFFF))
def test_each_key_is_read_once_also_when_pressed_again_and_where_timestamps_wrap(keys: str, start: int) -> None:
    packets = [packet for index, key in enumerate(keys) for packet in told(key, start + 1440 * index)]
    assert read(packets) == keys


@given(st.data())
def test_one_packet_of_each_key_is_enough_in_any_number_of_copies(data: st.DataObject) -> None:
    keys = data.draw(st.text(st.sampled_from(KEYS), min_size=1, max_size=5))
    packets: list[RtpPacket] = []
    for index, key in enumerate(keys):
        packets += data.draw(st.lists(st.sampled_from(told(key, 1440 * index)), min_size=1, max_size=9))
    assert read(packets) == keys


def test_a_late_packet_of_an_earlier_key_is_no_key() -> None:
    first, second = told("1", 0), told("2", 1440)
    assert read([*first[:3], *second, *first[3:]]) == "12"


@given(st.integers(0, 0xFFFF_FFFF), st.integers(0, 0xFFFF_FFFF))
def test_keys_are_read_when_another_source_goes_on_with_a_clock_of_its_own(before: int, after: int) -> None:
    assert read([*told("1", before), *(replace(packet, ssrc=2) for packet in told("2", after))]) == "12"


@given(st.integers(0, 0xFFFF_FFFF), st.integers(0x1_0000, 0xFFFF_0000))
def test_keys_are_read_when_a_source_sets_its_clock_anew(before: int, leap: int) -> None:
    assert read([*told("1", before), *told("2", before + leap)]) == "12"


def test_a_key_that_is_held_for_long_is_one_key() -> None:
    longest = RtpPacket(101, 0, 0, 1, TelephoneEvent(1, False, 0xFFFF).to_wire())
    rest = RtpPacket(101, 1, 0xFFFF, 1, TelephoneEvent(1, True, 500).to_wire())
    assert read([longest, rest]) == "1"


def test_events_that_are_no_keys_are_not_told() -> None:
    flash = RtpPacket(101, 0, 0, 1, TelephoneEvent(16, True, 800).to_wire())
    assert read([flash, *told("4", 1440)]) == "4"


def test_audio_beside_a_key_is_known() -> None:
    reader = KeyReader()
    for packet in told("4", 0xFFFF_FFF0):
        reader.read(packet)
    assert [reader.covers(at & 0xFFFF_FFFF) for at in (0xFFFF_FFEF, 0xFFFF_FFF0, 0x10F, 0x310)] == [
        False,
        True,
        True,
        False,
    ]
