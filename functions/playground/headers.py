"""What the console's pages tell a browser to allow: nothing that is not ours, and no frame around them."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send


def security_headers(media_url: str, sound_origins: Sequence[str] = ()) -> dict[str, str]:
    """Of every answer. `media_url` is where calls go, which may be another origin; empty: nowhere.

    Recordings are played from us, or from the origins that we lead a player to.
    """
    connect = ["'self'"]
    if media_url:
        parts = urlsplit(media_url)
        connect.append(f"{parts.scheme}://{parts.netloc}")
    directives = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
        "media-src": " ".join(["'self'", *sound_origins]),
        "connect-src": " ".join(connect),
        "worker-src": "'self'",
        "frame-src": "'self'",
        "frame-ancestors": "'none'",
        "form-action": "'self'",
        "base-uri": "'none'",
    }
    return {
        "Content-Security-Policy": "; ".join(f"{name} {sources}" for name, sources in directives.items()),
        "Cache-Control": "no-store",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }


class SecurityHeaders:
    """ASGI middleware: every answer carries them, an error's too."""

    def __init__(self, app: ASGIApp, media_url: str, sound_origins: Sequence[str] = ()) -> None:
        self._app = app
        headers = security_headers(media_url, sound_origins)
        self._headers = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *self._headers]
            await send(message)

        await self._app(scope, receive, with_headers)
