"""One voice or none."""

import numpy as np
import pytest

from media_worker.media.voicing import periodic_share
from tests.peers.noises import MAKERS, frozen, make
from tests.peers.speaker import utter

RATE_HZ = 16_000
NARROW_HZ = 8_000
WINDOW = NARROW_HZ // 2


@pytest.mark.parametrize("voice", ["slt", "awb", "rms", "kal16"])
@pytest.mark.parametrize("text", ["what are your opening hours", "talk to a person", "please let me ask you something"])
def test_a_voice_has_a_pitch(voice: str, text: str) -> None:
    samples = np.frombuffer(utter(text, voice), np.int16)[::2] / 32768
    begin = int(np.flatnonzero(np.abs(samples) > 0.01)[0])
    assert periodic_share(samples[begin : begin + WINDOW], NARROW_HZ) >= 0.25


@pytest.mark.parametrize("name", sorted(MAKERS.keys() - {"music", "siren"}))
def test_a_noise_has_none(name: str) -> None:
    samples = frozen(name)[::2]
    assert all(
        periodic_share(samples[begin : begin + WINDOW], NARROW_HZ) < 0.25
        for begin in range(0, max(samples.size - WINDOW, 1), WINDOW // 2)
    )


@pytest.mark.parametrize("seed", range(1, 6))
def test_nor_has_a_crowd(seed: int) -> None:
    samples = make("babble", seed)[::2]
    shares = [periodic_share(samples[at : at + WINDOW], NARROW_HZ) for at in range(0, samples.size - WINDOW, WINDOW)]
    assert np.median(shares) < 0.25


def test_too_little_and_nothing_at_all_have_none() -> None:
    assert periodic_share(np.ones(10), NARROW_HZ) == 0.0
    assert periodic_share(np.zeros(WINDOW), NARROW_HZ) == 0.0
