"""How vendors are asked over HTTP: one pool of connections for the process, so that a request finds one open."""

import asyncio
import contextlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import httpx2

from callcore.errors import ProviderError, ProviderFailure
from callcore.trace import trace_headers
from callnet.trust import usual_trust

CONNECT_S = 3.0
IDLE_S = 10.0
"""Between two pieces of a reply."""
KEPT_S = 120.0
"""How long a connection that nobody uses stays open: a caller may think for a while."""
MAX_CONNECTIONS = 1000
"""More than a worker has sessions: each may wait for a model and a voice, and prepare the next reply."""
MAX_ERROR_BYTES = 64 * 1024


def vendor_client() -> httpx2.AsyncClient:
    """A client that is told by its callers where to go, and by nothing in the environment. Close it at the end."""
    return httpx2.AsyncClient(
        timeout=httpx2.Timeout(IDLE_S, connect=CONNECT_S, pool=CONNECT_S),
        limits=httpx2.Limits(
            max_connections=MAX_CONNECTIONS, max_keepalive_connections=MAX_CONNECTIONS, keepalive_expiry=KEPT_S
        ),
        verify=usual_trust(),
        trust_env=False,
        follow_redirects=False,
        event_hooks={"request": [_traced]},
    )


async def _traced(request: httpx2.Request) -> None:
    request.headers.update(trace_headers())


@contextmanager
def told_as_ours(provider: str) -> Iterator[None]:
    """Failures of the connection as ProviderError; without their cause, which holds the request and its key."""
    try:
        yield
    except httpx2.TimeoutException:
        raise ProviderError(provider, ProviderFailure.TIMEOUT, "no answer in time") from None
    except httpx2.ConnectError:
        raise ProviderError(provider, ProviderFailure.UNAVAILABLE, "no connection") from None
    except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError):
        raise ProviderError(provider, ProviderFailure.UNAVAILABLE, "the connection broke") from None


_TIMEOUTS = frozenset({408, 504})
_RATE_LIMIT = 429


def failure_of_status(status: int) -> ProviderFailure:
    """What a refusal with this status means."""
    if status == _RATE_LIMIT:
        return ProviderFailure.RATE_LIMIT
    if status in _TIMEOUTS:
        return ProviderFailure.TIMEOUT
    return ProviderFailure.UNAVAILABLE if status >= httpx2.codes.INTERNAL_SERVER_ERROR else ProviderFailure.REJECTED


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """When the vendor wants to be asked again; None when it does not say so in seconds."""
    for name, scale in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            return max(0.0, float(headers[name]) * scale)
        except (KeyError, ValueError):
            continue
    return None


async def body_within(response: httpx2.Response) -> bytes:
    """The body of a refusal, as far as it is of use."""
    body = b""
    async for data in response.aiter_bytes():
        body += data
        if len(body) > MAX_ERROR_BYTES:
            break
    return body


class ReadyConnection:
    """Sees to it that a request to one server finds a connection open."""

    def __init__(self, http: httpx2.AsyncClient, url: str) -> None:
        self._http = http
        self._url = httpx2.URL(url).copy_with(raw_path=b"/")
        self._used_at = float("-inf")

    def used(self) -> None:
        """A reply has come over one just now."""
        self._used_at = asyncio.get_running_loop().time()

    async def open(self) -> None:
        """Ask the server for nothing, unless a connection was used of late. Never fails."""
        if asyncio.get_running_loop().time() - self._used_at < KEPT_S / 2:
            return
        self.used()
        with contextlib.suppress(httpx2.HTTPError):
            await self._http.head(self._url, timeout=CONNECT_S)
