"""How often somebody may ask: a token bucket, with time as an argument."""

from dataclasses import dataclass


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
