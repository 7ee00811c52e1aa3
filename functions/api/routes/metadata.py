"""Metadata before a session: signing it, and previewing what it does to a text (architecture.md 7)."""

import secrets
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from api.dependencies import AppDependencies, PrivateAccount
from api.problems import AsciiJsonResponse
from callauth.tokens import MAX_LIFETIME_S, SignedMetadata, sign
from callcore.agents.agent import parse_config
from callcore.errors import Conflict
from callcore.ids import AgentId
from callcore.metadata import check_metadata
from callcore.variables import render, unknown_names, variables_of

MAX_TEMPLATE_CHARS = 100_000
_TOKEN_ID_BYTES = 16

router = APIRouter()


class TokenRequest(BaseModel):
    """What a token shall vouch for."""

    agent_id: str
    metadata: dict[str, Any] | None = None
    origin: Annotated[str, Field(max_length=300)] | None = None
    expires_in: Annotated[int, Field(ge=1, le=MAX_LIFETIME_S)] = 300
    """Seconds."""
    single_use: bool = False


class RenderRequest(BaseModel):
    """A text and what is known about a session; with an agent, its `default_metadata` too."""

    template: Annotated[str, Field(max_length=MAX_TEMPLATE_CHARS)]
    metadata: dict[str, Any] | None = None
    agent_id: str | None = None


@router.post("/sessions/token")
async def create_session_token(
    body: TokenRequest, account: PrivateAccount, stores: AppDependencies
) -> AsciiJsonResponse:
    """A signed metadata token for the widget's `token=` or for `initiate`; for back ends that cannot sign a JWT."""
    metadata = body.metadata or {}
    check_metadata(metadata)
    agent = await run_in_threadpool(stores.agents.get_agent, account.account_id, AgentId(body.agent_id))
    if not account.embed_secret:
        raise Conflict("the account has no embed secret: make one with POST /embed-secret")
    expires_at = int(stores.clock.unix_s()) + body.expires_in
    token_id = secrets.token_urlsafe(_TOKEN_ID_BYTES) if body.single_use else None
    claims = SignedMetadata(metadata, agent.agent_id, expires_at, body.origin, token_id)
    return AsciiJsonResponse({"token": sign(claims, account.embed_secret), "expires_at": expires_at})


@router.post("/render")
async def render_template(body: RenderRequest, account: PrivateAccount, stores: AppDependencies) -> AsciiJsonResponse:
    """The text as a session with this metadata would have it, and the names in it that nothing is known for."""
    metadata = body.metadata or {}
    check_metadata(metadata)
    system: dict[str, str] = {}
    if body.agent_id is not None:
        agent = await run_in_threadpool(stores.agents.get_agent, account.account_id, AgentId(body.agent_id))
        metadata = {**parse_config(agent.config).default_metadata, **metadata}
        system = {"agent_id": agent.agent_id}
    variables = variables_of(metadata, system)
    text = render(body.template, variables)
    return AsciiJsonResponse({"text": text, "unknown": list(unknown_names(body.template, variables))})
