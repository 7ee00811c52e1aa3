"""A telephone exchange's ear for keys: Goertzel's filter on the eight frequencies of ITU-T Q.23."""

import numpy as np

LOW_HZ, HIGH_HZ = (697, 770, 852, 941), (1209, 1336, 1477, 1633)
PAD = ("123A", "456B", "789C", "*0#D")
BLOCK_S = 0.02
LEAST_BLOCKS = 2
"""A key sounds for 40 ms at least (ITU-T Q.24)."""
LEAST_DBFS = -30.0
TWIST_DB = 6.0
"""By so much one of the sines may be louder."""


def keys_in(pcm: bytes, rate_hz: int) -> str:
    """The keys that are heard, in order; what is not cleanly one key is none."""
    samples = np.frombuffer(pcm, "<i2") / 32_768
    size = round(BLOCK_S * rate_hz)
    heard = [_key(samples[start : start + size], rate_hz) for start in range(0, len(samples) - size + 1, size)]
    keys, run = "", 0
    for before, key in zip(["", *heard], heard, strict=False):
        run = run + 1 if key == before else 1
        if key and run == LEAST_BLOCKS:
            keys += key
    return keys


def _key(block: "np.ndarray[tuple[int], np.dtype[np.float64]]", rate_hz: int) -> str:
    low, high = ([_power(block, frequency, rate_hz) for frequency in group] for group in (LOW_HZ, HIGH_HZ))
    row, column = int(np.argmax(low)), int(np.argmax(high))
    power = float(np.mean(block**2))
    if 10 * np.log10(power + 1e-12) < LEAST_DBFS or low[row] + high[column] < 0.7 * power:
        return ""
    return PAD[row][column] if abs(10 * np.log10(low[row] / (high[column] + 1e-12))) < TWIST_DB else ""


def _power(block: "np.ndarray[tuple[int], np.dtype[np.float64]]", frequency: int, rate_hz: int) -> float:
    """Goertzel: the mean square of the block's sine of this frequency."""
    coefficient = 2 * np.cos(2 * np.pi * frequency / rate_hz)
    before = last = 0.0
    for sample in block:
        before, last = last, float(sample) + coefficient * last - before
    return float(last**2 + before**2 - coefficient * last * before) * 2 / len(block) ** 2
