"""Every body is JSON, whatever its sender calls it (protocol.md 7.10).

Clients send JSON without a Content-Type, and curl and others call it a form. No route believes a cookie, so being
strict, which keeps foreign pages from sending JSON, would protect nothing.
"""

from starlette.types import ASGIApp, Receive, Scope, Send

_CONTENT_TYPE = b"content-type"


class JsonContent:
    """ASGI middleware: the application sees `Content-Type: application/json`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http":
            headers = [(name, value) for name, value in scope["headers"] if name != _CONTENT_TYPE]
            # No copy of the scope: observability/request_log.py looks there for the route.
            scope["headers"] = [*headers, (_CONTENT_TYPE, b"application/json")]
        await self._app(scope, receive, send)
