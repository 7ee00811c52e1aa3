"""Whether a sound is one voice: a crowd, a cough and a breath have no pitch that lasts (conversation.md 4.4)."""

import numpy as np
from numpy.typing import NDArray

_FRAME_S, _HOP_S = 0.025, 0.020
_LOWEST_HZ, _HIGHEST_HZ = 70, 400
"""Of a voice's pitch."""
_PERIODIC = 0.7
"""From this similarity of a frame to itself one period later, it has a pitch."""
_QUIET = 10**-1.5
"""Frames that much weaker than the strongest say nothing."""

_Samples = NDArray[np.float64]


def periodic_share(samples: _Samples, rate_hz: int) -> float:
    """How many of the loud frames have a pitch, 0 to 1; of one speaking person about half or more."""
    frame, hop = round(_FRAME_S * rate_hz), round(_HOP_S * rate_hz)
    lags = np.arange(rate_hz // _HIGHEST_HZ, rate_hz // _LOWEST_HZ + 1)
    length = frame + int(lags[-1])
    count = (samples.size - length) // hop + 1
    if count < 1:
        return 0.0
    pieces = samples[np.arange(count)[:, None] * hop + np.arange(length)]
    size = 1 << (2 * length - 1).bit_length()
    spectra = np.fft.rfft(pieces, size) * np.conj(np.fft.rfft(pieces[:, :frame], size))
    products = np.fft.irfft(spectra, size)[:, lags]
    sums = np.concatenate((np.zeros((count, 1)), np.cumsum(pieces**2, axis=1)), axis=1)
    energies = sums[:, frame]
    similar = products / np.sqrt(energies[:, None] * (sums[:, lags + frame] - sums[:, lags]) + 1e-12)
    loud = energies > energies.max() * _QUIET
    return float(np.mean(similar[loud].max(axis=1) > _PERIODIC)) if loud.any() else 0.0
