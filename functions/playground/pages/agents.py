"""The account's agents."""

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from playground.views import PREFIX
from playground.visit import Visitor

router = APIRouter(prefix=PREFIX)


@router.get("")
def first_page(visit: Visitor) -> Response:
    """The console's own address."""
    return RedirectResponse(f"{PREFIX}/agents", 303)


@router.get("/agents")
def list_agents(visit: Visitor) -> Response:
    """Newest first."""
    agents = visit.console.agents.list_agents(visit.account.account_id)
    return visit.page("agents.html.j2", agents=tuple(reversed(agents)))
