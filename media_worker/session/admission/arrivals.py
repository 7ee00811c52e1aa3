"""How often calls may begin: with each public key, and from each address, as this worker sees them."""

from callauth.keys import hash_key
from callcore.accounts.rate_limit import Rate, RateLimiter
from callcore.loopback import is_loopback
from media_worker.ports.socket import Peer

KEY_RATE = Rate(burst=60, per_second=1.0)
ADDRESS_RATE = Rate(burst=20, per_second=20 / 60)


class Arrivals:
    """For one event loop.

    Calls from this machine itself are not counted, and of those that come through a proxy only the keys: its address
    is everybody's.
    """

    def __init__(self) -> None:
        self._keys = RateLimiter(KEY_RATE, "the key", "calls")
        self._addresses = RateLimiter(ADDRESS_RATE, "your address", "calls")

    def count(self, public_key: str, peer: Peer, now: float) -> None:
        """One call that wants to begin, at `now` monotonic seconds. Raises LimitExceeded."""
        if not peer.forwarded:
            if is_loopback(peer.host):
                return
            # First: whoever guesses keys is stopped before his guesses crowd out the keys that are used.
            self._addresses.count(peer.host, now)
        self._keys.count(hash_key(public_key), now)
