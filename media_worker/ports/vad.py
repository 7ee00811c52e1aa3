"""Voice activity detection."""

from collections.abc import Sequence
from typing import Protocol


class VadStream(Protocol):
    """The detector's memory of one audio stream."""

    @property
    def window_ms(self) -> int:
        """How much audio one probability covers."""
        ...

    def push(self, pcm: bytes) -> Sequence[float]:
        """Take audio of any even length; the speech probability of every window that it completes.

        Runs inline in the media loop: at most 1 ms for 20 ms of audio.
        """
        ...

    def reset(self) -> None:
        """Forget the past, after a gap in the audio."""
        ...


class VoiceActivityDetector(Protocol):
    """One per process; its model is shared by all streams."""

    def open(self, sample_rate_hz: int) -> VadStream:
        """A stream of its own; 8000 or 16000 Hz. Nothing to close."""
        ...
