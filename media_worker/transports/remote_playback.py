"""What a carrier plays of the audio that it was sent.

A carrier queues audio, plays it in real time and can drop what it has, but it cannot wait. So a hold has it drop
everything, and what was not heard by then is sent again. How late it plays is learned from the marks that it returns
when its playback reaches them: beyond the clock of a carrier that needs no time at all, a mark is late by the way
there, the carrier's own buffer and the way back.
"""

from collections import deque

MARK_EVERY_S = 0.2
"""How exactly it is known what of a reply was heard."""
MAX_OUTSTANDING = 100
"""A carrier that returns no marks is asked for no more than these; 20 seconds of them."""
KEPT_S = 2.0
"""No carrier is this far behind: what was sent before that was heard."""


class RemotePlayback:
    """The playback of one stream. Times are seconds on one monotonic clock."""

    def __init__(self, bytes_per_s: int) -> None:
        self._bytes_per_s = bytes_per_s
        self._ends_at = 0.0
        """When all that was sent would have sounded, at a carrier that needs no time."""
        self._late_s = 0.0
        self._unmarked = 0
        self._generation = 0
        self._number = 0
        self._outstanding: deque[tuple[str, float]] = deque()
        self._tail = b""
        """The end of what was sent."""

    def sent(self, audio: bytes, now: float) -> str | None:
        """This audio was sent; the name of the mark to send after it, when one is due."""
        self._ends_at = max(self._ends_at, now) + len(audio) / self._bytes_per_s
        self._tail = (self._tail + audio)[-self._size(KEPT_S) :]
        self._unmarked += len(audio)
        if self._unmarked < self._size(MARK_EVERY_S) or len(self._outstanding) >= MAX_OUTSTANDING:
            return None
        self._unmarked = 0
        self._number += 1
        name = f"{self._generation}-{self._number}"
        self._outstanding.append((name, self._ends_at))
        return name

    def returned(self, name: str, now: float) -> float | None:
        """By how many seconds that mark was late; None for one of audio that was dropped, or that we never sent."""
        for position, (outstanding, due_at) in enumerate(self._outstanding):
            if outstanding == name:
                for _ in range(position + 1):
                    self._outstanding.popleft()
                self._late_s = max(0.0, now - due_at)
                return self._late_s
        return None

    def hold(self, now: float) -> None:
        """The carrier is told to drop what it has, and to get it again."""
        unheard_s = min(max(0.0, self._ends_at + self._late_s - now), KEPT_S)
        unheard = self._tail[len(self._tail) - min(self._size(unheard_s), len(self._tail)) :]
        self.drop()
        self._tail = unheard

    def release(self) -> bytes:
        """What the carrier dropped when it was held: to be sent again, now."""
        unheard, self._tail = self._tail, b""
        return unheard

    def drop(self) -> None:
        """The carrier is told to drop what it has. It returns those marks at once, which means nothing."""
        self._generation += 1
        self._outstanding.clear()
        self._ends_at = self._unmarked = 0
        self._tail = b""

    def _size(self, seconds: float) -> int:
        """Whole samples, be they of one byte or of two."""
        return round(seconds * self._bytes_per_s) & ~1
