"""The rate of every key, as this process sees it; several processes each allow the whole rate."""

from collections import OrderedDict

from callcore.errors import LimitExceeded
from callcore.rate_limit import Bucket, Rate, full, take

MAX_KEYS = 10_000
"""A key that was not used for longer than so many others starts anew."""


class RateLimiter:
    """For one event loop: it is not locked."""

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def count(self, key_hash: str, now: float) -> None:
        """One request with this key, at `now` monotonic seconds. Raises LimitExceeded with the seconds to wait."""
        bucket = self._buckets.pop(key_hash, None) or full(self._rate, now)
        self._buckets[key_hash], wait_s = take(bucket, self._rate, now)
        if len(self._buckets) > MAX_KEYS:
            self._buckets.popitem(last=False)
        if wait_s > 0:
            rate = f"{self._rate.burst} requests at once and {self._rate.per_second:g} a second"
            raise LimitExceeded(f"the key allows {rate}", retry_after_s=wait_s)
