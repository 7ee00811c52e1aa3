"""What sounds in place of lost audio: the last period of the voice again, fading, and then nothing.

After ITU-T G.711, appendix I, simplified: the period is where the end of what was heard is most like itself a little
earlier; it is repeated, and the first audio after the loss is faded in over it.
"""

import numpy as np
from numpy.typing import NDArray

LOUD_S, FADED_S = 0.010, 0.060
"""A substitute is as loud as the voice was at first, and silent from then on: longer ones are heard as a buzz."""
SHORTEST_PERIOD_S, LONGEST_PERIOD_S = 0.0025, 0.015
"""400 Hz to 67 Hz: all voices."""
MATCHED_S = 0.020
"""How much of the end is compared."""
BLEND_S = 0.004
_FULL_SCALE = 32768
_Samples = NDArray[np.float64]


class Concealment:
    """One stream of PCM, signed 16 bit, mono: `heard` what came, `conceal` what did not, in order."""

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._history: _Samples = np.zeros(round((MATCHED_S + LONGEST_PERIOD_S) * rate_hz))
        self._period: _Samples = self._history[:0]
        """What is repeated; empty unless the last audio was a substitute."""
        self._concealed = 0
        """Samples of the present loss."""

    def heard(self, pcm: bytes) -> bytes:
        """Audio that has come, as it is to be played."""
        if self._concealed and pcm:
            pcm = self._blend(pcm)
        self._concealed = 0
        recent = np.frombuffer(pcm, "<i2")[-self._history.size :]
        if recent.size:
            self._history = np.concatenate((self._history[recent.size :], recent))
        return pcm

    def conceal(self, samples: int) -> bytes:
        """So many samples in place of audio that was lost."""
        if not self._concealed:
            self._period = self._history[-self._pitch() :]
        substitute = self._repeated(samples)
        self._concealed += samples
        return _to_pcm(substitute)

    def _pitch(self) -> int:
        """Of the end of what was heard, in samples."""
        matched = round(MATCHED_S * self._rate_hz)
        shortest, longest = (round(s * self._rate_hz) for s in (SHORTEST_PERIOD_S, LONGEST_PERIOD_S))
        end = self._history[-matched:]
        # Places at which a piece as long as `end` begins one period before it, the longest period first.
        earlier = np.lib.stride_tricks.sliding_window_view(self._history, matched)
        earlier = earlier[earlier.shape[0] - 1 - longest : earlier.shape[0] - shortest]
        likeness = earlier @ end / np.sqrt(np.einsum("ij,ij->i", earlier, earlier) + 1.0)
        return longest - int(np.argmax(likeness))

    def _repeated(self, samples: int) -> _Samples:
        at = np.arange(self._concealed, self._concealed + samples)
        loudness = 1 - (at / self._rate_hz - LOUD_S) / (FADED_S - LOUD_S)
        repeated: _Samples = self._period[at % self._period.size] * loudness.clip(0.0, 1.0)
        return repeated

    def _blend(self, pcm: bytes) -> bytes:
        """Fade from the substitute to what has come."""
        came = np.frombuffer(pcm, "<i2").astype(np.float64)
        length = min(round(BLEND_S * self._rate_hz), came.size)
        share = np.arange(1, length + 1) / (length + 1)
        came[:length] = came[:length] * share + self._repeated(length) * (1 - share)
        return _to_pcm(came)


def _to_pcm(samples: _Samples) -> bytes:
    return samples.round().clip(-_FULL_SCALE, _FULL_SCALE - 1).astype("<i2").tobytes()
