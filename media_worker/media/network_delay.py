"""How unevenly a network delivers a stream: the least time it took lately, and how much later packets come.

The zero of `base_s` is the sender's clock, which nobody knows: only differences mean anything. The least delay is that
of the last seconds, so it follows a sender whose clock runs faster or slower than ours, and a new route.
"""

import math

LEAST_WAIT_S, FIRST_WAIT_S, MOST_WAIT_S = 0.020, 0.040, 0.080
"""For a packet, from when the quickest network would have brought it (telephony.md 3.4)."""
_BUCKET_S = 2.0
_MARGIN_S = 0.010
"""Beyond the latest packet of late: the next one may be later still."""
_KEPT_PER_PACKET = 0.998
"""Of its lateness; at 50 packets a second half of it is forgotten after 7 s."""


class NetworkDelay:
    """One stream's. Times are seconds on one monotonic clock."""

    def __init__(self) -> None:
        self._least_s = self._least_before_s = math.inf
        """Of this bucket of time, and of the one before."""
        self._bucket_ends_at = math.inf
        self._late_s = FIRST_WAIT_S - _MARGIN_S

    def arrived(self, sent_s: float, now: float) -> None:
        """A packet came now; `sent_s` is its time on the sender's clock."""
        if now >= self._bucket_ends_at or self._bucket_ends_at == math.inf:
            self._bucket_ends_at = now + _BUCKET_S
            self._least_s, self._least_before_s = math.inf, self._least_s
        self._least_s = min(self._least_s, now - sent_s)
        self._late_s = max(now - sent_s - self.base_s, self._late_s * _KEPT_PER_PACKET)

    @property
    def base_s(self) -> float:
        """What a clock of ours shows when the quickest packet comes, less what the sender's showed; inf before one."""
        return min(self._least_s, self._least_before_s)

    @property
    def wait_s(self) -> float:
        """How much later than the quickest a packet may come before it is given up."""
        return min(max(self._late_s + _MARGIN_S, LEAST_WAIT_S), MOST_WAIT_S)
