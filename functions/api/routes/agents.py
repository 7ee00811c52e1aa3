"""Agents (protocol.md 7.10)."""

from typing import Any

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool

from api.dependencies import AppDependencies, PrivateAccount
from api.problems import AsciiJsonResponse
from callcore.agents import Agent
from callcore.ids import AgentId

router = APIRouter()


@router.get("/agents/{agent_id}")
async def get_agent(agent_id: str, account: PrivateAccount, stores: AppDependencies) -> AsciiJsonResponse:
    """One agent of the account."""
    agent = await run_in_threadpool(stores.agents.get_agent, account.account_id, AgentId(agent_id))
    return AsciiJsonResponse(agent_body(agent))


def agent_body(agent: Agent) -> dict[str, Any]:
    """The agent on the wire."""
    return {
        "id": agent.agent_id,
        "name": agent.name,
        "config": dict(agent.config),
        "created_at": int(agent.created_at),
    }
