"""Agents (protocol.md 7 and 7.10). Every reply is 200 with a JSON body: clients take 204 for a failure."""

from collections.abc import Collection
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Body
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from api.dependencies import AppDependencies, Dependencies, PrivateAccount, PrivateKey
from api.problems import AsciiJsonResponse
from callcore.accounts.account import KeyRecord
from callcore.agents.agent import MAX_CONFIG_BYTES, Agent, AgentStatus, merge_update, parse_config
from callcore.desks.agent_edits import MAX_NAME_CHARS, AgentEdits
from callcore.errors import InvalidInput
from callcore.ids import AgentId
from callcore.jsontext import to_json

router = APIRouter()

Name = Annotated[str, Field(min_length=1, max_length=MAX_NAME_CHARS)]


class NewAgent(BaseModel):
    """An agent to create."""

    name: Name
    config: dict[str, Any] | None = None


class AgentUpdate(BaseModel):
    """What shall change; null and absent are the same, and `config` holds only the keys that change."""

    name: Name | None = None
    config: dict[str, Any] | None = None


class StatusUpdate(BaseModel):
    """Whether the agent takes calls."""

    status: AgentStatus


@router.get("/agents")
async def list_agents(account: PrivateAccount, stores: AppDependencies) -> AsciiJsonResponse:
    """Every agent of the account, oldest first, as a bare array."""
    agents = await run_in_threadpool(stores.agents.list_agents, account.account_id)
    return AsciiJsonResponse([agent_body(agent) for agent in agents])


@router.post("/agents")
async def create_agent(body: NewAgent, key: PrivateKey, stores: AppDependencies) -> AsciiJsonResponse:
    """A new agent."""
    edits = edits_on(stores)
    agent = await run_in_threadpool(edits.create, key.account_id, body.name, body.config or {}, saved_by(key))
    return await run_in_threadpool(_saved, stores, agent)


@router.get("/agents/{agent_id}")
async def get_agent(agent_id: str, account: PrivateAccount, stores: AppDependencies) -> AsciiJsonResponse:
    """One agent of the account."""
    agent = await run_in_threadpool(stores.agents.get_agent, account.account_id, AgentId(agent_id))
    return AsciiJsonResponse(agent_body(agent))


@router.put("/agents/{agent_id}")
async def update_agent(agent_id: str, body: AgentUpdate, key: PrivateKey, stores: AppDependencies) -> AsciiJsonResponse:
    """Change the name, and top-level keys of the configuration; null clears a key, never `prompt` or `voice`."""
    written = body.config or {}

    def updated(agent: Agent) -> Agent:
        return replace(agent, name=body.name or agent.name, config=merge_update(agent.config, written))

    edits = edits_on(stores)
    agent = await run_in_threadpool(edits.update, key.account_id, AgentId(agent_id), updated, saved_by(key), written)
    return await run_in_threadpool(_saved, stores, agent)


@router.delete("/agents/{agent_id}")
async def delete_agent(agent_id: str, account: PrivateAccount, stores: AppDependencies) -> AsciiJsonResponse:
    """Delete an agent; its calls stay in the log."""
    await run_in_threadpool(edits_on(stores).delete, account.account_id, AgentId(agent_id))
    return AsciiJsonResponse({"id": agent_id, "deleted": True})


@router.post("/agents/{agent_id}/duplicate")
async def duplicate_agent(agent_id: str, key: PrivateKey, stores: AppDependencies) -> AsciiJsonResponse:
    """A new active agent with the same configuration and embed object."""
    copy = await run_in_threadpool(edits_on(stores).duplicate, key.account_id, AgentId(agent_id), saved_by(key))
    return await run_in_threadpool(_saved, stores, copy)


@router.post("/agents/{agent_id}/status")
async def set_agent_status(
    agent_id: str, body: StatusUpdate, account: PrivateAccount, stores: AppDependencies
) -> AsciiJsonResponse:
    """Let the agent take calls or refuse them; calls that run go on."""
    edits = edits_on(stores)
    agent = await run_in_threadpool(edits.set_status, account.account_id, AgentId(agent_id), body.status)
    return AsciiJsonResponse(agent_body(agent))


@router.post("/agents/{agent_id}/embed")
async def set_agent_embed(
    agent_id: str, body: Annotated[dict[str, Any], Body()], account: PrivateAccount, stores: AppDependencies
) -> AsciiJsonResponse:
    """Store how the embedded widget shall look; it stands in the agent's `embed`."""
    try:
        size = len(to_json(body).encode())
    except InvalidInput as error:
        raise InvalidInput(f"the embed object {error}") from None
    if size > MAX_CONFIG_BYTES:
        raise InvalidInput(f"the embed object is larger than {MAX_CONFIG_BYTES // 1024} KiB")
    agent = await run_in_threadpool(
        stores.agents.change_agent, account.account_id, AgentId(agent_id), lambda agent: replace(agent, embed=body)
    )
    return AsciiJsonResponse(agent_body(agent))


def edits_on(stores: Dependencies) -> AgentEdits:
    """What changes agents."""
    return AgentEdits(stores.agents, stores.agents, stores.agent_versions, stores.disabled_webhooks, stores.clock)


def saved_by(key: KeyRecord) -> str:
    """Who saved it, in the list of versions."""
    return f"REST, private key {key.hint}…"


def _saved(stores: Dependencies, agent: Agent) -> AsciiJsonResponse:
    """The agent; `warnings` says what its owner may not have meant, who does not serve it, and which models end."""
    # Only now: a start does not wait for the prices.
    from callcore.billing.rate_card import rate_card
    from callcore.desks.agent_warnings import agent_warnings
    from callcore.desks.provider_warnings import speaking_providers

    def speaking() -> Collection[str] | None:
        return speaking_providers(stores.blobs, lambda: stores.accounts.get_account(agent.account_id))

    warnings = agent_warnings(parse_config(agent.config), rate_card(), stores.clock.unix_s(), speaking)
    return AsciiJsonResponse(agent_body(agent) | ({"warnings": list(warnings)} if warnings else {}))


def agent_body(agent: Agent) -> dict[str, Any]:
    """The agent on the wire; `status` and `embed` are ours."""
    return {
        "id": agent.agent_id,
        "name": agent.name,
        "config": dict(agent.config),
        "created_at": int(agent.created_at),
        "status": agent.status,
        "embed": None if agent.embed is None else dict(agent.embed),
    }
