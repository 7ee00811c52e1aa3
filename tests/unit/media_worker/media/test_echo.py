"""What our own voice explains of the microphone's audio."""

import numpy as np
import pytest
from numpy.typing import NDArray

from media_worker.media.echo import LONGEST_DELAY_S, EchoDetector, Track, solve_toeplitz
from tests.peers.speaker import utter

RATE_HZ = 16_000
FRAME = 320
SENTENCE = "We are open from nine to nine every day except Monday, and the kitchen closes at ten."

Samples = NDArray[np.float64]


def voice(text: str, name: str, dbfs: float) -> Samples:
    samples = np.frombuffer(utter(text, name), np.int16) / 32768
    loud = np.flatnonzero(np.abs(samples) > 0.01)
    spoken = samples[loud[0] : loud[-1]]
    return np.asarray(spoken * 10 ** (dbfs / 20) / np.sqrt(np.mean(spoken**2)))


def echo_of(sound: Samples, decibels: float, delay_s: float, seed: int) -> Samples:
    """Through a small room."""
    rng = np.random.default_rng(seed)
    room = rng.normal(0, 0.05, 3_200) * np.exp(-np.arange(3_200) / 460)
    room[0] = 1.0
    late = np.concatenate((np.zeros(round(delay_s * RATE_HZ)), np.convolve(sound, room)))
    return np.asarray(late[: sound.size] * 10 ** (decibels / 20))


def listen(played: Samples, heard: Samples, until_s: float) -> EchoDetector:
    detector = EchoDetector(RATE_HZ)
    for start in range(0, round(until_s * RATE_HZ) - FRAME + 1, FRAME):
        now_s = (start + FRAME) / RATE_HZ
        for samples, take in ((played, detector.played), (heard, detector.heard)):
            take((samples[start : start + FRAME].clip(-1, 1) * 32767).astype("<i2").tobytes(), now_s)
    return detector


@pytest.mark.parametrize("decibels", [-6, -9, -12, -16, -20])
@pytest.mark.parametrize("delay_s", [0.04, 0.17, 0.4])
def test_an_echo_is_explained_and_its_delay_found(decibels: float, delay_s: float) -> None:
    ours = voice(SENTENCE, "slt", -20)
    noise = np.random.default_rng(1).normal(0, 10 ** (-60 / 20), ours.size)
    explained = listen(ours, echo_of(ours, decibels, delay_s, 2) + noise, 2.0).explain(0.5)
    assert explained.share > 0.8
    assert explained.delay_s == pytest.approx(delay_s, abs=0.01)


def test_a_person_is_not_explained_with_or_without_an_echo_under_him() -> None:
    ours = voice(SENTENCE, "slt", -20)
    his = voice("what are your opening hours on sunday please", "rms", -22)[: 2 * RATE_HZ]
    alone = np.zeros(ours.size)
    alone[: his.size] = his
    assert listen(ours, alone, 1.5).explain(0.5).share < 0.2
    assert listen(ours, alone + echo_of(ours, -12, 0.1, 3), 1.5).explain(0.5).share < 0.4


def test_silence_is_explained_by_nothing_and_explains_nothing() -> None:
    ours, nothing = voice(SENTENCE, "slt", -20), np.zeros(3 * RATE_HZ)
    assert listen(ours, nothing, 1.0).explain(0.5).share == 0.0
    assert listen(nothing, ours, 1.0).explain(0.5).share == 0.0


def test_an_echo_is_possible_for_as_long_as_one_may_be_late() -> None:
    detector = EchoDetector(RATE_HZ)
    assert not detector.possible(0.0)
    detector.played(bytes(640), 5.0)
    assert detector.possible(5.0 + LONGEST_DELAY_S - 0.01)
    assert not detector.possible(5.0 + LONGEST_DELAY_S + 0.01)


def test_a_track_has_silence_where_nothing_was_written_and_forgets_what_is_old() -> None:
    track = Track(1_000, 1.0)
    track.write(b"\1\0" * 100, 0.5)
    track.write(b"\2\0" * 100, 0.8)
    assert track.span(0.3, 0.9) == bytes(200) + b"\1\0" * 100 + bytes(400) + b"\2\0" * 100 + bytes(200)
    for frame in range(300):
        track.write(b"\3\0" * 100, 0.9 + frame / 10)
    assert track.span(29.8, 30.8) == b"\3\0" * 1_000
    assert len(track.span(0.0, 1.0)) == 2_000
    assert not any(track.span(0.0, 1.0))


def test_pieces_that_follow_each_other_a_moment_late_are_one() -> None:
    track = Track(1_000, 1.0)
    for frame in range(10):
        track.write(b"\1\0" * 20, 0.020 * (frame + 1) + (0.005 if frame % 2 else 0))
    assert track.span(0.0, 0.2) == b"\1\0" * 200


def test_what_sounded_sooner_than_was_thought_takes_the_place_of_what_was_written_there() -> None:
    track = Track(1_000, 1.0)
    track.write(b"\1\0" * 300, 0.3)
    track.write(b"\2\0" * 220, 0.32)  # the network has become 0.2 s faster
    track.write(b"\3\0" * 20, 0.34)
    assert track.span(0.0, 0.34) == b"\1\0" * 100 + b"\2\0" * 220 + b"\3\0" * 20


@pytest.mark.parametrize("seed", range(5))
def test_a_path_is_solved_for_as_elimination_would(seed: int) -> None:
    source = np.random.default_rng(seed).normal(size=4_000)
    own = np.correlate(source, source, "full")[3_999 : 3_999 + 256]
    own[0] *= 1.001
    wanted = np.random.default_rng(seed + 100).normal(size=256) * np.exp(-np.arange(256) / 40)
    right = own[np.abs(np.subtract.outer(np.arange(256), np.arange(256)))] @ wanted
    assert solve_toeplitz(own, right) == pytest.approx(wanted, abs=0.02)
