"""The REST control plane as one ASGI application."""

from fastapi import FastAPI
from fastapi.routing import APIRoute

from api.body_limit import BodyLimit
from api.cross_origin import CrossOrigin
from api.dependencies import Dependencies
from api.json_content import JsonContent
from api.problems import PROBLEMS, AsciiJsonResponse, add_problem_handlers
from api.routes import (
    agents,
    call_logs,
    calls,
    campaigns,
    chat,
    do_not_call,
    health,
    keys,
    knowledge,
    metadata,
    outbound,
    phones,
    recordings,
    sessions,
    sip,
    user,
    voices,
    webhooks,
    webrtc,
    whip,
)


def create_app(dependencies: Dependencies) -> FastAPI:
    """The application over these ports.

    Pages of other sites may read what a public key opens (cross_origin.py), and nothing else: nearly every route takes
    a private key, which has no place in a browser.
    """
    app = described_app()
    app.state.dependencies = dependencies
    return app


def described_app() -> FastAPI:
    """The application before it stands on anything: it can be described, and not be called."""
    app = FastAPI(
        title="Parley",
        version="1",
        default_response_class=AsciiJsonResponse,
        docs_url=None,  # these two pages would load scripts from a foreign host
        redoc_url=None,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
        generate_unique_id_function=_operation_id,
        responses=PROBLEMS,
    )
    add_problem_handlers(app)
    app.add_middleware(BodyLimit)
    app.add_middleware(JsonContent)
    app.add_middleware(CrossOrigin)
    for routes in (
        agents,
        call_logs,
        calls,
        campaigns,
        chat,
        do_not_call,
        health,
        keys,
        knowledge,
        metadata,
        outbound,
        phones,
        recordings,
        sessions,
        sip,
        user,
        voices,
        webhooks,
        webrtc,
        whip,
    ):
        app.include_router(routes.router)
    return app


def _operation_id(route: APIRoute) -> str:
    return route.name
