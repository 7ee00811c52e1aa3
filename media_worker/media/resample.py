"""Streaming conversion between sample rates: a polyphase FIR with a small fixed lag.

The filter is a Kaiser-windowed sinc, cut at the lower of the two rates and linear in phase. Its coefficients are
multiples of 2⁻²⁰, so every product with a 16 bit sample and every sum of them is exact in a float64: however a
stream is cut into pieces and in whatever order the machine adds, the output is the same, bit for bit.
"""

from functools import lru_cache
from math import ceil, gcd
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

_HALF_WIDTH = 16
"""Half the filter's length, in samples of the lower rate: the lag is 2 ms at 8 kHz, 1 ms at 16 kHz."""
_CUTOFF = 0.45
"""In cycles per sample of the lower rate: the pass band reaches 3.1 kHz at 8 kHz, and images start at 4.1 kHz."""
_KAISER_BETA = 6.5
"""About 68 dB of stop band."""
_GRID = 2.0**20


class _Filter(NamedTuple):
    up: int
    down: int
    phases: NDArray[np.float64]
    """One row of taps per phase; `up` rows, in the order in which they meet a window of oldest sample first."""
    lag: int
    """Delay in output samples."""


@lru_cache(maxsize=32)
def _design(from_hz: int, to_hz: int) -> _Filter:
    common = gcd(from_hz, to_hz)
    up, down = to_hz // common, from_hz // common
    slower = max(up, down)
    lag = max(round(_HALF_WIDTH * slower / down), 1)
    centre = lag * down
    taps_per_phase = ceil((2 * centre + 1) / up)
    at = np.arange(taps_per_phase * up) - centre
    cutoff = _CUTOFF / slower
    window = np.zeros(at.size)
    inside = np.abs(at) <= centre
    window[inside] = np.i0(_KAISER_BETA * np.sqrt(1 - (at[inside] / centre) ** 2)) / np.i0(_KAISER_BETA)
    taps = 2 * cutoff * np.sinc(2 * cutoff * at) * window
    phases = taps.reshape(taps_per_phase, up).T[:, ::-1]
    phases = phases / phases.sum(axis=1, keepdims=True)
    return _Filter(up, down, np.round(phases * _GRID) / _GRID, lag)


class Resampler:
    """Converts one stream: PCM bytes, signed 16 bit little-endian, mono, in and out.

    After n input samples ceil(n · to / from) output samples have come out, `lag_samples` later than they were said.
    """

    def __init__(self, from_hz: int, to_hz: int) -> None:
        if from_hz <= 0 or to_hz <= 0:
            raise ValueError(f"sample rates are positive, not {from_hz} and {to_hz}")
        self._filter = _design(from_hz, to_hz)
        self._identity = from_hz == to_hz
        self.lag_samples = 0 if self._identity else self._filter.lag
        """By how much the output is late, in output samples."""
        self.reset()

    def reset(self) -> None:
        """Start anew, as if silence had come before."""
        self._history = np.zeros(self._filter.phases.shape[1] - 1)
        self._next = 0
        """Position of the next output on the common clock, counted from the first new input sample."""

    def push(self, pcm: bytes) -> bytes:
        """Take audio of any even length and return what it completes."""
        if self._identity or not pcm:
            return pcm
        return self._convert(np.frombuffer(pcm, np.int16))

    def flush(self) -> bytes:
        """The stream is over: the last `lag_samples`, which the filter still holds. Then it starts anew."""
        if self._identity:
            return b""
        up, down, _, lag = self._filter
        tail = self._convert(np.zeros(ceil((self._next + lag * down) / up), np.int16))
        self.reset()
        return tail[: 2 * lag]

    def _convert(self, samples: NDArray[np.int16]) -> bytes:
        up, down, phases, _ = self._filter
        audio = np.concatenate((self._history, samples))
        count = max(-(-(samples.size * up - self._next) // down), 0)
        windows = sliding_window_view(audio, phases.shape[1])
        if down == 1 or up == 1:
            first, step = self._next // up, down if up == 1 else 1
            converted = (windows[first::step] @ phases.T).reshape(-1)[:count]
        else:
            positions = self._next + down * np.arange(count)
            converted = np.einsum("ij,ij->i", windows[positions // up], phases[positions % up])
        self._next += count * down - samples.size * up
        self._history = audio[samples.size :]
        return np.rint(converted).clip(-32768, 32767).astype(np.int16).tobytes()
