"""Notices a muted microphone: the web SDK mutes by sending zeros, which no open microphone does for long."""

from dataclasses import dataclass

MUTED_S = 1.0
"""Shorter runs of zeros are gaps."""


@dataclass(frozen=True)
class MuteEdge:
    """The microphone was muted, or is open again."""

    on: bool
    since_s: float
    """Stream time of the first zero, or of the first sound."""


class MuteWatch:
    """Follows one stream."""

    def __init__(self) -> None:
        self._zeros_from_s: float | None = None
        self._muted = False

    def push(self, pcm: bytes, start_s: float, now_s: float) -> MuteEdge | None:
        """Take a frame between two stream times; almost always returns nothing."""
        if pcm.count(0) < len(pcm):
            self._zeros_from_s = None
            if self._muted:
                self._muted = False
                return MuteEdge(False, start_s)
            return None
        if self._zeros_from_s is None:
            self._zeros_from_s = start_s
        if not self._muted and now_s - self._zeros_from_s >= MUTED_S - 1e-6:
            self._muted = True
            return MuteEdge(True, self._zeros_from_s)
        return None
