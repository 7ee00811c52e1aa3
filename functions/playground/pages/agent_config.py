"""The forms of an agent's configuration, its JSON, and the look at a change before it is saved."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from callcore.agents.agent import Agent, AgentConfig, typed_config
from callcore.desks.agent_edits import checked_name
from callcore.errors import Conflict, InvalidInput, NotFound
from callcore.ids import AgentId
from callcore.jsontext import parse_json
from playground.agent_page import agent_of, config_page, review_page, warnings_of
from playground.comparison import digest_of
from playground.fields import Section, enter, field_of, shown
from playground.forms import Form, Posted
from playground.sections import FORMS
from playground.views import PREFIX, Notice
from playground.visit import Visit, Visitor

router = APIRouter(prefix=PREFIX)
NAME = "agent-name"
"""The field of the agent's name, which stands in the first form."""
FIRST = "prompt"


@router.get("/agents/{agent_id}/configure")
def open_configuration(agent_id: str, visit: Visitor) -> Response:
    """Its first form."""
    return visit.redirect(f"/agents/{agent_id}/configure/{FIRST}")


@router.get("/agents/{agent_id}/configure/json")
def show_json(agent_id: str, visit: Visitor) -> Response:
    """The whole configuration as its owner wrote it."""
    agent = agent_of(visit, agent_id)
    text = json.dumps(agent.config, ensure_ascii=False, indent=2)
    return config_page(visit, agent, "agent_json.html.j2", form="json", text=text, wrong=())


@router.post("/agents/{agent_id}/configure/json")
def review_json(agent_id: str, visit: Visitor, form: Posted) -> Response:
    """What the entered configuration would change."""
    agent, text = agent_of(visit, agent_id), form.text("config")
    wrong = _problems_of_text(text)
    if wrong:
        return config_page(visit, agent, "agent_json.html.j2", 422, form="json", text=text, wrong=wrong)
    return review_page(visit, agent, agent.name, parse_json(text), "configure/json")


@router.get("/agents/{agent_id}/configure/{form_name}")
def show_form(agent_id: str, form_name: str, visit: Visitor) -> Response:
    """One form."""
    agent, sections = agent_of(visit, agent_id), _sections(form_name)
    texts = {field.name: shown(field, agent.config) for section in sections for field in section.fields}
    return _form(visit, agent, form_name, texts | {NAME: agent.name}, {})


@router.post("/agents/{agent_id}/configure/{form_name}")
def review_form(agent_id: str, form_name: str, visit: Visitor, form: Posted) -> Response:
    """What the filled-in form would change, or what is wrong with it."""
    agent, sections = agent_of(visit, agent_id), _sections(form_name)
    texts = {field.name: form.text(field.name) for section in sections for field in section.fields}
    entered = enter(sections, texts, agent.config)
    wrong = {**_problems(entered.config, sections), **entered.wrong}
    name = form.text(NAME) if form_name == FIRST else agent.name
    try:
        checked_name(name)
    except InvalidInput as error:
        wrong[NAME] = f"{str(error).capitalize()}."
    if wrong:
        return _form(visit, agent, form_name, texts | {NAME: name}, wrong)
    return review_page(visit, agent, name, entered.config, f"configure/{form_name}")


@router.post("/agents/{agent_id}/save")
def save(agent_id: str, visit: Visitor, form: Posted) -> Response:
    """Save what was looked at, unless somebody else has saved meanwhile."""
    name, config, back = form.text("name"), _config(form), form.text("back")
    seen = form.text("digest")

    def changed(agent: Agent) -> Agent:
        if digest_of(agent) != seen:
            raise Conflict("the agent was changed meanwhile")
        written.update({key: value for key, value in config.items() if agent.config.get(key) != value})
        return replace(agent, name=name, config=config)

    written: dict[str, Any] = {}
    try:
        account_id = visit.account.account_id
        visit.console.edits.update(account_id, AgentId(agent_id), changed, visit.session.name, written)
    except Conflict:
        warning = "Somebody else has saved meanwhile. This is what would change now."
        return review_page(visit, agent_of(visit, agent_id), name, config, back, status=409, warning=warning)
    return visit.redirect(f"/agents/{agent_id}/{_own_back(back)}", Notice.SAVED)


def _sections(form_name: str) -> tuple[Section, ...]:
    if form_name not in FORMS:
        raise NotFound("form", form_name[:32])
    return FORMS[form_name][1]


def _form(visit: Visit, agent: Agent, form_name: str, texts: Mapping[str, str], wrong: Mapping[str, str]) -> Response:
    status = 422 if wrong else 200
    context = {"sections": _sections(form_name), "texts": texts, "wrong": wrong, "warnings": warnings_of(visit, agent)}
    return config_page(visit, agent, "agent_form.html.j2", status, form=form_name, **context)


def _problems(config: Mapping[str, Any], sections: tuple[Section, ...]) -> dict[str, str]:
    """What is wrong with a configuration, by the names of the fields; what is in none of these stands at the first."""
    typed = typed_config(config)
    if isinstance(typed, AgentConfig):
        return {}
    first = sections[0].fields[0].name
    wrong: dict[str, str] = {}
    for problem in typed:
        name = field_of(problem.path, sections)
        wrong.setdefault(name or first, f"{problem.reason.rstrip('.')}." if name else f"{problem.told('config')}.")
    return wrong


def _problems_of_text(text: str) -> tuple[str, ...]:
    try:
        config = parse_json(text)
    except InvalidInput as error:
        return (f"The text {error}.",)
    if not isinstance(config, dict):
        return ("The text must be a JSON object.",)
    typed = typed_config(config)
    return () if isinstance(typed, AgentConfig) else tuple(f"{problem.told('config')}." for problem in typed)


def _config(form: Form) -> dict[str, Any]:
    config = parse_json(form.text("config"))
    if not isinstance(config, dict):
        raise InvalidInput("the configuration is no object")
    return config


def _own_back(back: str) -> str:
    parts = back.split("/")
    is_own = parts[0] in ("configure", "functions", "versions", "voices", "embed") and all(map(_is_plain, parts))
    return back if is_own else f"configure/{FIRST}"


def _is_plain(part: str) -> bool:
    return part.replace("-", "").isalnum()
