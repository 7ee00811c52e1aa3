"""What is heard instead of what was lost."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from media_worker.media.concealment import FADED_S, Concealment

RATE_HZ, FRAME = 8000, 160


def voice(samples: int, pitch_hz: float = 125.0) -> bytes:
    """A buzz with overtones, as a vowel has."""
    at = np.arange(samples) / RATE_HZ
    tone = sum(np.sin(2 * np.pi * pitch_hz * overtone * at) / overtone for overtone in range(1, 12))
    return bytes((6000 * np.asarray(tone)).astype("<i2").tobytes())


def samples(pcm: bytes) -> NDArray[np.float64]:
    return np.frombuffer(pcm, "<i2").astype(np.float64)


def frame(pcm: bytes, index: int) -> bytes:
    return pcm[2 * FRAME * index : 2 * FRAME * (index + 1)]


@pytest.mark.parametrize("pitch_hz", [80.0, 125.0, 210.0])
def test_a_lost_frame_of_a_voice_sounds_like_the_voice(pitch_hz: float) -> None:
    said = voice(FRAME * 10, pitch_hz)
    concealment = Concealment(RATE_HZ)
    for index in range(5):
        concealment.heard(frame(said, index))
    substitute, lost = samples(concealment.conceal(FRAME)), samples(frame(said, 5))
    likeness = substitute @ lost / np.sqrt(substitute @ substitute * (lost @ lost))
    assert likeness > 0.9


def test_a_long_loss_fades_to_silence() -> None:
    concealment = Concealment(RATE_HZ)
    concealment.heard(voice(FRAME * 5))
    levels = [float(np.abs(samples(concealment.conceal(FRAME))).max()) for _ in range(5)]
    assert levels == sorted(levels, reverse=True)
    assert levels[round(FADED_S / 0.02) :] == [0.0, 0.0]


def test_what_comes_after_a_loss_begins_without_a_click() -> None:
    said = voice(FRAME * 10)
    concealment = Concealment(RATE_HZ)
    concealment.heard(said[: 2 * FRAME * 5])
    # A loss of half a period: what comes next is in the opposite phase.
    substitute = concealment.conceal(FRAME + 32)
    after = samples(concealment.heard(said[2 * (FRAME * 6 + 32) :]))
    jump = abs(after[0] - samples(substitute)[-1])
    assert jump <= np.abs(np.diff(samples(said))).max()


def test_without_loss_nothing_changes() -> None:
    said = voice(FRAME * 3)
    concealment = Concealment(RATE_HZ)
    assert b"".join(concealment.heard(frame(said, index)) for index in range(3)) == said


def test_before_anything_was_heard_it_is_silent() -> None:
    assert Concealment(RATE_HZ).conceal(FRAME) == bytes(2 * FRAME)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 500)), max_size=30), st.sampled_from([8000, 16000, 48000]))
def test_the_stream_keeps_its_length(pieces: list[tuple[bool, int]], rate_hz: int) -> None:
    concealment = Concealment(rate_hz)
    noise = np.random.default_rng(5)
    for is_lost, count in pieces:
        came = noise.integers(-32768, 32768, count).astype("<i2").tobytes()
        assert len(concealment.conceal(count) if is_lost else concealment.heard(came)) == 2 * count
