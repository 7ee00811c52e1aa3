"""Sends HTTP requests on to another process of this machine, and its replies back, as they stream."""

import json
import logging
from collections.abc import AsyncIterator
from http import HTTPStatus

import httpx2
from starlette.types import ASGIApp, Receive, Scope, Send

from callcore.wire.jobs import COMMANDS_PATH
from infra.local.proxy_headers import Headers, reply_headers, request_headers

logger = logging.getLogger(__name__)

MAX_BODY_BYTES = 16 * 1024 * 1024
"""Of a request; a larger one is answered with 413."""
_TIMEOUT = httpx2.Timeout(60.0, connect=5.0, pool=10.0)
"""Seconds for each read and write; the other process is on this machine."""
_LIMITS = httpx2.Limits(max_connections=100, max_keepalive_connections=20)
_WORKERS_OWN_PATHS = frozenset({"/health", "/ready", COMMANDS_PATH})


class HttpProxy:
    """An ASGI application that another process answers; open as long as its `async with` block."""

    def __init__(self, upstream_url: str) -> None:
        """`upstream_url` has no path."""
        self._upstream_url = httpx2.URL(upstream_url)
        # Without `trust_env=False` a proxy named in the environment would see loopback traffic.
        self._client = httpx2.AsyncClient(timeout=_TIMEOUT, limits=_LIMITS, trust_env=False)
        self._client.headers.clear()

    async def __aenter__(self) -> "HttpProxy":
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._client.aclose()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request: with the upstream's reply, or 413, 502 or 504."""
        target = scope["raw_path"] + (b"?" + scope["query_string"] if scope["query_string"] else b"")
        peer = scope["client"]
        request = self._client.build_request(
            scope["method"],
            self._upstream_url.copy_with(raw_path=target),
            headers=request_headers(scope["headers"], peer[0] if peer else None),
            content=_body(receive) if _has_body(scope["headers"]) else None,
        )
        try:
            reply = await self._client.send(request, stream=True)
        except _BodyTooLarge:
            await _refuse(send, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body is larger than {MAX_BODY_BYTES} bytes")
            return
        except _ClientGone:
            return
        except httpx2.TimeoutException:
            await _refuse(send, HTTPStatus.GATEWAY_TIMEOUT, "the service does not answer in time")
            return
        except httpx2.TransportError as error:
            logger.warning("an upstream failed", extra={"error": type(error).__name__})
            await _refuse(send, HTTPStatus.BAD_GATEWAY, "the service is not available at the moment")
            return
        try:
            await _answer(send, reply)
        finally:
            await reply.aclose()


def http_fallback(app: ASGIApp, proxy: HttpProxy) -> ASGIApp:
    """`app` with every HTTP request except those of its own paths answered by the proxy instead."""

    async def with_fallback(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] not in _WORKERS_OWN_PATHS:
            await proxy(scope, receive, send)
        else:
            await app(scope, receive, send)

    return with_fallback


class _BodyTooLarge(Exception):
    pass


class _ClientGone(Exception):
    pass


def _has_body(headers: Headers) -> bool:
    # RFC 9112 6.3: a request has a body if and only if one of the two is there.
    return any(name in (b"content-length", b"transfer-encoding") for name, _ in headers)


async def _body(receive: Receive) -> AsyncIterator[bytes]:
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _ClientGone
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size > MAX_BODY_BYTES:
            raise _BodyTooLarge
        yield chunk
        if not message.get("more_body", False):
            return


async def _answer(send: Send, reply: httpx2.Response) -> None:
    headers = reply_headers(reply.headers.raw)
    await send({"type": "http.response.start", "status": reply.status_code, "headers": headers})
    async for chunk in reply.aiter_raw():
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _refuse(send: Send, status: HTTPStatus, message: str) -> None:
    body = json.dumps({"detail": message, "message": message}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": int(status), "headers": headers})
    await send({"type": "http.response.body", "body": body})
