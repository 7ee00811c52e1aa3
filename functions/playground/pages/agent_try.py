"""Talking or typing to an agent in the page, with a look at what happens."""

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from callauth.console_key import console_key
from callauth.tokens import new_embed_secret
from callcore.agents.agent import Agent, AgentConfig, typed_config
from callcore.errors import Conflict
from callcore.variables import unknown_names
from playground.agent_page import agent_of, agent_page
from playground.forms import Posted
from playground.views import PREFIX
from playground.visit import Visitor

router = APIRouter(prefix=PREFIX)


@router.get("/agents/{agent_id}/try")
def try_agent(agent_id: str, visit: Visitor) -> Response:
    """The call, beside its inspector."""
    agent, console = agent_of(visit, agent_id), visit.console
    try:
        key = console_key(console.accounts, visit.account, console.clock.unix_s())
    except Conflict as error:
        return agent_page(visit, agent, "agent_try.html.j2", tab="try", key="", reason=str(error), metadata="")
    context: dict[str, Any] = {
        "key": key,
        "reason": "",
        "metadata": _suggested_metadata(agent),
        "media_url": console.media_url,
    }
    return agent_page(visit, agent, "agent_try.html.j2", tab="try", **context)


@router.post("/agents/{agent_id}/try/secret")
def make_secret(agent_id: str, visit: Visitor, form: Posted) -> Response:
    """The account's embed secret, where there is none."""
    if not visit.account.embed_secret:
        visit.console.credentials.set_embed_secret(visit.account.account_id, new_embed_secret())
    return visit.redirect(f"/agents/{agent_of(visit, agent_id).agent_id}/try")


def _suggested_metadata(agent: Agent) -> str:
    """A line for each value that the agent speaks of: with its default, or to be filled in."""
    config = typed_config(agent.config)
    if not isinstance(config, AgentConfig):
        return ""
    defaults = {name: str(value) for name, value in config.default_metadata.items() if isinstance(value, str)}
    unknown = unknown_names(f"{config.prompt}\n{config.first_message or ''}", defaults)
    return "\n".join([f"{name}: {value}" for name, value in defaults.items()] + [f"{name}:" for name in unknown])
