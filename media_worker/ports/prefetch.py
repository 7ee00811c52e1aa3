"""What the customer's server knows about a session before it begins."""

from typing import Protocol

from callcore.opening.plan import Prefetched, PrefetchRequest


class Prefetch(Protocol):
    """Asks the customer's server."""

    async def fetch(self, request: PrefetchRequest) -> Prefetched:
        """The answer, within three seconds. Raises RequestFailed with a reason for the call's log."""
        ...
