"""Passes WebSockets on to another process of this machine, frame by frame, both ways."""

import asyncio
import contextlib
import logging
from http import HTTPStatus

from starlette.types import Receive, Scope, Send
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.frames import EXTERNAL_CLOSE_CODES
from websockets.typing import Subprotocol

from callcore.wire.client import MAX_TEXT_FRAME_BYTES, CloseCode, close_reason
from infra.local.proxy_headers import handshake_headers

logger = logging.getLogger(__name__)

MAX_MESSAGE_BYTES = 4 * MAX_TEXT_FRAME_BYTES
"""The largest that either side may send: as much as the worker's own listener takes, which refuses more wisely."""
OPEN_TIMEOUT_S = 5.0
SEND_TIMEOUT_S = 10.0
"""For one message; whoever does not read for so long is given up."""
_QUEUE_MESSAGES = 32


class WebSocketProxy:
    """An ASGI application for WebSockets that another process serves."""

    def __init__(self, upstream_url: str) -> None:
        """`upstream_url` begins with ws:// and has no path."""
        self._upstream_url = upstream_url

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one WebSocket until either side closes it; the other side is closed with the same code."""
        await receive()  # websocket.connect
        try:
            upstream = await self._open(scope)
        except (InvalidHandshake, OSError, TimeoutError) as error:
            logger.warning("an upstream failed", extra={"error": type(error).__name__})
            await _deny(scope, send)
            return
        try:
            await send({"type": "websocket.accept", "subprotocol": upstream.subprotocol})
            await _relay(upstream, receive, send)
        finally:
            await upstream.close()

    async def _open(self, scope: Scope) -> ClientConnection:
        query = b"?" + scope["query_string"] if scope["query_string"] else b""
        peer = scope["client"]
        headers = handshake_headers(scope["headers"], peer[0] if peer else None)
        return await connect(
            self._upstream_url + (scope["raw_path"] + query).decode("ascii"),
            additional_headers=[(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers],
            subprotocols=[Subprotocol(name) for name in scope["subprotocols"]] or None,
            user_agent_header=None,
            compression=None,
            proxy=None,
            open_timeout=OPEN_TIMEOUT_S,
            close_timeout=SEND_TIMEOUT_S,
            max_size=MAX_MESSAGE_BYTES,
            max_queue=_QUEUE_MESSAGES,
        )


async def _relay(upstream: ClientConnection, receive: Receive, send: Send) -> None:
    async with asyncio.TaskGroup() as tasks:
        to_client = tasks.create_task(_to_client(upstream, send))
        to_upstream = tasks.create_task(_to_upstream(upstream, receive))
        await asyncio.wait((to_client, to_upstream), return_when=asyncio.FIRST_COMPLETED)
        client_gone = to_upstream.done() and to_upstream.result()
        to_client.cancel()
        to_upstream.cancel()
    if not client_gone:
        code, reason = _close_of(upstream)
        await send({"type": "websocket.close", "code": code, "reason": reason})


async def _to_client(upstream: ClientConnection, send: Send) -> None:
    """Until the upstream closes, or the client stops reading."""
    with contextlib.suppress(ConnectionClosed, TimeoutError, OSError):
        async for message in upstream:
            kind = "text" if isinstance(message, str) else "bytes"
            async with asyncio.timeout(SEND_TIMEOUT_S):
                await send({"type": "websocket.send", kind: message})


async def _to_upstream(upstream: ClientConnection, receive: Receive) -> bool:
    """Until either side closes. True: it was the client, and the upstream is closed as the client closed us."""
    try:
        while (message := await receive())["type"] != "websocket.disconnect":
            text = message.get("text")
            async with asyncio.timeout(SEND_TIMEOUT_S):
                await upstream.send(message["bytes"] if text is None else text)
    except ConnectionClosed:
        return False
    except TimeoutError:
        await upstream.close(CloseCode.SERVER_ERROR, "the service does not read")
        return False
    code = message.get("code", CloseCode.SHUTDOWN)
    await upstream.close(code if _may_be_sent(code) else CloseCode.SHUTDOWN, close_reason(message.get("reason") or ""))
    return True


def _close_of(upstream: ClientConnection) -> tuple[int, str]:
    if upstream.close_code and _may_be_sent(upstream.close_code):
        return upstream.close_code, upstream.close_reason or ""
    return CloseCode.SERVER_ERROR, "the connection to the service was lost"


def _may_be_sent(code: int) -> bool:
    # RFC 6455 7.4: 1005 and 1006 stand for "none" and "abnormal" and are never on the wire.
    return code in EXTERNAL_CLOSE_CODES or 3000 <= code < 5000


async def _deny(scope: Scope, send: Send) -> None:
    if "websocket.http.response" in scope.get("extensions", {}):
        start = {"type": "websocket.http.response.start", "status": int(HTTPStatus.BAD_GATEWAY), "headers": []}
        await send(start)
        await send({"type": "websocket.http.response.body", "body": b""})
    else:
        await send({"type": "websocket.close", "code": CloseCode.SERVER_ERROR, "reason": ""})
