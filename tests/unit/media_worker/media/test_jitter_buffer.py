"""A stream after a network: what is handed on is whole, in order, on time, and as long as what was said."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media_worker.media.jitter_buffer import CAPACITY, JitterBuffer, Lost, Silence, Step
from media_worker.media.network_delay import LEAST_WAIT_S, MOST_WAIT_S
from media_worker.media.rtp import RtpPacket

RATE_HZ, FRAME, FRAME_S = 8000, 160, 0.020
EVENT = 101
Arriving = tuple[float, RtpPacket]


def samples_of(packet: RtpPacket) -> int:
    return 0 if packet.payload_type == EVENT else len(packet.payload)


def sent(count: int, *, sequence: int = 1000, timestamp: int = 5000, ssrc: int = 1) -> list[Arriving]:
    """A talk without gaps; each packet arrives as it is sent."""
    return [
        (
            FRAME_S * index,
            RtpPacket(0, (sequence + index) & 0xFFFF, (timestamp + FRAME * index) & 0xFFFF_FFFF, ssrc, bytes(FRAME)),
        )
        for index in range(count)
    ]


def late(packets: Iterable[Arriving], delays_s: Iterable[float]) -> list[Arriving]:
    return [(at + delay, packet) for (at, packet), delay in zip(packets, delays_s, strict=True)]


class Listener:
    """Takes what the buffer gives after every packet and every 20 ms."""

    def __init__(self) -> None:
        self.buffer = JitterBuffer(RATE_HZ, samples_of)
        self.steps: list[tuple[float, Step]] = []
        # No tick at the very moment of a packet.
        self._tick_s = 0.003

    def hear(self, arriving: Sequence[Arriving], until_s: float | None = None) -> "Listener":
        for at, packet in sorted(arriving, key=lambda each: each[0]):
            self.wait(at)
            self.buffer.put(packet, at)
            self._take(at)
        self.wait(self._tick_s if until_s is None else until_s)
        return self

    def wait(self, until_s: float) -> None:
        while self._tick_s <= until_s:
            self._take(self._tick_s)
            self._tick_s += FRAME_S

    def _take(self, now: float) -> None:
        while (step := self.buffer.take(now)) is not None:
            self.steps.append((now, step))

    @property
    def packets(self) -> list[RtpPacket]:
        return [step for _, step in self.steps if isinstance(step, RtpPacket)]

    @property
    def lost(self) -> list[Lost]:
        return [step for _, step in self.steps if isinstance(step, Lost)]

    @property
    def samples(self) -> int:
        return sum(samples_of(step) if isinstance(step, RtpPacket) else step.samples for _, step in self.steps)

    @property
    def silence(self) -> int:
        return sum(step.samples for _, step in self.steps if isinstance(step, Silence))


def test_a_network_without_faults_costs_no_time() -> None:
    listener = Listener().hear(sent(50))
    assert [packet for _, packet in sent(50)] == listener.packets
    assert [at for at, _ in listener.steps] == [at for at, _ in sent(50)]


@settings(max_examples=50)
@given(st.data())
def test_whatever_the_network_does_the_stream_is_in_order_and_as_long_as_it_was(data: st.DataObject) -> None:
    packets = sent(data.draw(st.integers(20, 60)))
    delays = data.draw(st.lists(st.floats(0, 0.07), min_size=len(packets), max_size=len(packets)))
    kept = data.draw(st.lists(st.sampled_from([0, 1, 1, 1, 1, 2]), min_size=len(packets), max_size=len(packets)))
    # The first and the last come, and on time, so that the length is known.
    delays[0] = delays[-1] = 0.0
    kept[0] = kept[-1] = 1
    arriving = [each for each, times in zip(late(packets, delays), kept, strict=True) for _ in range(times)]
    listener = Listener().hear(arriving, FRAME_S * len(packets) + 0.1)
    sequences = [packet.sequence for packet in listener.packets]
    assert sequences == sorted(set(sequences))
    first = 1000 if packets[0][1] in listener.packets else min(sequences)
    assert listener.samples - listener.buffer.ahead_s * RATE_HZ == FRAME * (1000 + len(packets) - first)
    arrivals = listener.buffer.arrivals
    assert arrivals.played == len(sequences)
    assert arrivals.played + arrivals.late + arrivals.duplicate == sum(kept)


@settings(max_examples=30)
@given(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF_FFFF), st.randoms(use_true_random=False))
def test_wherever_the_numbers_begin_nothing_changes(sequence: int, timestamp: int, random: Random) -> None:
    delays = [random.uniform(0, 0.05) for _ in range(60)]
    there = [index for index in range(60) if random.random() > 0.1]

    def heard(packets: list[Arriving]) -> list[tuple[float, str]]:
        arriving = late(packets, delays)
        listener = Listener().hear([arriving[index] for index in there])
        return [(round(at, 6), type(step).__name__) for at, step in listener.steps]

    assert heard(sent(60, sequence=sequence, timestamp=timestamp)) == heard(sent(60))


def test_one_lost_packet_is_given_up_with_the_next_one() -> None:
    packets = sent(50)
    del packets[25]
    listener = Listener().hear(packets)
    assert listener.lost == [Lost(FRAME)]
    given_up_at = next(at for at, step in listener.steps if isinstance(step, Lost))
    assert given_up_at - FRAME_S * 25 <= 0.040 + FRAME_S


def test_the_wait_shrinks_on_an_even_network_and_grows_on_an_uneven_one() -> None:
    def given_up_after(delays: Sequence[float]) -> float:
        packets = late(sent(401), [*delays, 0.0])
        at, missing = packets[400]
        later = sent(410)[401:]
        listener = Listener().hear([*packets[:400], *later])
        assert missing not in listener.packets
        return max(at_lost for at_lost, step in listener.steps if isinstance(step, Lost)) - at

    random = Random(7)
    assert given_up_after([0.0] * 400) < LEAST_WAIT_S + FRAME_S + 0.005
    uneven = given_up_after([random.uniform(0, 0.06) for _ in range(400)])
    assert 0.05 < uneven < MOST_WAIT_S + FRAME_S + 0.005


def test_jitter_of_60_ms_that_reorders_loses_next_to_nothing() -> None:
    random = Random(11)
    listener = Listener().hear(late(sent(1000), [random.uniform(0, 0.06) for _ in range(1000)]))
    assert listener.buffer.arrivals.reordered > 200
    assert listener.buffer.arrivals.lost <= 3


def test_of_random_loss_exactly_the_lost_are_missing() -> None:
    random = Random(3)
    packets = [each for each in sent(1000) if random.random() > 0.05]
    listener = Listener().hear(packets)
    assert len(listener.packets) == len(packets)
    assert len(listener.lost) == 1000 - len(packets)
    assert listener.silence == 0


@pytest.mark.parametrize("ptime_ms", [10, 30, 40, 60])
def test_packets_of_any_length_keep_their_time(ptime_ms: int) -> None:
    size = 8 * ptime_ms
    packets = [
        (ptime_ms / 1000 * index, RtpPacket(0, index, size * index, 1, bytes(size)))
        for index in range(100)
        if index % 10 not in (3, 4, 7)
    ]
    listener = Listener().hear(packets, ptime_ms / 1000 * 100 + 0.08)
    assert listener.samples == 100 * size
    assert listener.lost == [Lost(size)] * 30


@pytest.mark.parametrize("drift", [-3e-3, 3e-3])
def test_a_sender_whose_clock_is_wrong_is_followed(drift: float) -> None:
    listener = Listener().hear([(at * (1 + drift), packet) for at, packet in sent(2000)])
    assert (len(listener.packets), listener.lost, listener.silence) == (2000, [], 0)
    assert listener.buffer._delay.wait_s < 0.035


def test_a_silent_sender_does_not_stop_the_time() -> None:
    packets = sent(200)
    quiet = [*packets[:50], *packets[130:]]
    for index, (at, packet) in enumerate(quiet):
        quiet[index] = (at, replace(packet, sequence=1000 + index))
    listener = Listener().hear(quiet)
    assert listener.samples == 200 * FRAME
    assert listener.lost == []
    silent_at = [at for at, step in listener.steps if isinstance(step, Silence)]
    assert min(silent_at) < FRAME_S * 50 + 0.12
    assert all(b - a <= FRAME_S + 1e-9 for a, b in pairwise(silent_at))


def test_a_sender_that_is_silent_for_long_begins_anew() -> None:
    later = [(at + 60.0, packet) for at, packet in sent(50, sequence=1050, timestamp=5000 + 61 * RATE_HZ)]
    listener = Listener().hear([*sent(50), *later])
    assert listener.silence == 2 * RATE_HZ
    assert listener.packets[50:] == [packet for _, packet in later]
    assert listener.buffer.ahead_s == 0


def test_what_was_said_while_the_network_stood_still_is_heard_late() -> None:
    delays = [0.5 - FRAME_S * (index - 50) if 50 <= index < 75 else 0.0 for index in range(200)]
    listener = Listener().hear(late(sent(200), delays))
    assert len(listener.packets) == 200
    assert listener.buffer.ahead_s == pytest.approx(0.5, abs=0.05)
    listener.buffer.forgo(FRAME)
    assert listener.buffer.ahead_s == pytest.approx(0.48, abs=0.05)


def test_a_hole_that_silence_has_filled_is_not_filled_again() -> None:
    packets = sent(200)
    listener = Listener().hear([*packets[:50], *packets[90:]])
    assert listener.samples == 200 * FRAME
    assert listener.buffer.ahead_s == 0


def test_keys_take_their_place_and_no_time() -> None:
    packets = sent(40)
    for index in range(10, 20):
        at, packet = packets[index]
        packets[index] = (at, replace(packet, payload_type=EVENT, timestamp=5000 + 10 * FRAME, payload=bytes(4)))
    listener = Listener().hear(packets)
    assert len(listener.packets) == 40
    assert listener.samples == 40 * FRAME
    assert listener.lost == []


def test_a_new_source_is_heard_from_its_first_packet_once_a_second_one_comes() -> None:
    new = [(at + 1.0, packet) for at, packet in sent(50, sequence=9, timestamp=77, ssrc=2)]
    listener = Listener().hear([*sent(50), *new])
    assert listener.packets[50:] == [packet for _, packet in new]
    assert listener.buffer.arrivals.restarts == 1


def test_a_second_source_beside_the_first_is_not_heard() -> None:
    listener = Listener().hear([*sent(50), *sent(50, sequence=9, timestamp=77, ssrc=2)])
    assert {packet.ssrc for packet in listener.packets} == {1}


def test_a_packet_from_nowhere_changes_nothing() -> None:
    stray = (0.505, RtpPacket(0, 40_000, 5, 1, bytes(FRAME)))
    listener = Listener().hear([*sent(50), stray])
    assert listener.packets == [packet for _, packet in sent(50)]


def test_a_sender_that_starts_anew_is_followed() -> None:
    again = [(at + 1.0, packet) for at, packet in sent(50, sequence=60_000, timestamp=4_000_000_000)]
    listener = Listener().hear([*sent(50), *again])
    assert listener.packets[50:] == [packet for _, packet in again]
    assert listener.lost == []


def test_what_waits_is_bounded() -> None:
    """A sender that leaves out every second packet, and whose clock stands still."""
    buffer = JitterBuffer(RATE_HZ, samples_of)
    for index in range(2000):
        buffer.put(RtpPacket(0, 2 * index & 0xFFFF, 0, 1, bytes(FRAME)), 0.0)
        while buffer.take(0.0) is not None:
            pass
        assert len(buffer._waiting) <= CAPACITY + 1


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF_FFFF), st.integers(0, 2)), max_size=80))
def test_no_sequence_of_packets_breaks_it(numbers: list[tuple[int, int, int]]) -> None:
    arriving = [
        (FRAME_S * index, RtpPacket(0, sequence, timestamp, ssrc, bytes(FRAME)))
        for index, (sequence, timestamp, ssrc) in enumerate(numbers)
    ]
    listener = Listener().hear(arriving, FRAME_S * len(numbers) + 1)
    assert listener.samples <= FRAME * 200 * (len(numbers) + 1)
