"""How long this process's callers waited lately."""

from collections import deque
from collections.abc import Iterable, Mapping

from callcore.calls.latency import percentile

KEPT = 1000
"""Answers; the newest count."""


class LatencyMeter:
    """The time to first audio of the last answers, of all sessions."""

    def __init__(self) -> None:
        self._first_audio: deque[int] = deque(maxlen=KEPT)

    def add(self, first_audio_ms: Iterable[int]) -> None:
        """A session is over; these were its waits."""
        self._first_audio.extend(first_audio_ms)

    def snapshot(self) -> Mapping[str, int] | None:
        """`p50` and `p95` in milliseconds, and of how many answers (`turns`); None before the first."""
        kept = tuple(self._first_audio)
        if not kept:
            return None
        return {"p50": percentile(kept, 0.50), "p95": percentile(kept, 0.95), "turns": len(kept)}
