"""What is sent of a stream, and when."""

from dataclasses import replace
from random import Random

import numpy as np
import pytest

from media_worker.media.rtp import RtpPacket
from media_worker.media.telephone_event import parse_telephone_event
from media_worker.media.tones import tones
from media_worker.transports.rtp.coding import new_coder
from media_worker.transports.rtp.outgoing import Outgoing
from media_worker.transports.rtp.terms import PTIMES_MS, Address, Codec, RtpTerms

TERMS = RtpTerms(Address("198.51.100.7", 4000), "198.51.100.7", Codec.PCMU, event_payload_type=101)
SPEECH = (8000 * np.sin(np.arange(8000) / 3)).astype("<i2").tobytes()
"""A second."""
TICK_S = 0.020
RATE_HZ = 8000


def run(outgoing: Outgoing, seconds: float, begin_s: float = 0.0) -> list[RtpPacket]:
    ticks = round(seconds / TICK_S)
    return [packet for tick in range(ticks) for packet in outgoing.due(begin_s + TICK_S * tick)]


def pcm(packets: list[RtpPacket], codec: Codec = Codec.PCMU) -> bytes:
    payloads = b"".join(packet.payload for packet in packets if packet.payload_type == codec.value)
    return new_coder(codec, RATE_HZ).decode(payloads)


@pytest.mark.parametrize("codec", [Codec.PCMU, Codec.PCMA])
@pytest.mark.parametrize("ptime_ms", PTIMES_MS)
def test_audio_leaves_at_the_pace_of_sound_in_the_agreed_packets(codec: Codec, ptime_ms: int) -> None:
    outgoing = Outgoing(replace(TERMS, codec=codec, ptime_ms=ptime_ms), RATE_HZ)
    outgoing.add(SPEECH)
    packets = run(outgoing, 1.5)
    assert len(packets) == pytest.approx(1.5 / (ptime_ms / 1000), abs=1)
    assert {len(packet.payload) for packet in packets} == {8 * ptime_ms}
    heard = np.frombuffer(pcm(packets, codec), "<i2")
    np.testing.assert_allclose(heard[:8000], np.frombuffer(SPEECH, "<i2"), atol=300)
    assert np.abs(heard[8160:]).max() <= 8


def test_numbers_follow_each_other_and_only_the_first_packet_is_marked() -> None:
    packets = run(Outgoing(TERMS, RATE_HZ), 0.5)
    first = packets[0]
    for index, packet in enumerate(packets):
        assert packet.sequence == (first.sequence + index) & 0xFFFF
        assert packet.timestamp == (first.timestamp + 160 * index) & 0xFFFF_FFFF
        assert packet.marker == (index == 0)


def test_a_clock_that_is_a_little_early_or_late_sends_one_packet_at_a_time() -> None:
    random, outgoing = Random(5), Outgoing(TERMS, RATE_HZ)
    outgoing.due(0.0)
    assert all(len(outgoing.due(TICK_S * tick + random.uniform(-0.009, 0.009))) == 1 for tick in range(1, 500))


def test_a_late_clock_catches_up_and_a_standstill_does_not() -> None:
    outgoing = Outgoing(TERMS, RATE_HZ)
    first = outgoing.due(0.0)[0]
    assert len(outgoing.due(0.1)) == 5
    after = outgoing.due(5.0)
    assert len(after) == 1
    assert after[0].marker
    assert (after[0].timestamp - first.timestamp) & 0xFFFF_FFFF == 5 * 8000
    assert len(outgoing.due(5.02)) == 1


def test_held_audio_goes_on_at_the_next_sample() -> None:
    outgoing = Outgoing(TERMS, RATE_HZ)
    outgoing.add(SPEECH)
    before = run(outgoing, 0.2)
    outgoing.hold()
    between = run(outgoing, 0.2, 0.2)
    outgoing.release()
    after = run(outgoing, 0.8, 0.4)
    assert set(pcm(between)) == {0}
    np.testing.assert_allclose(np.frombuffer(pcm(before + after), "<i2"), np.frombuffer(SPEECH, "<i2"), atol=300)


def test_cleared_audio_is_not_sent() -> None:
    outgoing = Outgoing(TERMS, RATE_HZ)
    outgoing.add(SPEECH)
    run(outgoing, 0.2)
    outgoing.clear()
    assert outgoing.empty
    assert set(pcm(run(outgoing, 0.2, 0.2))) == {0}


def test_keys_last_as_long_as_their_tones_would() -> None:
    outgoing = Outgoing(TERMS, RATE_HZ)
    outgoing.press("1w#")
    seconds = len(tones("1w#", 8000)) / 16_000
    packets = run(outgoing, seconds + 0.2)
    events = [(packet, parse_telephone_event(packet.payload)) for packet in packets if packet.payload_type == 101]
    assert [event.code for _, event in events if event is not None] == [1] * 7 + [11] * 7
    assert len({packet.timestamp for packet, _ in events}) == 2
    assert [packet.marker for packet, _ in events] == ([True] + [False] * 6) * 2
    last = max(index for index, packet in enumerate(packets) if packet.payload_type == 101)
    assert (last + 1) * TICK_S == pytest.approx(seconds, abs=0.05)


def test_what_sounds_while_a_key_is_pressed_is_left_out() -> None:
    outgoing = Outgoing(TERMS, RATE_HZ)
    outgoing.add(SPEECH)
    outgoing.press("5")
    packets = run(outgoing, 1.0)
    assert [packet.payload_type for packet in packets[:9]] == [101] * 7 + [0] * 2
    np.testing.assert_allclose(np.frombuffer(pcm(packets), "<i2"), np.frombuffer(SPEECH, "<i2")[7 * 160 :], atol=300)


def test_a_held_call_sends_nothing_and_time_goes_on() -> None:
    outgoing = Outgoing(TERMS, RATE_HZ)
    outgoing.add(SPEECH)
    before = run(outgoing, 0.2)
    outgoing.renegotiate(replace(TERMS, sends=False), on_hold=False)
    assert run(outgoing, 0.4, 0.2) == []
    outgoing.renegotiate(TERMS, on_hold=False)
    after = run(outgoing, 0.2, 0.6)
    assert after[0].marker
    assert after[0].sequence == (before[-1].sequence + 1) & 0xFFFF
    assert (after[0].timestamp - before[0].timestamp) & 0xFFFF_FFFF == round(0.6 * 8000)


def test_on_hold_what_is_queued_waits_and_a_closing_call_does_not() -> None:
    outgoing = Outgoing(TERMS, RATE_HZ)
    outgoing.add(SPEECH)
    before = run(outgoing, 0.2)
    outgoing.renegotiate(replace(TERMS, sends=False), on_hold=True)
    assert run(outgoing, 0.4, 0.2) == []
    assert outgoing.empty
    outgoing.renegotiate(TERMS, on_hold=False)
    after = run(outgoing, 0.8, 0.6)
    heard = np.frombuffer(pcm([*before, *after]), "<i2")
    np.testing.assert_allclose(heard, np.frombuffer(SPEECH, "<i2")[: len(heard)], atol=300)


def test_another_law_and_another_length_hold_from_the_next_packet_on() -> None:
    outgoing = Outgoing(TERMS, RATE_HZ)
    outgoing.add(SPEECH)
    run(outgoing, 0.2)
    outgoing.renegotiate(replace(TERMS, codec=Codec.PCMA, ptime_ms=40), on_hold=False)
    after = run(outgoing, 0.4, 0.2)
    assert {(packet.payload_type, len(packet.payload)) for packet in after} == {(8, 320)}
    heard = np.frombuffer(pcm(after, Codec.PCMA), "<i2")
    np.testing.assert_allclose(heard[:1600], np.frombuffer(SPEECH, "<i2")[1600:3200], atol=600)
