import numpy as np
import numpy.typing as npt
import pytest

from media_worker.media.beep import LISTENS_S, BeepDetector
from media_worker.media.g711 import mu_law
from media_worker.media.tones import tones

Samples = npt.NDArray[np.float64]


def sine(seconds: float, *frequencies: float, rate_hz: int = 8_000, level: float = 0.2) -> Samples:
    times = np.arange(round(seconds * rate_hz)) / rate_hz
    mixed: Samples = np.sum([np.sin(2 * np.pi * hz * times) for hz in frequencies], axis=0)
    return level * mixed


def nothing(seconds: float, rate_hz: int = 8_000) -> Samples:
    return np.zeros(round(seconds * rate_hz))


def beeps(*sounds: Samples, rate_hz: int = 8_000, noise: float = 0.0) -> int:
    """How often one is heard in these sounds, in pieces of 20 ms."""
    whole = np.concatenate(sounds)
    whole = whole + np.random.default_rng(5).normal(0, noise, len(whole)) if noise else whole
    pcm = (whole.clip(-1, 1) * 32_767).astype("<i2").tobytes()
    if rate_hz == 8_000:
        pcm = mu_law().decode(mu_law().encode(pcm))
    detector, size = BeepDetector(rate_hz), rate_hz // 25
    return sum(detector.push(pcm[start : start + size]) for start in range(0, len(pcm), size))


@pytest.mark.parametrize("rate_hz", [8_000, 16_000])
@pytest.mark.parametrize("hz", [420, 800, 1000, 1400, 1980])
@pytest.mark.parametrize("seconds", [0.25, 0.5, 1.2])
def test_one_tone_and_then_nothing_is_a_beep(hz: float, seconds: float, rate_hz: int) -> None:
    quiet = nothing(0.5, rate_hz)
    assert beeps(quiet, sine(seconds, hz, rate_hz=rate_hz), quiet, rate_hz=rate_hz, noise=0.005) == 1


@pytest.mark.parametrize(
    "sound",
    [
        sine(0.1, 1000),
        sine(3.0, 1100),
        sine(0.5, 440, 480),
        sine(0.5, 480, 620),
        sine(0.5, 300),
        sine(0.5, 2200),
        sine(0.5, 1000, level=0.001),
        np.concatenate([sine(0.1, hz) for hz in range(600, 1400, 100)]),
        np.frombuffer(tones("5", 8_000) * 4, "<i2") / 32_768,
        np.random.default_rng(1).normal(0, 0.2, 8_000),
    ],
    ids=["click", "fax", "ringing", "busy", "hum", "high", "faint", "slide", "keys", "noise"],
)
def test_other_sounds_are_none(sound: Samples) -> None:
    assert beeps(nothing(0.3), sound, nothing(0.5)) == 0


def test_a_tone_that_a_voice_follows_at_once_is_none() -> None:
    vowel = sine(1.0, 150, 300, 450, 600, 750, level=0.05)
    assert beeps(nothing(0.3), sine(0.4, 1000), vowel, nothing(0.5)) == 0


def test_after_a_minute_nothing_is_a_beep() -> None:
    assert beeps(nothing(LISTENS_S + 0.1), sine(0.4, 1000), nothing(0.5)) == 0
