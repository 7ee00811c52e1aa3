"""Requests to addresses that customers configured: webhooks and tools (architecture.md 7).

No redirect is followed, no proxy of the environment is used, no cookie is kept, no compressed reply is asked for; the
size of a reply and the time of the whole exchange are bounded.
"""

import asyncio
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import httpcore2

from callcore.errors import InvalidInput, RequestFailed
from callcore.trace import trace_headers
from callnet.resolver import PinnedBackend
from callnet.target import Target, parse_target
from callnet.trust import usual_trust

SCHEMES = frozenset({"https", "http"})
MAX_REPLY_BYTES = 1_000_000
MAX_CONNECTIONS = 100
_KEPT_BACK = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "accept-encoding", "expect", "te", "upgrade"}
)
"""Headers that are ours to write."""
_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""What a header's name is made of (RFC 9110 5.6.2)."""


@dataclass(frozen=True)
class Reply:
    """What the server answered, whatever its status."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case; the last of several with one name."""
    body: bytes

    @property
    def is_success(self) -> bool:
        """2xx."""
        return 200 <= self.status < 300


class GuardedClient:
    """One pool of connections. Use it as an async context manager."""

    def __init__(self, *, private: bool = False, trust: ssl.SSLContext | None = None) -> None:
        """`private` admits plain HTTP and addresses of private networks; `trust` replaces the usual certificates."""
        self._private = private
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=trust or usual_trust(),
            max_connections=MAX_CONNECTIONS,
            max_keepalive_connections=20,
            keepalive_expiry=15.0,
            network_backend=PinnedBackend(private=private),
        )

    async def __aenter__(self) -> Self:
        await self._pool.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._pool.__aexit__(kind, error, trace)

    async def send(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes | None = None, timeout_s: float
    ) -> Reply:
        """The reply, within `timeout_s` from now to its last byte. Raises RequestFailed."""
        try:
            target = parse_target(url, SCHEMES, private=self._private)
            async with asyncio.timeout(timeout_s):
                return await self._exchange(method, target, _headers(target, headers, body), body)
        except InvalidInput as error:
            raise RequestFailed(str(error), final=True) from error
        except (TimeoutError, httpcore2.TimeoutException) as error:
            raise RequestFailed(f"no reply within {timeout_s:g} s") from error
        except (httpcore2.ConnectError, ssl.SSLError) as error:
            raise RequestFailed("no connection to the host") from error
        except (httpcore2.NetworkError, httpcore2.ProtocolError, OSError) as error:
            raise RequestFailed("the connection broke or what came is no HTTP") from error

    async def _exchange(
        self, method: str, target: Target, headers: list[tuple[bytes, bytes]], body: bytes | None
    ) -> Reply:
        url = httpcore2.URL(
            scheme=target.scheme.encode(), host=target.host.encode(), port=target.port, target=target.path.encode()
        )
        async with self._pool.stream(method, url, headers=headers, content=body) as response:
            received = bytearray()
            async for part in response.aiter_stream():
                received += part
                if len(received) > MAX_REPLY_BYTES:
                    raise RequestFailed(f"the reply is larger than {MAX_REPLY_BYTES} bytes")
            told = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
            return Reply(response.status, told, bytes(received))


def _headers(target: Target, given: Mapping[str, str], body: bytes | None) -> list[tuple[bytes, bytes]]:
    """Raises InvalidInput for a header that cannot be sent."""
    ours = {"Host": target.authority, "Accept-Encoding": "identity", "User-Agent": "Parley", **trace_headers()}
    if body is not None:
        ours["Content-Length"] = str(len(body))
    theirs = {name: value for name, value in given.items() if name.lower() not in _KEPT_BACK}
    named = {name.lower() for name in theirs}
    merged = {**{name: value for name, value in ours.items() if name.lower() not in named}, **theirs}
    try:
        # RFC 9110 5.5: blanks around a value are no part of it; a variable that is empty leaves some.
        encoded = [(name.encode("ascii"), value.strip(" \t").encode("latin-1")) for name, value in merged.items()]
    except UnicodeError:
        raise InvalidInput("a header has characters that HTTP cannot carry") from None
    if not all(_TOKEN.fullmatch(name) for name, _ in encoded):
        raise InvalidInput("a header's name is none that HTTP knows")
    if any(b"\r" in part or b"\n" in part or b"\0" in part for pair in encoded for part in pair):
        raise InvalidInput("a header has a line break in it")
    return encoded
