import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media_worker.media.g711 import mu_law
from media_worker.media.tones import FREQUENCIES_HZ, tones
from tests.peers.keypad import keys_in


@settings(max_examples=30, deadline=None)
@given(st.text(st.sampled_from([*FREQUENCIES_HZ, "w"]), min_size=1, max_size=8), st.sampled_from([8_000, 16_000]))
def test_an_exchange_hears_the_keys(keys: str, rate_hz: int) -> None:
    assert keys_in(tones(keys, rate_hz), rate_hz) == keys.replace("w", "")


def test_mu_law_keeps_them() -> None:
    line = mu_law().decode(mu_law().encode(tones("159#", 8_000)))
    assert keys_in(line, 8_000) == "159#"


def test_the_ear_of_this_test_hears_no_keys_in_noise_or_a_single_sine() -> None:
    noise = np.random.default_rng(3).normal(0, 4_000, 16_000).astype("<i2").tobytes()
    sine = (8_000 * np.sin(2 * np.pi * 697 * np.arange(8_000) / 8_000)).astype("<i2").tobytes()
    assert keys_in(noise, 8_000) == keys_in(sine, 8_000) == ""


@pytest.mark.parametrize("rate_hz", [8_000, 16_000])
def test_a_key_sounds_for_100_ms_and_is_silent_for_80(rate_hz: int) -> None:
    samples = np.frombuffer(tones("5", rate_hz), "<i2")
    assert len(samples) == 0.18 * rate_hz
    assert not samples[round(0.1 * rate_hz) :].any()
    level_dbm0 = 10 * np.log10(np.mean((samples[: round(0.1 * rate_hz)] / 32_767.0) ** 2) * 2) + 3.17
    assert level_dbm0 == pytest.approx(-8 + 10 * np.log10(2), abs=0.1)
    assert len(tones("w", rate_hz)) == rate_hz
