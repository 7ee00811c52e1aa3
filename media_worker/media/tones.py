"""Telephone keys as sound: two sines each (ITU-T Q.23), for lines that know no other way to say them."""

import numpy as np

ON_S, OFF_S = 0.1, 0.08
WAIT_S = 0.5
"""Of a `w`."""
WAIT = "w"
LEVEL_DBM0 = -8.0
"""Of each sine."""
FULL_SCALE_DBM0 = 3.17
"""Of the largest sine that G.711's mu-law can hold (ITU-T G.711, table 2b)."""
LOW_HZ = (697, 770, 852, 941)
HIGH_HZ = (1209, 1336, 1477, 1633)
PAD = ("123A", "456B", "789C", "*0#D")
FREQUENCIES_HZ = {
    key: (low, high) for low, row in zip(LOW_HZ, PAD, strict=True) for high, key in zip(HIGH_HZ, row, strict=True)
}


def tones(keys: str, rate_hz: int) -> bytes:
    """PCM of these keys, 16 bit, in order; every key is one of FREQUENCIES_HZ or WAIT."""
    return b"".join(_silence(WAIT_S, rate_hz) if key == WAIT else _tone(key, rate_hz) for key in keys)


def _tone(key: str, rate_hz: int) -> bytes:
    amplitude = 32_767 * 10 ** ((LEVEL_DBM0 - FULL_SCALE_DBM0) / 20)
    times = np.arange(round(ON_S * rate_hz)) / rate_hz
    low, high = (np.sin(2 * np.pi * frequency * times) for frequency in FREQUENCIES_HZ[key])
    return bytes(((low + high) * amplitude).astype("<i2").tobytes()) + _silence(OFF_S, rate_hz)


def _silence(seconds: float, rate_hz: int) -> bytes:
    return bytes(2 * round(seconds * rate_hz))
