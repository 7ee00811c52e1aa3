"""The console as one ASGI application."""

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from playground.console import Console
from playground.errors import add_error_pages
from playground.headers import SecurityHeaders
from playground.pages import (
    agent_config,
    agent_embed,
    agent_functions,
    agent_knowledge,
    agent_trials,
    agent_try,
    agent_versions,
    agent_voices,
    agents,
    calls,
    campaigns,
    health,
    keys,
    numbers,
    recordings,
    sessions,
    sign_in,
    usage,
)
from playground.views import PREFIX


def create_app(console: Console) -> SecurityHeaders:
    """The application over these ports."""
    app = FastAPI(
        openapi_url=None,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    app.state.console = console
    add_error_pages(app)
    app.add_api_route("/", _front_door, methods=["GET", "HEAD"])
    for page in _PAGES:
        app.include_router(page.router)
    # Outside of what makes pages of errors.
    return SecurityHeaders(app, console.media_url, console.records.sound_origins)


_PAGES = (
    agents,
    agent_functions,
    agent_knowledge,
    agent_trials,
    agent_voices,
    agent_config,
    agent_embed,
    agent_try,
    agent_versions,
    recordings,
    calls,
    numbers,
    campaigns,
    keys,
    usage,
    health,
    sessions,
    sign_in,
)
"""The first one that knows a path answers it."""


def _front_door(request: Request) -> Response:
    """The host's own address: a browser wants the console, a program has mistaken a path."""
    if "text/html" in request.headers.get("accept", ""):
        return RedirectResponse(PREFIX, 303)
    return JSONResponse({"detail": "Not Found", "message": "Not Found"}, 404)
