"""The account's agents: the list, a new one, and what is done with one as a whole."""

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from callcore.agents.agent import AgentStatus
from callcore.errors import InvalidInput
from callcore.ids import AgentId
from playground.agent_page import agent_of, agent_page
from playground.forms import Form, Posted
from playground.starting import Starter, starters
from playground.views import PREFIX, Notice
from playground.visit import Visit, Visitor

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


@router.get("/agents/new")
def ask_for_agent(visit: Visitor) -> Response:
    """What to start with."""
    return _asked(visit, starters()[0].key, "")


@router.post("/agents/new")
def create_agent(visit: Visitor, form: Posted) -> Response:
    """Make it, and go to where it is tried."""
    starter = _starter(form)
    name = form.text("name")
    if starter is None:
        return _asked(visit, "", name, "Choose what to start with.")
    try:
        account_id = visit.account.account_id
        agent = visit.console.edits.create(account_id, name or starter.name, starter.config, visit.session.name)
    except InvalidInput as error:
        return _asked(visit, starter.key, name, f"{str(error).capitalize()}.")
    return visit.redirect(f"/agents/{agent.agent_id}/configure/prompt", Notice.AGENT_MADE)


def _starter(form: Form) -> Starter | None:
    return next((starter for starter in starters() if starter.key == form.text("starter")), None)


def _asked(visit: Visit, chosen: str, name: str, wrong: str = "") -> Response:
    context = {"starters": starters(), "chosen": chosen, "name": name, "wrong": wrong}
    return visit.page("agent_new.html.j2", 422 if wrong else 200, **context)


@router.get("/agents/{agent_id}")
def open_agent(agent_id: str, visit: Visitor) -> Response:
    """Its first form."""
    return visit.redirect(f"/agents/{agent_of(visit, agent_id).agent_id}/configure/prompt")


@router.post("/agents/{agent_id}/duplicate")
def duplicate_agent(agent_id: str, visit: Visitor, form: Posted) -> Response:
    """A copy, to change."""
    copy = visit.console.edits.duplicate(visit.account.account_id, AgentId(agent_id), visit.session.name)
    return visit.redirect(f"/agents/{copy.agent_id}/configure/prompt", Notice.AGENT_COPIED)


@router.post("/agents/{agent_id}/status")
def set_status(agent_id: str, visit: Visitor, form: Posted) -> Response:
    """Let it take calls, or refuse them."""
    status = AgentStatus.ACTIVE if form.text("status") == AgentStatus.ACTIVE else AgentStatus.DISABLED
    visit.console.edits.set_status(visit.account.account_id, AgentId(agent_id), status)
    notice = Notice.AGENT_ENABLED if status is AgentStatus.ACTIVE else Notice.AGENT_DISABLED
    return visit.redirect(f"/agents/{agent_id}/configure/prompt", notice)


@router.get("/agents/{agent_id}/delete")
def ask_about_deletion(agent_id: str, visit: Visitor) -> Response:
    """Whether that is meant."""
    return agent_page(visit, agent_of(visit, agent_id), "agent_delete.html.j2", tab="")


@router.post("/agents/{agent_id}/delete")
def delete_agent(agent_id: str, visit: Visitor, form: Posted) -> Response:
    """It is gone; its calls stay in the log."""
    visit.console.edits.delete(visit.account.account_id, AgentId(agent_id))
    return visit.redirect("/agents", Notice.AGENT_DELETED)
