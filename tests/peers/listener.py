"""What a vendor hears, by energy alone: where speech is in the audio, and which utterance of a list it is."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

WINDOW_MS = 10
SPEECH_RMS = 200.0
MIN_SPEECH_MS = 60
"""A shorter sound is a click."""
WORD_MS = 300


@dataclass
class Utterances:
    """What every stretch of speech is taken for, in order and around again: of one vendor, over all its connections."""

    texts: Sequence[str] = ("hello",)
    told: int = 0
    """How many were told as final texts. One that was not is heard again when its audio comes again."""

    @property
    def next(self) -> str:
        """The first that was not told yet."""
        return self.texts[self.told % len(self.texts)]


@dataclass
class Spoken:
    """One utterance as the vendor has it so far. Times are ms of audio."""

    text: str
    start_ms: int
    end_ms: int

    def words(self, spoken_ms: int | None = None) -> list[tuple[str, float, float]]:
        """Word, start and end in seconds: all, or as many as are said in that time."""
        words = self.text.split()
        step_ms = (self.end_ms - self.start_ms) / max(1, len(words))
        count = len(words) if spoken_ms is None else min(len(words), spoken_ms // WORD_MS)
        return [
            (word, (self.start_ms + at * step_ms) / 1000, (self.start_ms + (at + 1) * step_ms) / 1000)
            for at, word in enumerate(words[:count])
        ]


@dataclass
class Listener:
    """Feed it audio; it tells what has become of the speech in it."""

    utterances: Utterances
    rate_hz: int
    now_ms: int = 0
    """How much audio there was."""
    silent_ms: int = 0
    """Since the last sound."""
    spoken: Spoken | None = None
    """The utterance that runs, or waits to be told as a final text."""
    _left: bytes = b""
    _voiced_ms: int = 0

    def windows(self, pcm: bytes) -> list[bool]:
        """Whether there is speech, window by window; an odd rest waits for the next audio."""
        window_bytes = self.rate_hz * WINDOW_MS // 1000 * 2
        pcm = self._left + pcm
        whole = len(pcm) // window_bytes * window_bytes
        self._left = pcm[whole:]
        if not whole:
            return []
        samples = np.frombuffer(pcm[:whole], "<i2").reshape(-1, window_bytes // 2).astype(np.float64)
        return [bool(rms > SPEECH_RMS) for rms in np.sqrt((samples**2).mean(axis=1))]

    def step(self, *, is_speech: bool) -> bool:
        """One window has passed; whether an utterance has just begun."""
        self.now_ms += WINDOW_MS
        if not is_speech:
            self.silent_ms += WINDOW_MS
            self._voiced_ms = 0 if self.silent_ms > MIN_SPEECH_MS else self._voiced_ms
            return False
        self.silent_ms = 0
        self._voiced_ms += WINDOW_MS
        if self.spoken is not None:
            self.spoken.end_ms = self.now_ms
            return False
        if self._voiced_ms < MIN_SPEECH_MS:
            return False
        self.spoken = Spoken(self.utterances.next, self.now_ms - self._voiced_ms, self.now_ms)
        return True

    def take(self) -> Spoken | None:
        """The utterance, once: it is told as a final text. Sound that follows begins another one."""
        spoken, self.spoken = self.spoken, None
        if spoken is not None:
            self.utterances.told += 1
            self._voiced_ms = 0
        return spoken
