"""A form that the agent shows in the user's browser, and what comes back (protocol.md 4.2). Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from callcore.agents.tools import Tool, ToolParam
from callcore.errors import InvalidInput
from callcore.tools.tool_call import checked, is_fixed
from callcore.variables import render

MAX_VALUE_CHARS = 2_000
"""Of one text, as in metadata."""
FIELD_TYPES = frozenset({"string", "number", "integer", "boolean"})


@dataclass(frozen=True)
class FormField:
    """One thing to fill in."""

    name: str
    type: str
    """One of FIELD_TYPES."""
    description: str
    """For the user; empty: the name has to do."""
    required: bool
    value: Any = None
    """What is known already; the user may change it."""


@dataclass(frozen=True)
class WebForm:
    """What the browser shows."""

    description: str
    fields: tuple[FormField, ...]


def web_form(tool: Tool, known: Mapping[str, Any], variables: Mapping[str, str]) -> WebForm:
    """The form of a function; `known` are the arguments that the model gave."""
    fields = tuple(_field(param, known.get(param.name), variables) for param in tool.form_params)
    return WebForm(render(tool.description, variables).strip(), fields)


def _field(param: ToolParam, value: Any, variables: Mapping[str, str]) -> FormField:
    description = "" if is_fixed(param, variables) else render(param.description, variables).strip()
    kind = param.type if param.type in FIELD_TYPES else "string"
    return FormField(param.name, kind, description, param.required, value)


def entered(tool: Tool, values: Mapping[str, Any]) -> dict[str, Any]:
    """What the user filled in, in the declared types; what was left blank is not there.

    Raises InvalidInput that tells everything that is wrong with it.
    """
    filled = {name: value for name, value in values.items() if not (isinstance(value, str) and not value.strip())}
    too_long = [name for name, value in filled.items() if isinstance(value, str) and len(value) > MAX_VALUE_CHARS]
    if too_long:
        raise InvalidInput(f"{too_long[0][:64]}: is longer than {MAX_VALUE_CHARS} characters")
    return checked(tool.form_params, filled)
