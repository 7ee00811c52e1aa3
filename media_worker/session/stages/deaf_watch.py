"""Whether a recogniser that is connected hears anything: its vendor may be silent without closing the connection."""

from media_worker.conversation.events import Event, Sound, SoundJudged, SpeechEnded, SpeechStarted
from media_worker.ports.stt import Final, Partial, Transcript

DEAF_MS = 400
"""Speech of this length has words, and a final text of it is due."""
AGAIN_S = 30.0
"""What goes on after a recogniser was taken for deaf is a noise that only we take for speech."""
TOLERANCE_S = 0.05


class DeafWatch:
    """Told what is heard and what the recogniser says; times are the session's, positions the stream's, in seconds."""

    def __init__(self) -> None:
        self._wordless_ms = 0
        """Speech since the last word."""
        self._is_user = True
        self._deaf_at: float | None = None

    def sounded(self, event: Event) -> None:
        """Our own detector heard something."""
        match event:
            case SpeechStarted():
                self._is_user = True
            case SoundJudged(sound):
                self._is_user = sound is Sound.USER
            case SpeechEnded(_, voiced_ms) if self._is_user:
                self._wordless_ms += voiced_ms

    def told(self, transcript: Transcript, flushed_s: float, now: float) -> bool:
        """Whether the recogniser is taken for deaf: it makes nothing of speech, and does not say that it was none.

        `flushed_s`: up to where its final text was asked for.
        """
        if isinstance(transcript, Partial | Final) and (transcript.text or self._is_covered(transcript, flushed_s)):
            self._wordless_ms = 0
            return False
        if not isinstance(transcript, Final) or self._wordless_ms < DEAF_MS:
            return False
        if self._deaf_at is not None and now - self._deaf_at < AGAIN_S:
            return False
        self._deaf_at, self._wordless_ms = now, 0
        return True

    def _is_covered(self, transcript: Transcript, flushed_s: float) -> bool:
        """It says that there are no words."""
        until_s = transcript.until_s if isinstance(transcript, Final) else 0.0
        return until_s is None or until_s >= flushed_s - TOLERANCE_S
