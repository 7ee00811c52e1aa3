"""The REST control plane as one ASGI application."""

from fastapi import FastAPI

from api.dependencies import Dependencies
from api.problems import AsciiJsonResponse, add_problem_handlers
from api.routes import agents, call_logs, calls, campaigns, health, keys, metadata, phones, user, voices


def create_app(dependencies: Dependencies) -> FastAPI:
    """The application over these ports.

    It allows no cross-origin reading: every route but /health takes a private key, which has no place in a
    browser, and nobody needs /health from another page.
    """
    app = FastAPI(
        title="Parley",
        version="1",
        default_response_class=AsciiJsonResponse,
        docs_url=None,  # these two pages would load scripts from a foreign host
        redoc_url=None,
        redirect_slashes=False,
        strict_content_type=False,  # clients send JSON without a Content-Type (protocol.md 7.10)
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    app.state.dependencies = dependencies
    add_problem_handlers(app)
    for routes in (agents, call_logs, calls, campaigns, health, keys, metadata, phones, user, voices):
        app.include_router(routes.router)
    return app
