"""The Socket port on an ASGI WebSocket."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from callcore.errors import TransportClosed
from callcore.loopback import is_forwarded
from media_worker.ports.socket import Peer

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

CLOSE_WAIT_S = 2.0
ABNORMAL = 1006
"""RFC 6455 7.1.5: the connection was lost without a close frame."""


class AsgiSocket:
    """An accepted WebSocket of the ASGI server."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._closed = False
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        client = scope.get("client")
        self._peer = Peer(
            host=client[0] if client else "",
            path=scope["path"],
            origin=headers.get("origin"),
            forwarded=is_forwarded(headers),
            headers=headers,
        )

    @property
    def peer(self) -> Peer:
        """Who is at the other end."""
        return self._peer

    async def accept(self) -> None:
        """Complete the upgrade. Raises TransportClosed."""
        await self._receive()
        await self._hand_over({"type": "websocket.accept"})

    async def receive(self) -> str | bytes:
        """The next message. Raises TransportClosed."""
        if self._closed:
            raise TransportClosed(ABNORMAL)
        message = await self._receive()
        if message["type"] == "websocket.disconnect":
            self._closed = True
            raise TransportClosed(message.get("code") or ABNORMAL)
        text: str | None = message.get("text")
        return text if text is not None else bytes(message.get("bytes") or b"")

    async def send(self, message: str | bytes) -> None:
        """Send one message. Raises TransportClosed."""
        key = "text" if isinstance(message, str) else "bytes"
        await self._hand_over({"type": "websocket.send", key: message})

    async def aclose(self, code: int, reason: str) -> None:
        """Close; waits at most two seconds."""
        if self._closed:
            return
        try:
            async with asyncio.timeout(CLOSE_WAIT_S):
                await self._hand_over({"type": "websocket.close", "code": code, "reason": reason})
        except (TransportClosed, TimeoutError):
            pass
        self._closed = True

    async def _hand_over(self, message: MutableMapping[str, Any]) -> None:
        if self._closed:
            raise TransportClosed(ABNORMAL)
        try:
            await self._send(message)
        except (OSError, RuntimeError):
            # The server raises one of these once the connection is gone, depending on the moment.
            self._closed = True
            raise TransportClosed(ABNORMAL) from None
