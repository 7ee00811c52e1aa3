"""The prefetch webhook, through the guarded client (protocol.md 9.1)."""

from callcore.errors import InvalidInput, RequestFailed
from callcore.opening.plan import Prefetched, PrefetchRequest, parse_prefetched
from callnet.guarded import GuardedClient

PREFETCH_S = 3.0
"""The visitor waits for it (architecture.md 3.2)."""


class WebhookPrefetch:
    """One GET for each session."""

    def __init__(self, client: GuardedClient) -> None:
        self._client = client

    async def fetch(self, request: PrefetchRequest) -> Prefetched:
        """What the server answered; anything but a 2xx with JSON is a failure."""
        reply = await self._client.send("GET", request.url, headers=request.headers, timeout_s=PREFETCH_S)
        if not reply.is_success:
            raise RequestFailed(f"the server answered {reply.status}")
        try:
            return parse_prefetched(reply.body.decode())
        except (InvalidInput, UnicodeDecodeError) as error:
            raise RequestFailed("the reply is no JSON") from error
