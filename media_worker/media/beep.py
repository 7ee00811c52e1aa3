"""Hears the tone after which a machine records (telephony.md 5.1 d): one sine, and then nothing.

A window is tonal when one frequency holds nearly all of its power. Voices have overtones, ringing and busy tones are
two sines at once, keys too, and a whistle slides. So a run of tonal windows of one frequency that ends in silence is a
beep.
"""

import numpy as np
import numpy.typing as npt

WINDOW_S, HOP_S = 0.064, 0.02
LOWEST_HZ, HIGHEST_HZ = 400, 2000
LEAST_S, MAX_S = 0.2, 2.0
"""Of the tone; what is longer is a fax machine or a dead line."""
SILENCE_S = 0.1
EDGE_S = 0.1
"""Between tone and silence: windows that hold some of both, and the echo of a line."""
TONAL_DB = 15.0
"""Of the frequency over all the rest."""
LEAST_DBFS = -45.0
FALL_DB = 15.0
"""It is silent when the sound is so much weaker than the tone was."""
STEADY_HZ = 25.0
LISTENS_S = 60.0
"""From the answer of the call; later beeps mean nothing."""
_PEAK_BINS = 2
"""A sine's own, to either side of its greatest (Hann's window)."""
Samples = npt.NDArray[np.float64]


class BeepDetector:
    """One call's. Feed it all that comes from the other end, in order."""

    def __init__(self, rate_hz: int) -> None:
        self._hann = np.hanning(round(WINDOW_S * rate_hz))
        self._hop = round(HOP_S * rate_hz)
        self._hz_per_bin = rate_hz / len(self._hann)
        self._waiting: Samples = np.zeros(0)
        self._left = round(LISTENS_S / HOP_S)
        """Windows that are still listened to."""
        self._tone_hz = self._level_db = 0.0
        """Of the run, while there is one."""
        self._tonal = self._silent = self._other = 0
        """Windows of the run, of the silence after it, and between the two."""

    def push(self, pcm: bytes) -> bool:
        """The next audio, 16 bit; whether a beep has just ended in it."""
        if not self._left:
            return False
        self._waiting = np.concatenate((self._waiting, np.frombuffer(pcm, "<i2") / 32_768))
        heard = False
        while len(self._waiting) >= len(self._hann) and self._left:
            heard = self._take(self._waiting[: len(self._hann)]) or heard
            self._waiting = self._waiting[self._hop :]
            self._left -= 1
        return heard

    def _take(self, samples: Samples) -> bool:
        level_db = 10 * float(np.log10(np.mean(samples**2) + 1e-12))
        tone_hz = self._tone_in(samples) if level_db > LEAST_DBFS else None
        if tone_hz is not None:
            goes_on = self._tonal and not (self._silent or self._other) and abs(tone_hz - self._tone_hz) < STEADY_HZ
            self._tonal = self._tonal + 1 if goes_on else 1
            self._tone_hz, self._level_db = tone_hz, level_db
            self._silent = self._other = 0
        elif not self._tonal:
            return False
        elif level_db < self._level_db - FALL_DB:
            self._silent += 1
        else:
            self._other += 1
        return self._is_over()

    def _is_over(self) -> bool:
        """Whether the run has become a beep; a run that cannot become one any more is forgotten."""
        if self._other * HOP_S > EDGE_S:
            self._tonal = 0
            return False
        if self._silent * HOP_S < SILENCE_S:
            return False
        is_beep = LEAST_S <= self._tonal * HOP_S <= MAX_S
        self._tonal = 0
        return is_beep

    def _tone_in(self, samples: Samples) -> float | None:
        """The only frequency of the window; None: it has many, or none."""
        power = np.abs(np.fft.rfft(samples * self._hann)) ** 2
        peak = int(np.argmax(power))
        hz = peak * self._hz_per_bin
        own = float(power[max(0, peak - _PEAK_BINS) : peak + _PEAK_BINS + 1].sum())
        rest = float(power.sum()) - own
        is_tone = LOWEST_HZ <= hz <= HIGHEST_HZ and own > rest * 10 ** (TONAL_DB / 10)
        return hz if is_tone else None
