"""The HTTP port of the local stack as one ASGI application: REST, pages, console, carriers, uploads.

WebSockets go to the worker. On AWS the CDN and its origins divide paths in the same way (architecture.md 1).
"""

from starlette.types import ASGIApp, Receive, Scope, Send

from callauth.carrier_urls import PREFIX as TELEPHONY_PREFIX
from infra.local.uploads import PATH as UPLOADS_PATH

PAGE_PATHS = ("/agents/embedded", "/embed.js")
PAGE_PREFIXES = ("/widget/",)
CONSOLE_PREFIX = "/console"
WEBSOCKET_PATHS = ("/millis", "/twilio", "/vonage")
"""A bare `/` is a WebSocket only on the media port."""


def front(
    api: ASGIApp, pages: ASGIApp, console: ASGIApp, telephone: ASGIApp, media: ASGIApp, uploads: ASGIApp
) -> ASGIApp:
    """One application over the six; `media` gets WebSockets only."""

    async def divided(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and is_page(scope["path"]):
            await pages(scope, receive, send)
        elif scope["type"] == "http" and is_console(scope["path"]):
            await console(scope, receive, send)
        elif scope["type"] == "http" and scope["path"].startswith(f"{TELEPHONY_PREFIX}/"):
            await telephone(scope, receive, send)
        elif scope["type"] == "http" and scope["path"] == UPLOADS_PATH:
            await uploads(scope, receive, send)
        elif scope["type"] == "websocket" and scope["path"] in WEBSOCKET_PATHS:
            await media(scope, receive, send)
        else:
            await api(scope, receive, send)

    return divided


def is_page(path: str) -> bool:
    """Whether the widget's pages answer it; `/agents/embedded` would otherwise be an agent's id."""
    return path in PAGE_PATHS or path.startswith(PAGE_PREFIXES)


def is_console(path: str) -> bool:
    """Whether the console answers it; a browser that is given nothing but the host is led there."""
    return path in ("/", CONSOLE_PREFIX) or path.startswith(f"{CONSOLE_PREFIX}/")
