from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media_worker.media.speech_edge import (
    TRANSITIONS,
    EdgePolicy,
    EdgeState,
    SpeechEdge,
    SpeechEdges,
    SpeechEnded,
    SpeechStarted,
    Strength,
)

RATE_HZ = 16_000
WINDOW_MS = 32
WINDOW = RATE_HZ * WINDOW_MS // 1000


def _noise(samples: int, dbfs: float, seed: int = 7) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.random.default_rng(seed).normal(0.0, 32768 * 10 ** (dbfs / 20), samples)


def _pcm(samples: np.ndarray[tuple[int], np.dtype[np.float64]]) -> bytes:
    return samples.clip(-32768, 32767).astype("<i2").tobytes()


def _windows(edges: SpeechEdges, probabilities: Sequence[float], agent_audible: bool = False) -> list[SpeechEdge]:
    """Feed one window of a quiet room per probability, from stream time 0."""
    quiet = _pcm(_noise(WINDOW, -65.0))
    found: list[SpeechEdge] = []
    for index, probability in enumerate(probabilities):
        found += edges.push(quiet, [probability], (index + 1) * WINDOW_MS / 1000, agent_audible)
    return found


def test_every_state_has_a_row_for_every_strength() -> None:
    assert set(TRANSITIONS) == {(state, strength) for state in EdgeState for strength in Strength}


@pytest.mark.parametrize(
    ("probabilities", "agent_audible", "starts"),
    [
        ([0.9], False, 0),
        ([0.9, 0.9], False, 1),
        ([0.9, 0.4, 0.9], False, 0),
        ([0.5, 0.5], False, 1),
        ([0.49, 0.49, 0.49], False, 0),
        ([0.9, 0.9], True, 0),
        ([0.9, 0.9, 0.9], True, 1),
        ([0.55, 0.55, 0.55], True, 0),
        ([0.9, 0.9, 0.5, 0.9, 0.9], True, 0),
    ],
)
def test_minimum_speech(probabilities: list[float], agent_audible: bool, starts: int) -> None:
    found = _windows(SpeechEdges(RATE_HZ, WINDOW_MS), probabilities, agent_audible)
    assert [type(edge) for edge in found] == [SpeechStarted] * starts


def test_one_weak_window_while_starting_costs_one_strong_one() -> None:
    policy = EdgePolicy(minimum_speech_ms=96)
    assert not _windows(SpeechEdges(RATE_HZ, WINDOW_MS, policy), [0.9, 0.9, 0.1, 0.9])
    assert _windows(SpeechEdges(RATE_HZ, WINDOW_MS, policy), [0.9, 0.9, 0.1, 0.9, 0.9])


@pytest.mark.parametrize(
    ("tail", "ends"),
    [
        ([0.1, 0.1], 0),
        ([0.1, 0.1, 0.1], 1),
        ([0.1, 0.1, 0.4, 0.1, 0.1], 0),
        ([0.36, 0.36, 0.36, 0.36], 0),
        ([0.1] * 30, 1),
    ],
)
def test_the_end_needs_100_ms_of_low_windows(tail: list[float], ends: int) -> None:
    found = _windows(SpeechEdges(RATE_HZ, WINDOW_MS), [0.9] * 4 + tail)
    assert len([edge for edge in found if isinstance(edge, SpeechEnded)]) == ends


def test_a_raised_threshold_is_capped_but_never_under_the_configured_one() -> None:
    assert EdgePolicy(0.65).start(with_echo=True) == pytest.approx(0.75)
    assert EdgePolicy(0.85).start(with_echo=True) == pytest.approx(0.90)
    assert EdgePolicy(0.95).start(with_echo=True) == pytest.approx(0.95)


def test_voiced_ms_counts_the_utterance() -> None:
    found = _windows(SpeechEdges(RATE_HZ, WINDOW_MS), [0.9] * 5 + [0.1] + [0.4] + [0.1] * 3)
    assert isinstance(found[-1], SpeechEnded)
    assert found[-1].voiced_ms == 6 * WINDOW_MS


def _utterance_edges(chunk: int, speech_from_s: float, speech_s: float, late_s: float) -> list[SpeechEdge]:
    """Loud noise in a quiet room, with a detector that is late by `late_s` at both ends."""
    room = _noise(RATE_HZ * 4, -65.0)
    begin, end = int(speech_from_s * RATE_HZ), int((speech_from_s + speech_s) * RATE_HZ)
    room[begin:end] += _noise(end - begin, -25.0, seed=8)
    pcm = _pcm(room)
    edges, windows_done = SpeechEdges(RATE_HZ, WINDOW_MS), 0
    found: list[SpeechEdge] = []
    for start in range(0, len(pcm), 2 * chunk):
        frame = pcm[start : start + 2 * chunk]
        now = start // 2 + len(frame) // 2
        probabilities = []
        while (windows_done + 1) * WINDOW <= now:
            middle_s = (windows_done + 0.5) * WINDOW / RATE_HZ
            speaking = speech_from_s + late_s <= middle_s <= speech_from_s + speech_s + late_s
            probabilities.append(0.95 if speaking else 0.05)
            windows_done += 1
        found += edges.push(frame, probabilities, now / RATE_HZ)
    return found


@pytest.mark.parametrize("late_s", [0.0, 0.032, 0.064, 0.096])
def test_onset_and_true_end_are_the_sound_s_own(late_s: float) -> None:
    started, ended = _utterance_edges(320, 1.5, 1.0, late_s)
    assert isinstance(started, SpeechStarted)
    assert isinstance(ended, SpeechEnded)
    assert started.onset_s == pytest.approx(1.5, abs=0.008)
    assert ended.true_end_s == pytest.approx(2.5, abs=0.020)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 1500))
def test_edges_do_not_depend_on_how_the_stream_was_cut(chunk: int) -> None:
    started, ended = _utterance_edges(chunk, 1.5, 1.0, 0.04)
    assert isinstance(started, SpeechStarted)
    assert isinstance(ended, SpeechEnded)
    assert started.onset_s == pytest.approx(1.5, abs=0.008)
    assert ended.true_end_s == pytest.approx(2.5, abs=0.020)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0.0, 1.0), max_size=80), st.booleans())
def test_edges_alternate_and_time_never_goes_back(probabilities: list[float], agent_audible: bool) -> None:
    found = _windows(SpeechEdges(RATE_HZ, WINDOW_MS), probabilities, agent_audible)
    assert [type(edge) for edge in found] == [SpeechStarted, SpeechEnded] * (len(found) // 2) + [SpeechStarted] * (
        len(found) % 2
    )
    times = [edge.onset_s if isinstance(edge, SpeechStarted) else edge.true_end_s for edge in found]
    assert times == sorted(times)


def test_a_reset_ends_the_running_utterance_at_its_last_speech() -> None:
    edges = SpeechEdges(RATE_HZ, WINDOW_MS)
    _windows(edges, [0.9] * 5 + [0.1])
    assert edges.reset() == (SpeechEnded(5 * WINDOW_MS / 1000, 5 * WINDOW_MS),)
    assert edges.state is EdgeState.SILENT
    assert edges.reset() == ()


def test_neither_speech_nor_our_own_voice_moves_the_noise_floor() -> None:
    for probability, agent_audible in ((0.95, False), (0.05, True)):
        edges = SpeechEdges(RATE_HZ, WINDOW_MS)
        loud = _pcm(_noise(WINDOW, -30.0))
        for index in range(60):
            edges.push(loud, [probability], (index + 1) * WINDOW_MS / 1000, agent_audible)
        assert edges.floor.dbfs < -57.0


def test_a_doubted_microphone_is_harder_to_convince_for_a_while() -> None:
    edges = SpeechEdges(RATE_HZ, WINDOW_MS)

    def begins(at_s: float) -> bool:
        pcm = bytes(2 * WINDOW)
        found = [edge for count in range(4) for edge in edges.push(pcm, [0.6], at_s + count * WINDOW_MS / 1000)]
        edges.reset()
        return any(isinstance(edge, SpeechStarted) for edge in found)

    assert begins(1.0)
    edges.doubt()
    assert not begins(5.0)
    assert not begins(10.5)
    assert begins(12.0)
