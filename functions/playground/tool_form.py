"""A function of an agent as people edit it: its fields, and a row for each argument. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from callcore.agents.agent import AgentConfig, typed_config
from callcore.agents.tools import Tool, ToolParam
from playground.fields import Field, Kind, Section, enter, field_of

LISTS = ("tools", "millis_functions")
"""Where functions stand in a configuration; both hold the same."""
SPARE_ROWS = 2
WEB_FORM = "web_form"
TYPES = ("string", "number", "integer", "boolean")

TOOL = (
    Section(
        "Function",
        (
            Field(("name",), "Name", "A letter, then letters, digits, _ and -. The model calls it by this name."),
            Field(
                ("type",),
                "Kind",
                "",
                Kind.CHOICE,
                (("", "A webhook, or an action of the page"), (WEB_FORM, "A form that the visitor fills in")),
            ),
            Field(
                ("description",),
                "Description",
                "For the model: what it does and when to call it. Of a form: what stands above it.",
                Kind.LONG,
            ),
        ),
    ),
    Section(
        "Webhook",
        (
            Field(
                ("webhook",), "Address", "https:// of your server. Empty: the page alone learns of it.", Kind.ADDRESS
            ),
            Field(
                ("method",),
                "Method",
                "GET puts the arguments into the query, the others into a JSON body.",
                Kind.CHOICE,
                (("", "GET, the default"), *((method, method) for method in ("GET", "POST", "PUT", "PATCH", "DELETE"))),
            ),
            Field(("header",), "Headers", "One a line, as Authorization: Bearer ….", Kind.PAIRS),
            Field(("timeout",), "Patience", "Empty: 5, and 180 for a form.", Kind.NUMBER, unit="seconds"),
            Field(("include_metadata",), "Send the session's metadata", "", Kind.FLAG),
            Field(("exclude_session_id",), "Leave the session's id out", "", Kind.FLAG),
        ),
    ),
    Section(
        "In the conversation",
        (
            Field(("messages",), "Said before it runs", "One a line; one of them is chosen.", Kind.LINES),
            Field(
                ("response_mode",),
                "How",
                "",
                Kind.CHOICE,
                (("", "Word for word"), ("flexible", "In the model's own words")),
            ),
            Field(("execute_after_message",), "Wait until it was said", "", Kind.FLAG),
            Field(
                ("run_after_call",),
                "Run when the call is over",
                "With arguments that the model finds in the whole conversation.",
                Kind.FLAG,
            ),
        ),
    ),
)


@dataclass(frozen=True)
class Place:
    """Where a function stands in a configuration."""

    list_name: str
    index: int

    def __str__(self) -> str:
        return f"{self.list_name}-{self.index}"


def parse_place(text: str) -> Place | None:
    """The inverse of `str`; None for what is none."""
    list_name, _, index = text.rpartition("-")
    if list_name not in LISTS or not (index.isascii() and index.isdigit()):
        return None
    return Place(list_name, int(index))


def listed(config: Mapping[str, Any]) -> list[tuple[Place, Mapping[str, Any]]]:
    """Every function with its place."""
    found = []
    for list_name in LISTS:
        for index, tool in enumerate(config.get(list_name) or ()):
            if isinstance(tool, Mapping):
                found.append((Place(list_name, index), tool))
    return found


def typed_tool(tool: Mapping[str, Any]) -> Tool:
    """The function, typed; of one that cannot be, its name."""
    try:
        return Tool.model_validate(tool)
    except ValidationError:
        return Tool(name=str(tool.get("name") or ""))


def put(config: Mapping[str, Any], place: Place | None, tool: Mapping[str, Any] | None) -> dict[str, Any]:
    """The configuration with this function there; no place: behind the others; None takes it away."""
    list_name = place.list_name if place else LISTS[0]
    tools = list(config.get(list_name) or ())
    if place is None:
        tools.append(tool)
    elif tool is None:
        del tools[place.index]
    else:
        tools[place.index] = tool
    changed = {**config, list_name: tools}
    return {name: value for name, value in changed.items() if name != list_name or tools}


@dataclass(frozen=True)
class ParamRow:
    """One argument as it is entered."""

    name: str = ""
    type: str = "string"
    description: str = ""
    required: bool = False


def rows_of(tool: Mapping[str, Any]) -> list[ParamRow]:
    """The arguments of a function."""
    return [ParamRow(param.name, param.type, param.description, param.required) for param in typed_tool(tool).params]


@dataclass(frozen=True)
class EnteredTool:
    """What a form makes of a function."""

    tool: dict[str, Any]
    texts: Mapping[str, str]
    wrong: dict[str, str]


def enter_tool(tool: Mapping[str, Any], texts: Mapping[str, str], rows: Sequence[ParamRow]) -> EnteredTool:
    """The function with what was entered. A row without a name is no argument; what a row does not show is kept."""
    entered = enter(TOOL, texts, tool)
    before = [dict(param) for param in tool.get("params") or () if isinstance(param, Mapping)]
    params, wrong = [], dict(entered.wrong)
    for index, row in enumerate(rows):
        if not row.name:
            if row.description:
                wrong["params"] = "An argument needs a name."
            continue
        kept = before[index] if index < len(before) else {}
        params.append(_with_row(kept, row))
    if len({param["name"] for param in params}) < len(params):
        wrong["params"] = "Two arguments have the same name."
    changed = {**entered.config, "params": params}
    if not params and "params" not in tool:
        del changed["params"]
    if not texts.get("name", "").strip():
        wrong["name"] = "A function needs a name."
    return EnteredTool(changed, entered.texts, {**_problems(changed), **wrong})


def _with_row(kept: Mapping[str, Any], row: ParamRow) -> dict[str, Any]:
    """An unchanged argument stays as it was written."""
    typed = ToolParam.model_validate(kept)
    shown = ParamRow(typed.name, typed.type, typed.description, typed.required)
    if kept and shown == row:
        return dict(kept)
    return {**kept, "name": row.name, "type": row.type, "description": row.description, "required": row.required}


def _problems(tool: Mapping[str, Any]) -> dict[str, str]:
    typed = typed_config({LISTS[0]: [tool]})
    if isinstance(typed, AgentConfig):
        return {}
    wrong: dict[str, str] = {}
    for problem in typed:
        path = problem.path[2:]
        name = "params" if path[:1] == ("params",) else field_of(path, TOOL)
        wrong.setdefault(name or "name", f"{problem.reason.rstrip('.')}.")
    return wrong
