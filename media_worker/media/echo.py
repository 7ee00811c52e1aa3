"""How much of what the microphone hears is our own voice: can a short echo path explain it? (conversation.md 4.5, A)

The echo comes some time after we played it, through a room. So: find the delay (generalised cross-correlation, nearly
whitened), fit the best 32 ms of an echo path by least squares, and see how much of the microphone's energy it
explains. Each question is answered from scratch: nothing adapts, so nothing diverges when a telephone is moved.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from media_worker.media.resample import Resampler
from media_worker.media.voicing import periodic_share

LONGEST_DELAY_S = 0.6
LONGEST_WINDOW_S = 1.0
_Samples = NDArray[np.float64]
_RATE_HZ = 8_000
"""Speech has most of its energy below 4 kHz, and a telephone leaves nothing above."""
_TAPS = 256
_LEAD = 24
"""The path begins 3 ms before the delay that was found."""
_BAND_HZ = (300.0, 3_400.0)
_WHITENING = 0.8
"""How far every frequency counts the same. 1 = the phase transform, which listens too much to what is only noise."""
_LOADING = 1e-3
"""Of the diagonal: keeps the path finite where our voice has no energy."""
_PRECISION = 1e-5
"""Of the path; more changes no verdict."""
_MOST_STEPS = 40
_LEAST_ENERGY = 1e-8
"""A mean square under -80 dBFS is nothing."""
_TOLERANCE_S = 0.010
"""Pieces of audio that follow each other so closely are one."""


class Explained(NamedTuple):
    """What our own voice has to do with a piece of the microphone's audio."""

    share: float
    """Of its energy, 0 to 1."""
    rest: _Samples
    """The audio without it, 8 kHz."""
    delay_s: float
    """Between our voice and its echo, if it is one."""

    def periodic_share(self, last_s: float) -> float:
        """How much of the end of the rest has the pitch of one voice (voicing.py)."""
        return periodic_share(self.rest[-round(last_s * _RATE_HZ) :], _RATE_HZ)


class Track:
    """The last seconds of one direction of a call, by session time."""

    def __init__(self, rate_hz: int, keep_s: float) -> None:
        self._rate_hz = rate_hz
        self._keep_bytes = round(keep_s * rate_hz) * 2
        self._audio = bytearray()
        self.end = 0
        """The sample, counted from the session's zero, that comes next."""

    def write(self, pcm: bytes, end_s: float) -> None:
        """Audio that ends at `end_s`; where nothing was written there is silence, and what it overlaps is forgotten."""
        missing = round(end_s * self._rate_hz) - self.end - len(pcm) // 2
        if abs(missing) > _TOLERANCE_S * self._rate_hz:
            self.end += missing
            if missing > 0:
                self._audio += bytes(min(2 * missing, self._keep_bytes))
            else:
                del self._audio[2 * missing :]
        self._audio += pcm
        self.end += len(pcm) // 2
        if len(self._audio) > 2 * self._keep_bytes:
            del self._audio[: -self._keep_bytes]

    def span(self, from_s: float, to_s: float) -> bytes:
        """The audio between two times; silence where there is none."""
        zero = self.end - len(self._audio) // 2
        first, last = round(from_s * self._rate_hz) - zero, round(to_s * self._rate_hz) - zero
        before = bytes(2 * (min(max(-first, 0), last - first)))
        return (before + bytes(self._audio[2 * max(first, 0) : 2 * max(last, 0)])).ljust(2 * (last - first), b"\0")


class EchoDetector:
    """Both directions of one call, and the question what one has to do with the other."""

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._played = Track(rate_hz, LONGEST_WINDOW_S + LONGEST_DELAY_S + 0.1)
        self._heard = Track(rate_hz, LONGEST_WINDOW_S)
        self._last_sound_s = -LONGEST_DELAY_S
        self._now_s = 0.0

    def played(self, pcm: bytes, now_s: float) -> None:
        """Our voice, as it sounded until now."""
        self._played.write(pcm, now_s)
        self._last_sound_s = now_s

    def heard(self, pcm: bytes, now_s: float) -> None:
        """The microphone, until now. Frames may come early or late: they follow each other all the same."""
        self._heard.write(pcm, (self._heard.end + len(pcm) // 2) / self._rate_hz)
        self._now_s = now_s

    def possible(self, now_s: float) -> bool:
        """Whether an echo of us could be heard now."""
        return now_s - self._last_sound_s < LONGEST_DELAY_S

    def explain(self, window_s: float) -> Explained:
        """What the last `window_s` of the microphone owe to us."""
        voice = self._played.span(self._now_s - window_s - LONGEST_DELAY_S - _TAPS / _RATE_HZ, self._now_s)
        return explain(self._microphone(window_s), _narrow(voice, self._rate_hz))

    def periodic_share(self, window_s: float) -> float:
        """How much of the last `window_s` of the microphone has the pitch of one voice (voicing.py)."""
        return periodic_share(self._microphone(window_s), _RATE_HZ)

    def _microphone(self, window_s: float) -> _Samples:
        until_s = self._heard.end / self._rate_hz
        return _narrow(self._heard.span(until_s - window_s, until_s), self._rate_hz)


def explain(microphone: _Samples, voice: _Samples) -> Explained:
    """How much of `microphone` a delayed and reverberated `voice` explains; 8 kHz, ends at the same time.

    `voice` is longer by the longest delay and the length of an echo path.
    """
    energy = float(np.mean(np.square(microphone)))
    if energy < _LEAST_ENERGY or float(np.mean(np.square(voice))) < _LEAST_ENERGY:
        return Explained(0.0, microphone, 0.0)
    delay = _delay(microphone, voice)
    begin = max(delay - _LEAD, 0)
    end = voice.size - begin
    source = voice[end - microphone.size - (_TAPS - 1) : end]
    predicted = np.convolve(source, _path(microphone, source), mode="valid")
    rest = microphone - predicted
    share = 1 - float(np.mean(np.square(rest))) / energy
    return Explained(min(max(share, 0.0), 1.0), rest, delay / _RATE_HZ)


def _delay(microphone: _Samples, voice: _Samples) -> int:
    """By how many samples the voice comes later in the microphone."""
    size = 1 << (microphone.size + voice.size - 1).bit_length()
    spectrum = np.fft.rfft(microphone, size) * np.conj(np.fft.rfft(voice, size))
    first, last = (round(hz / _RATE_HZ * size) for hz in _BAND_HZ)
    spectrum[:first] = 0
    spectrum[last:] = 0
    spectrum /= (np.abs(spectrum) + 1e-12) ** _WHITENING
    match = np.fft.irfft(spectrum, size)
    # The microphone's first sample belongs to the voice's at `longest + taps`, less the delay.
    aligned = voice.size - microphone.size
    lags = np.arange(round(LONGEST_DELAY_S * _RATE_HZ))
    return int(np.argmax(match[(lags - aligned) % size]))


def _path(microphone: _Samples, source: _Samples) -> _Samples:
    """The echo path that explains the most: least squares, autocorrelation method."""
    size = 1 << (source.size + _TAPS).bit_length()
    spectrum = np.fft.rfft(source, size)
    own = np.fft.irfft(np.abs(spectrum) ** 2, size)[:_TAPS]
    late = np.concatenate((np.zeros(_TAPS - 1), microphone))
    cross = np.fft.irfft(np.fft.rfft(late, size) * np.conj(spectrum), size)[:_TAPS]
    own[0] = own[0] * (1 + _LOADING) + 1e-12
    return solve_toeplitz(own, cross)


def solve_toeplitz(column: _Samples, right: _Samples) -> _Samples:
    """Solve a symmetric positive definite Toeplitz system, given by its first column.

    By conjugate gradients with a circulant preconditioner (T. Chan, 1988), where every product is a Fourier transform:
    faster than elimination, and it never starts the threads of a linear algebra library, which a media loop must not
    wait for.
    """
    count = column.size
    ring = np.fft.rfft(np.concatenate((column, [0.0], column[:0:-1])))
    steps = np.arange(count)
    wrapped = np.concatenate(([0.0], column[:0:-1]))
    near = np.maximum(np.fft.rfft(((count - steps) * column + steps * wrapped) / count).real, 1e-12)
    solution = np.zeros(count)
    rest = right.copy()
    better = np.fft.irfft(np.fft.rfft(rest) / near, count)
    direction, gain = better, float(rest @ better)
    enough = gain * _PRECISION
    for _ in range(_MOST_STEPS):
        if gain <= enough:
            break
        product = np.fft.irfft(ring * np.fft.rfft(direction, 2 * count), 2 * count)[:count]
        length = gain / float(direction @ product)
        solution += length * direction
        rest -= length * product
        better = np.fft.irfft(np.fft.rfft(rest) / near, count)
        gain, before = float(rest @ better), gain
        direction = better + gain / before * direction
    return solution


def _narrow(pcm: bytes, rate_hz: int) -> _Samples:
    narrow = Resampler(rate_hz, _RATE_HZ).push(pcm)
    return np.frombuffer(narrow, np.int16) / 32768.0
