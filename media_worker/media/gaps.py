"""Where a stream of audio has gaps, by the times that its pieces carry: silence is put into them."""

MAX_GAP_S = 2.0
"""A longer gap is a clock that was set anew, not audio that was lost."""


class Gaps:
    """One stream's timeline."""

    def __init__(self, sample_rate_hz: int) -> None:
        self._rate_hz = sample_rate_hz
        self._next: int | None = None
        """The sample that should come next."""

    def before(self, at_ms: int | None, samples: int) -> int | None:
        """How many samples of silence come before a piece of so many samples; None: it is late and is left out.

        A piece without a time comes where the last one ended.
        """
        expected = self._next
        if at_ms is None or expected is None:
            start = expected or 0 if at_ms is None else at_ms * self._rate_hz // 1000
            self._next = start + samples
            return 0
        start = at_ms * self._rate_hz // 1000
        gap = start - expected
        if abs(gap) > MAX_GAP_S * self._rate_hz:
            self._next = start + samples
            return 0
        if gap + samples <= 0:
            return None
        self._next = max(start, expected) + samples
        return max(gap, 0)
