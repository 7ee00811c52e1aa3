"""Which routes pages of other sites may call: those that a public key opens. No route believes a cookie.

A key's own policy says which origins may use it; who asks from elsewhere is answered, with a refusal that he can read.
"""

from collections.abc import Sequence

from starlette.types import ASGIApp, Message, Receive, Scope, Send

OPEN_PATHS = ("/webrtc/initiate", "/webrtc/whip/", "/webrtc/sessions/", "/webrtc/ice_servers")
_ORIGIN = (b"access-control-allow-origin", b"*")
_READABLE = (_ORIGIN, (b"access-control-expose-headers", b"location, link, accept-patch, retry-after"))
_PREFLIGHT = (
    _ORIGIN,
    (b"access-control-allow-methods", b"GET, POST, PATCH, DELETE, OPTIONS"),
    (b"access-control-allow-headers", b"authorization, content-type, if-match"),
    (b"access-control-max-age", b"7200"),
    # RFC 9725 4.2: how a WHIP client learns what it may send.
    (b"accept-post", b"application/sdp"),
    (b"content-length", b"0"),
)


class CrossOrigin:
    """ASGI middleware (Fetch, "CORS protocol")."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or not scope["path"].startswith(OPEN_PATHS):
            await self._app(scope, receive, send)
        elif scope["method"] == "OPTIONS":
            await _reply(send, 204, _PREFLIGHT)
        else:

            async def readable(message: Message) -> None:
                if message["type"] == "http.response.start":
                    message["headers"] = [*message.get("headers", ()), *_READABLE]
                await send(message)

            await self._app(scope, receive, readable)


async def _reply(send: Send, status: int, headers: Sequence[tuple[bytes, bytes]]) -> None:
    await send({"type": "http.response.start", "status": status, "headers": list(headers)})
    await send({"type": "http.response.body", "body": b""})
