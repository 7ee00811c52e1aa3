"""Both laws of G.711, against values of the recommendation's tables and by what companding promises."""

import numpy as np
import pytest

from media_worker.media.g711 import Law, a_law, mu_law

LAWS = pytest.mark.parametrize("law", [mu_law(), a_law()], ids=["mu", "A"])


@pytest.mark.parametrize(
    ("law", "code", "value"),
    [
        (mu_law(), 0x00, -32124),
        (mu_law(), 0x80, 32124),
        (mu_law(), 0xFF, 0),
        (mu_law(), 0x7F, 0),
        (mu_law(), 0xE7, 260),
        (a_law(), 0x2A, -32256),
        (a_law(), 0xAA, 32256),
        (a_law(), 0xD5, 8),
        (a_law(), 0x55, -8),
    ],
)
def test_codes_have_the_values_of_the_recommendation(law: Law, code: int, value: int) -> None:
    assert np.frombuffer(law.decode(bytes([code])), "<i2")[0] == value


@LAWS
def test_what_was_decoded_is_encoded_to_the_same_value(law: Law) -> None:
    pcm = law.decode(bytes(range(256)))
    assert law.decode(law.encode(pcm)) == pcm


@LAWS
def test_every_sample_is_within_half_a_step_of_its_code(law: Law) -> None:
    samples = np.arange(-32768, 32768, dtype="<i2")
    decoded = np.frombuffer(law.decode(law.encode(samples.tobytes())), "<i2").astype(int)
    error = np.abs(decoded - samples)
    nearest = np.abs(law.values.astype(int)[:, None] - samples[None, ::97]).min(axis=0)
    assert (error[::97] == nearest).all()
    assert error.max() < 700


@LAWS
def test_a_telephone_band_keeps_38_decibels(law: Law) -> None:
    samples = (8000 * np.sin(np.arange(8000) * 2 * np.pi * 1000 / 8000)).astype("<i2")
    decoded = np.frombuffer(law.decode(law.encode(samples.tobytes())), "<i2").astype(float)
    noise = np.mean((decoded - samples) ** 2)
    assert 10 * np.log10(np.mean(samples.astype(float) ** 2) / noise) > 36


@LAWS
def test_nothing_is_nothing(law: Law) -> None:
    assert law.encode(b"") == law.decode(b"") == b""
