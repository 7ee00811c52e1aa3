from itertools import pairwise, permutations
from math import ceil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_worker.media.resample import Resampler

RATES_HZ = (8_000, 11_025, 16_000, 22_050, 24_000, 44_100, 48_000)
PAIRS = list(permutations(RATES_HZ, 2))


def _tone(hz: float, rate_hz: int, seconds: float = 0.5, amplitude: float = 16_000) -> bytes:
    t = np.arange(int(rate_hz * seconds)) / rate_hz
    return np.rint(amplitude * np.sin(2 * np.pi * hz * t)).astype("<i2").tobytes()


def _power(pcm: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    return float(np.mean(pcm**2))


@pytest.mark.parametrize(("from_hz", "to_hz"), PAIRS)
def test_a_tone_keeps_its_level_and_phase_and_gains_no_noise(from_hz: int, to_hz: int) -> None:
    for hz in (100.0, 1000.0, 0.38 * min(from_hz, to_hz)):
        resampler = Resampler(from_hz, to_hz)
        output = np.frombuffer(resampler.push(_tone(hz, from_hz)), "<i2").astype(float)
        settled = output[to_hz // 20 :]
        t = (np.arange(to_hz // 20, output.size) - resampler.lag_samples) / to_hz
        expected = 16_000 * np.sin(2 * np.pi * hz * t)
        gain = float(settled @ expected / (expected @ expected))
        assert gain == pytest.approx(1.0, abs=0.005)
        assert 10 * np.log10(_power(settled) / _power(settled - gain * expected)) > 65


@pytest.mark.parametrize(("from_hz", "to_hz"), [pair for pair in PAIRS if pair[0] > pair[1]])
def test_what_the_lower_rate_cannot_carry_is_removed(from_hz: int, to_hz: int) -> None:
    hz = min(0.6 * to_hz, 0.49 * from_hz)
    if hz > 0.52 * to_hz:
        output = np.frombuffer(Resampler(from_hz, to_hz).push(_tone(hz, from_hz)), "<i2").astype(float)
        assert 10 * np.log10(_power(output[to_hz // 20 :]) / (16_000**2 / 2) + 1e-12) < -60


@given(st.sampled_from(PAIRS), st.lists(st.integers(0, 400), max_size=6), st.integers(0, 2**32 - 1))
def test_cutting_the_stream_changes_nothing(pair: tuple[int, int], cuts: list[int], seed: int) -> None:
    samples = np.random.default_rng(seed).integers(-32768, 32768, 400).astype("<i2")
    whole = Resampler(*pair)
    expected = whole.push(samples.tobytes()) + whole.flush()
    pieces = Resampler(*pair)
    bounds = [0, *sorted(cuts), samples.size]
    output = b"".join(pieces.push(samples[begin:end].tobytes()) for begin, end in pairwise(bounds))
    assert output + pieces.flush() == expected


@given(st.sampled_from(PAIRS), st.lists(st.integers(0, 700), max_size=8))
def test_not_a_sample_is_lost_or_invented(pair: tuple[int, int], sizes: list[int]) -> None:
    resampler, taken, given_back = Resampler(*pair), 0, 0
    for size in sizes:
        taken += size
        given_back += len(resampler.push(bytes(2 * size))) // 2
        assert given_back == ceil(taken * pair[1] / pair[0])
    assert len(resampler.flush()) // 2 == resampler.lag_samples


@pytest.mark.parametrize(("from_hz", "to_hz"), PAIRS)
def test_the_lag_is_at_most_two_milliseconds(from_hz: int, to_hz: int) -> None:
    assert Resampler(from_hz, to_hz).lag_samples / to_hz <= 0.002 + 0.5 / to_hz


def test_a_full_scale_step_saturates_instead_of_wrapping() -> None:
    step = np.concatenate([np.full(200, -32768), np.full(200, 32767)]).astype("<i2")
    output = np.frombuffer(Resampler(16_000, 8_000).push(step.tobytes()), "<i2")
    assert output.max() == 32767
    assert output[120:].min() > 29_000


def test_equal_rates_pass_through() -> None:
    resampler = Resampler(16_000, 16_000)
    assert resampler.push(b"\x01\x02") == b"\x01\x02"
    assert resampler.flush() == b""
    assert resampler.lag_samples == 0


@pytest.mark.parametrize(("from_hz", "to_hz"), [(0, 8_000), (8_000, -1)])
def test_impossible_rates_are_refused(from_hz: int, to_hz: int) -> None:
    with pytest.raises(ValueError, match="positive"):
        Resampler(from_hz, to_hz)
