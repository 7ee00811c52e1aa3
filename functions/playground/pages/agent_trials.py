"""“Try it”: a function or a webhook of an agent is asked once, and a form is filled in."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from callcore.agents.agent import Agent, AgentConfig, typed_config
from callcore.agents.tools import Tool
from callcore.errors import InvalidInput, NotFound
from callcore.jsontext import to_json
from callcore.tools.tool_request import HttpRequest
from callcore.tools.web_form import entered, web_form
from callcore.variables import variables_of
from playground.agent_page import agent_of, config_page
from playground.fields import Field, Kind, read
from playground.forms import Form, Posted
from playground.owners_server import Attempted, attempt
from playground.pages.agent_functions import place_of
from playground.trials import end_trial, prefetch_trial, system_values, tool_trial
from playground.views import PREFIX
from playground.visit import Visit, Visitor

router = APIRouter(prefix=f"{PREFIX}/agents/{{agent_id}}/configure")
METADATA = Field(("metadata",), "Metadata", "One a line, as userName: Ann.", Kind.PAIRS)


@router.get("/functions/{place}/try")
def ask_for_arguments(agent_id: str, place: str, visit: Visitor) -> Response:
    """A field for each argument."""
    agent = agent_of(visit, agent_id)
    return _function_page(visit, agent, place, _tool(agent, place), {})


@router.post("/functions/{place}/try")
async def try_function(agent_id: str, place: str, visit: Visitor, form: Posted) -> Response:
    """What the server answers; of a form, what the function would be given."""
    agent = await run_in_threadpool(agent_of, visit, agent_id)
    tool = _tool(agent, place)
    texts = {name: form.text(name) for name in form.fields}
    arguments = _arguments(tool, form)
    told: dict[str, Any] = {}
    try:
        metadata = _metadata(form)
        if tool.is_web_form:
            told["given"] = to_json(entered(tool, arguments))
        else:
            told["attempted"] = await _attempt(visit, tool_trial(agent, tool, arguments, metadata))
    except InvalidInput as error:
        told["wrong"] = f"{str(error).capitalize()}."
    return _function_page(visit, agent, place, tool, texts, **told)


@router.post("/webhooks/{which}/try")
async def try_webhook(agent_id: str, which: str, visit: Visitor, form: Posted) -> Response:
    """What the webhook before or after a call answers."""
    agent = await run_in_threadpool(agent_of, visit, agent_id)
    told: dict[str, Any] = {"attempted": None, "wrong": ""}
    try:
        request = _webhook_request(visit, agent, which, _defaults(agent))
        told["attempted"] = await _attempt(visit, request)
    except InvalidInput as error:
        told["wrong"] = f"{str(error).capitalize()}."
    return config_page(visit, agent, "agent_webhook_try.html.j2", form="webhooks", which=which, **told)


def _webhook_request(visit: Visit, agent: Agent, which: str, metadata: Mapping[str, Any]) -> HttpRequest:
    if which == "before":
        return prefetch_trial(agent, visit.account, metadata)
    if which == "after":
        return end_trial(agent, visit.account, metadata, visit.console.clock.unix_s())
    raise NotFound("webhook", which[:20])


async def _attempt(visit: Visit, request: HttpRequest) -> Attempted:
    console = visit.console
    console.trials.count(visit.account.account_id, console.clock.monotonic_s())
    return await attempt(request, console.clock, private=console.allow_private_urls)


def _tool(agent: Agent, place: str) -> Tool:
    """The function, typed. Raises NotFound and InvalidInput."""
    found = place_of(agent, place)
    typed = typed_config(agent.config)
    if not isinstance(typed, AgentConfig):
        raise InvalidInput(typed[0].told("config"))
    tool: Tool = getattr(typed, found.list_name)[found.index]
    return tool


def _arguments(tool: Tool, form: Form) -> dict[str, Any]:
    """What was entered; a field that was left blank is not given, but for one that says yes or no."""
    arguments: dict[str, Any] = {}
    for param in tool.model_params:
        text = form.text(f"argument.{param.name}")
        if param.type == "boolean":
            arguments[param.name] = bool(text)
        elif text:
            arguments[param.name] = text
    return arguments


def _metadata(form: Form) -> Mapping[str, Any]:
    metadata: Mapping[str, Any] = read(METADATA, form.text("metadata"), {}) or {}
    return metadata


def _defaults(agent: Agent) -> Mapping[str, Any]:
    typed = typed_config(agent.config)
    return typed.default_metadata if isinstance(typed, AgentConfig) else {}


def _function_page(
    visit: Visit, agent: Agent, place: str, tool: Tool, texts: Mapping[str, str], **told: Any
) -> Response:
    variables = variables_of(_defaults(agent), system_values(agent))
    metadata = "\n".join(f"{name}: {value}" for name, value in _defaults(agent).items())
    context: dict[str, Any] = {
        "place": place,
        "tool": tool,
        "shown_form": web_form(tool, {}, variables) if tool.is_web_form else None,
        "params": tool.model_params,
        "texts": {"metadata": metadata} | dict(texts),
        "attempted": None,
        "given": "",
        "wrong": "",
    } | told
    return config_page(visit, agent, "agent_function_try.html.j2", form="functions", **context)
