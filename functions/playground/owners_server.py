"""One request to a server of the account's owner, through the guarded client, and what came of it."""

from dataclasses import dataclass

from callcore.clock import Clock
from callcore.errors import RequestFailed
from callcore.tools.tool_request import HttpRequest
from callnet.guarded import GuardedClient

TRIAL_S = 10.0
MAX_SHOWN_CHARS = 4_000


@dataclass(frozen=True)
class Attempted:
    """What was asked and what was answered."""

    request: HttpRequest
    took_ms: int
    status: int | None = None
    """None: there was no answer."""
    content_type: str = ""
    body: str = ""
    """Its beginning."""
    failure: str = ""

    @property
    def is_success(self) -> bool:
        """2xx."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def sent(self) -> str:
        """The body that was sent."""
        return (self.request.body or b"").decode(errors="replace")[:MAX_SHOWN_CHARS]


async def attempt(request: HttpRequest, clock: Clock, *, private: bool) -> Attempted:
    """Ask once; `private` admits plain HTTP and private networks."""
    asked_at = clock.monotonic_s()

    def took_ms() -> int:
        return round((clock.monotonic_s() - asked_at) * 1000)

    async with GuardedClient(private=private) as client:
        try:
            reply = await client.send(
                request.method, request.url, headers=request.headers, body=request.body, timeout_s=TRIAL_S
            )
        except RequestFailed as error:
            return Attempted(request, took_ms(), failure=str(error))
    text = reply.body.decode(errors="replace")[:MAX_SHOWN_CHARS]
    return Attempted(request, took_ms(), reply.status, reply.headers.get("content-type", ""), text)
