"""How loud and how bright the microphone is, and how loud the room is on its own (conversation.md 2.3).

Energies are mean squares of samples scaled to ±1 and stay linear: 0 dBFS is 1.0, a full-scale sine 0.5.
Brightness is the mean square of the first difference: hissing consonants that are weak in energy stand out.
"""

import math
from collections import deque

import numpy as np
from numpy.typing import NDArray

Pcm = NDArray[np.int16]
Energies = NDArray[np.float64]

_FULL_SCALE_SQUARED = 32768.0**2
_SILENCE_DBFS = -120.0


def to_dbfs(energy: float) -> float:
    """A mean square as dBFS; silence is -120."""
    return 10 * math.log10(energy) if energy > 1e-12 else _SILENCE_DBFS


def from_dbfs(dbfs: float) -> float:
    """The mean square of a level in dBFS."""
    return float(10 ** (dbfs / 10))


def ratio(decibels: float) -> float:
    """The factor between two energies that lie `decibels` apart."""
    return float(10 ** (decibels / 10))


def frame_energies(pcm: Pcm, previous: int, frame_samples: int) -> tuple[Energies, Energies]:
    """Energy and brightness of every frame of `pcm`, whose length is a multiple of `frame_samples`.

    `previous` is the sample before the first one, so that brightness does not depend on how a stream was cut.
    """
    samples = np.empty(pcm.size + 1, np.float64)
    samples[0] = previous
    samples[1:] = pcm
    difference = np.diff(samples).reshape(-1, frame_samples)
    frames = samples[1:].reshape(-1, frame_samples)
    scale = frame_samples * _FULL_SCALE_SQUARED
    return (
        np.einsum("ij,ij->i", frames, frames) / scale,
        np.einsum("ij,ij->i", difference, difference) / scale,
    )


class NoiseFloor:
    """The room's own level: a slow minimum of the smoothed energy of 20 ms frames.

    It falls at once and rises by at most 3 dB a second; while the memory is not yet full, when the initial value
    is only a guess, every quarter of a second of room may lift it. Digital silence (a muted client) is not a room
    and never moves it.
    """

    _SMOOTHING = 0.8
    _BUCKETS = 6
    _BUCKET_FRAMES = 12
    """About 250 ms of 20 ms frames; six of them make the 1.5 s of memory."""
    _BIAS = ratio(2.0)
    """A running minimum lies under the mean."""
    _RISE_PER_FRAME = ratio(3.0 * 0.020)
    _LOWEST = from_dbfs(-75.0)
    _HIGHEST = from_dbfs(-35.0)

    def __init__(self, initial_dbfs: float = -60.0) -> None:
        self.energy = from_dbfs(initial_dbfs)
        """The floor as a mean square."""
        self._smoothed: float | None = None
        self._minima: deque[float] = deque([math.inf], maxlen=self._BUCKETS)
        self._bucket_minimum = math.inf
        self._bucket_age = 0

    @property
    def dbfs(self) -> float:
        """The floor in dBFS, between -75 and -35."""
        return to_dbfs(self.energy)

    def update(self, energy: float) -> None:
        """Take the energy of the next 20 ms frame that holds neither speech nor our own echo."""
        if energy == 0.0:
            return
        old = energy if self._smoothed is None else self._smoothed
        self._smoothed = self._SMOOTHING * old + (1 - self._SMOOTHING) * energy
        self._bucket_minimum = min(self._bucket_minimum, self._smoothed)
        known = len(self._minima) == self._BUCKETS
        self._move(min(self._bucket_minimum, *self._minima), self._RISE_PER_FRAME if known else 1.0)
        self._bucket_age += 1
        if self._bucket_age == self._BUCKET_FRAMES:
            self._minima.append(self._bucket_minimum)
            self._bucket_minimum = math.inf
            self._bucket_age = 0
            if not known:
                self._move(min(self._minima), math.inf)

    def _move(self, minimum: float, highest_rise: float) -> None:
        floor = min(minimum * self._BIAS, self.energy * highest_rise)
        self.energy = min(max(floor, self._LOWEST), self._HIGHEST)
