"""Takes the times of one answer; callcore.calls.latency says what they mean."""

from callcore.calls.latency import TurnLatency


class TurnWatch:
    """Give it the moments as they come; of each kind the first counts. Times are seconds on the session's clock."""

    def __init__(self) -> None:
        self._true_end: float | None = None
        self._committed_at = self._asked_at = 0.0
        self._first_token_at: float | None = None
        self._first_segment_at: float | None = None
        self._first_sound_at: float | None = None

    def ask(self, now: float) -> None:
        """The model is asked; a reply that is prepared is asked for before the turn is complete."""
        self._asked_at = now

    def commit(self, true_end: float | None, now: float) -> None:
        """The reply is owed to speech that ended at `true_end`; None = it answers nobody."""
        self._true_end, self._committed_at = true_end, now

    def token(self, now: float) -> None:
        """The model has said something."""
        self._first_token_at = now if self._first_token_at is None else self._first_token_at

    def segment(self, now: float) -> None:
        """A piece of text goes to the voice."""
        self._first_segment_at = now if self._first_segment_at is None else self._first_segment_at

    def sound(self, now: float) -> None:
        """The voice has made a sound."""
        self._first_sound_at = now if self._first_sound_at is None else self._first_sound_at

    def sent(self, now: float) -> TurnLatency | None:
        """The first sample is on its way: the latencies; None when the agent answered nobody."""
        if self._true_end is None:
            return None
        return TurnLatency(
            endpointing_delay=_ms(self._true_end, self._committed_at),
            llm_ttft=_span(self._asked_at, self._first_token_at),
            first_segment=_span(self._asked_at, self._first_segment_at),
            tts_ttfb=_span(self._first_segment_at, self._first_sound_at),
            first_audio=_ms(self._true_end, now),
        )


def _ms(start: float, end: float) -> int:
    return round((end - start) * 1000)


def _span(start: float | None, end: float | None) -> int | None:
    return None if start is None or end is None else _ms(start, end)
