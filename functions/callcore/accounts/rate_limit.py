"""How often somebody may ask: a token bucket, with time as an argument."""

from collections import OrderedDict
from dataclasses import dataclass

from callcore.errors import LimitExceeded

MAX_BUCKETS = 10_000
"""Whoever has not asked for longer than so many others starts anew."""


@dataclass(frozen=True)
class Rate:
    """What is allowed: so many requests at once, and then so many a second."""

    burst: int
    per_second: float


@dataclass(frozen=True)
class Bucket:
    """What is left of a rate."""

    tokens: float
    filled_at: float
    """Seconds on the clock of whoever asks."""


def full(rate: Rate, now: float) -> Bucket:
    """The bucket of somebody who has not asked yet."""
    return Bucket(rate.burst, now)


def take(bucket: Bucket, rate: Rate, now: float) -> tuple[Bucket, float]:
    """The bucket after one more request at `now`, and the seconds to wait before it is allowed: 0 = it is.

    A request that is not allowed takes nothing.
    """
    elapsed_s = max(0.0, now - bucket.filled_at)
    tokens = min(rate.burst, bucket.tokens + elapsed_s * rate.per_second)
    if tokens >= 1:
        return Bucket(tokens - 1, max(now, bucket.filled_at)), 0.0
    return Bucket(tokens, max(now, bucket.filled_at)), (1 - tokens) / rate.per_second


class RateLimiter:
    """The same rate for each of many, as this process sees them; several processes each allow the whole rate.

    For one event loop: it is not locked.
    """

    def __init__(self, rate: Rate, whose: str, what: str) -> None:
        """A refusal says `whose` allowance it is ("the key") and `what` is counted ("requests")."""
        self._rate = rate
        often = f"{rate.per_second:g} a second" if rate.per_second >= 1 else f"{rate.per_second * 60:g} a minute"
        self._refusal = f"{whose} allows {rate.burst} {what} at once and {often}"
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def count(self, name: str, now: float) -> None:
        """One request of that name, at `now` monotonic seconds. Raises LimitExceeded with the seconds to wait."""
        bucket = self._buckets.pop(name, None) or full(self._rate, now)
        self._buckets[name], wait_s = take(bucket, self._rate, now)
        if len(self._buckets) > MAX_BUCKETS:
            self._buckets.popitem(last=False)
        if wait_s > 0:
            raise LimitExceeded(self._refusal, retry_after_s=wait_s)
