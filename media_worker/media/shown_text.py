"""A reply that is read and not heard: the same playout, without sound. What was shown counts as heard."""

from collections.abc import Iterable

from media_worker.media.playout import HeardSegment, Playout


class ShownText(Playout):
    """One reply's text. Its segments are pieces of any length that follow one another verbatim."""

    wants_sound = False
    between_parts = "\n"

    def join(self, texts: Iterable[str]) -> str:
        """The pieces as one."""
        return "".join(texts).strip()

    def text_started(self) -> str | None:
        """All of the text, when it has grown since the last call."""
        if self.held or self._started_segments == len(self._segments):
            return None
        self._started_segments = len(self._segments)
        return self.join(segment.text for segment in self._segments) or None

    def drained(self, now: float) -> bool:
        """Everything has been shown and nothing follows."""
        return super().drained(now) and self._started_segments == len(self._segments)

    def cut(self, now: float) -> tuple[HeardSegment, ...]:
        """The pieces that were shown."""
        self.finish()
        return tuple(HeardSegment(segment.text, 1, 1, True) for segment in self._segments[: self._started_segments])
