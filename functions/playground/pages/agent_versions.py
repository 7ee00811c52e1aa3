"""What an agent was: its versions, each beside what it is now, and the way back."""

from fastapi import APIRouter
from starlette.responses import Response

from callcore.agents.versions import AgentVersion
from callcore.errors import NotFound
from callcore.ids import AgentId
from playground.agent_page import agent_of, agent_page, review_page
from playground.comparison import compared, pretty
from playground.forms import Posted
from playground.views import PREFIX
from playground.visit import Visit, Visitor

router = APIRouter(prefix=PREFIX)


@router.get("/agents/{agent_id}/versions")
def list_versions(agent_id: str, visit: Visitor) -> Response:
    """Newest first."""
    agent = agent_of(visit, agent_id)
    versions = visit.console.versions.list_versions(visit.account.account_id, agent.agent_id)
    current = next((version.number for version in versions if version.saved.is_of(agent)), None)
    return agent_page(visit, agent, "agent_versions.html.j2", tab="versions", versions=versions, current=current)


@router.get("/agents/{agent_id}/versions/{number}")
def show_version(agent_id: str, number: int, visit: Visitor) -> Response:
    """What coming back to it would change."""
    agent, version = agent_of(visit, agent_id), _version(visit, agent_id, number)
    lines = compared(pretty(agent.name, agent.config), pretty(version.saved.name, version.saved.config))
    return agent_page(visit, agent, "agent_version.html.j2", tab="versions", version=version, lines=lines)


@router.post("/agents/{agent_id}/versions/{number}/restore")
def restore_version(agent_id: str, number: int, visit: Visitor, form: Posted) -> Response:
    """Look at it once more, then save."""
    agent, version = agent_of(visit, agent_id), _version(visit, agent_id, number)
    return review_page(visit, agent, version.saved.name, version.saved.config, "versions")


def _version(visit: Visit, agent_id: str, number: int) -> AgentVersion:
    versions = visit.console.versions.list_versions(visit.account.account_id, AgentId(agent_id))
    for version in versions:
        if version.number == number:
            return version
    raise NotFound("version", str(number))
