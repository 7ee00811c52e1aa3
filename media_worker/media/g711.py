"""G.711: the eight bits of a telephone, both laws, by table (ITU-T G.711; 8 kHz).

A sample's code is the one whose value is nearest, so `decode` after `encode` is within half a step.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

MU_BIAS = 33
"""Of the 14 bit scale on which the mu-law's segments are powers of two."""


class Law(NamedTuple):
    """One of the two companding laws."""

    values: NDArray[np.int16]
    """Of each of the 256 codes."""
    codes: NDArray[np.uint8]
    """Of each 16 bit sample, from -32768 on."""

    def decode(self, codes: bytes) -> bytes:
        """PCM, signed 16 bit little-endian: two bytes for each."""
        return self.values[np.frombuffer(codes, np.uint8)].tobytes()

    def encode(self, pcm: bytes) -> bytes:
        """A code for each sample of 16 bit PCM."""
        return self.codes[np.frombuffer(pcm, "<i2").astype(np.int32) + 32768].tobytes()


def _mu_law_values() -> NDArray[np.int16]:
    inverted = ~np.arange(256) & 0xFF
    segment, step = (inverted >> 4) & 7, inverted & 15
    magnitude = (((step << 1) + MU_BIAS) << segment) - MU_BIAS
    return (np.where(inverted & 0x80, -magnitude, magnitude) * 4).astype("<i2")


def _a_law_values() -> NDArray[np.int16]:
    toggled = np.arange(256) ^ 0x55
    segment, step = (toggled >> 4) & 7, toggled & 15
    magnitude = np.where(segment == 0, (step << 1) + 1, ((step << 1) + 33) << np.maximum(segment - 1, 0))
    return (np.where(toggled & 0x80, magnitude, -magnitude) * 8).astype("<i2")


def _law(values: NDArray[np.int16]) -> Law:
    order = np.argsort(values, kind="stable")
    ordered = values[order].astype(np.int32)
    borders = (ordered[1:] + ordered[:-1]) / 2
    samples = np.arange(-32768, 32768)
    return Law(values, order[np.searchsorted(borders, samples)].astype(np.uint8))


@lru_cache(maxsize=1)
def mu_law() -> Law:
    """PCMU: Twilio's, and North America's."""
    return _law(_mu_law_values())


@lru_cache(maxsize=1)
def a_law() -> Law:
    """PCMA: the rest of the world's."""
    return _law(_a_law_values())
