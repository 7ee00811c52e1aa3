"""Who sends us messages: how many we take of him, and whether he may know that we are here."""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

MAX_SOURCES = 10_000
KNOWN_S = 3600.0
"""After his last call a caller is known for so long: his pings and late requests are answered."""


@dataclass
class Rate:
    """Messages a second, and how many at once."""

    per_s: float
    burst: float


STRANGER = Rate(per_s=10.0, burst=40.0)
KNOWN = Rate(per_s=2_000.0, burst=4_000.0)
"""A trunk sends the messages of all its calls from one address."""


class Sources:
    """By their IP addresses. Memory is bounded: of too many, those that were silent longest are forgotten."""

    def __init__(self, trusted: Iterable[str] = ()) -> None:
        """`trusted`: networks (CIDR) that are always known."""
        self._trusted = [ip_network(network) for network in trusted]
        self._known_until: OrderedDict[str, float] = OrderedDict()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """What is left, and when that was."""

    def admits(self, source: str, now: float) -> bool:
        """Whether another message of his is taken; it counts."""
        rate = KNOWN if self.knows(source, now) else STRANGER
        left, before = self._buckets.pop(source, (rate.burst, now))
        left = min(rate.burst, left + (now - before) * rate.per_s)
        admitted = left >= 1.0
        self._buckets[source] = (left - 1.0 if admitted else left), now
        if len(self._buckets) > MAX_SOURCES:
            self._buckets.popitem(last=False)
        return admitted

    def meet(self, source: str, now: float) -> None:
        """A call of his was one of ours."""
        self._known_until.pop(source, None)
        self._known_until[source] = now + KNOWN_S
        if len(self._known_until) > MAX_SOURCES:
            self._known_until.popitem(last=False)

    def knows(self, source: str, now: float) -> bool:
        """Whether he may know that we are here."""
        if self._known_until.get(source, 0.0) > now:
            return True
        return bool(self._trusted) and any(ip_address(source) in network for network in self._trusted)
