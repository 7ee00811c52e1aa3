"""The functions of an agent: webhooks, actions of the page, and web forms."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from callcore.agents.agent import Agent, AgentConfig, typed_config
from callcore.errors import NotFound
from callcore.tools.toolbox import toolbox
from playground.agent_page import agent_of, config_page, review_page
from playground.fields import shown
from playground.forms import Form, Posted
from playground.tool_form import (
    SPARE_ROWS,
    TOOL,
    TYPES,
    ParamRow,
    Place,
    enter_tool,
    listed,
    parse_place,
    put,
    rows_of,
    typed_tool,
)
from playground.views import PREFIX
from playground.visit import Visit, Visitor

router = APIRouter(prefix=f"{PREFIX}/agents/{{agent_id}}/configure/functions")
NEW = "new"
MAX_ROWS = 60


@router.get("")
def list_functions(agent_id: str, visit: Visitor) -> Response:
    """All of them, and why some are not offered to the model."""
    agent = agent_of(visit, agent_id)
    typed = typed_config(agent.config)
    notes = toolbox(typed, {}).notes if isinstance(typed, AgentConfig) else ()
    functions = [(place, typed_tool(tool)) for place, tool in listed(agent.config)]
    return config_page(visit, agent, "agent_functions.html.j2", form="functions", functions=functions, notes=notes)


@router.get("/{place}")
def show_function(agent_id: str, place: str, visit: Visitor) -> Response:
    """One of them, or a new one."""
    agent = agent_of(visit, agent_id)
    tool = tool_at(agent, place)
    texts = {field.name: shown(field, tool) for section in TOOL for field in section.fields}
    return _form(visit, agent, place, texts, rows_of(tool), {})


@router.post("/{place}")
def review_function(agent_id: str, place: str, visit: Visitor, form: Posted) -> Response:
    """What the filled-in form would change; or the form with more rows."""
    agent = agent_of(visit, agent_id)
    tool = tool_at(agent, place)
    texts = {field.name: form.text(field.name) for section in TOOL for field in section.fields}
    rows = _rows(form)
    if form.text("action") == "rows":
        return _form(visit, agent, place, texts, [*rows, *[ParamRow()] * SPARE_ROWS], {})
    entered = enter_tool(tool, texts, rows)
    if entered.wrong:
        return _form(visit, agent, place, texts, rows, entered.wrong)
    config = put(agent.config, parse_place(place), entered.tool)
    return review_page(visit, agent, agent.name, config, "configure/functions")


@router.post("/{place}/delete")
def delete_function(agent_id: str, place: str, visit: Visitor, form: Posted) -> Response:
    """What taking it away would change."""
    agent = agent_of(visit, agent_id)
    tool_at(agent, place)
    config = put(agent.config, parse_place(place), None)
    return review_page(visit, agent, agent.name, config, "configure/functions")


def tool_at(agent: Agent, place: str) -> Mapping[str, Any]:
    """The function there, as it is written; an empty one for a new one. Raises NotFound."""
    if place == NEW:
        return {}
    wanted = parse_place(place)
    for found, tool in listed(agent.config):
        if found == wanted:
            return tool
    raise NotFound("function", place[:40])


def place_of(agent: Agent, place: str) -> Place:
    """Where the function stands. Raises NotFound."""
    tool_at(agent, place)
    found = parse_place(place)
    if found is None:
        raise NotFound("function", place[:40])
    return found


def _rows(form: Form) -> list[ParamRow]:
    rows = []
    for index in range(MAX_ROWS):
        if f"param-{index}-name" not in form.fields:
            break
        name, kind = form.text(f"param-{index}-name"), form.text(f"param-{index}-type")
        description, required = form.text(f"param-{index}-description"), form.is_checked(f"param-{index}-required")
        rows.append(ParamRow(name, kind or "string", description, required))
    return rows


def _form(
    visit: Visit, agent: Agent, place: str, texts: Mapping[str, str], rows: Sequence[ParamRow], wrong: Mapping[str, str]
) -> Response:
    spare = [] if wrong or any(not row.name for row in rows) else [ParamRow()] * SPARE_ROWS
    context = {
        "sections": TOOL,
        "texts": texts,
        "rows": [*rows, *spare],
        "types": TYPES,
        "wrong": wrong,
        "place": place,
        "is_new": place == NEW,
    }
    return config_page(visit, agent, "agent_function.html.j2", 422 if wrong else 200, form="functions", **context)
