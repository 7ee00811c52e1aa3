"""A function that the model wants to be run, and its arguments as the function will get them (protocol.md 4.1)."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from callcore.agents.tools import Tool, ToolParam
from callcore.errors import InvalidInput
from callcore.jsontext import parse_json, to_json
from callcore.variables import render, variable_of

REPEATED = "-repeated"
"""Ends the id of a call that stands in the chat a second time; a model's ids have no reason to end so."""
YES, NO = frozenset({"true", "yes", "1"}), frozenset({"false", "no", "0"})


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call; its id is unique in its session."""

    call_id: str
    name: str
    arguments: str
    """As the model wrote them: a JSON object, if it kept to what it was asked for."""

    def to_message(self) -> dict[str, Any]:
        """As an assistant's message carries it, in OpenAI's shape."""
        function = {"name": self.name, "arguments": self.arguments}
        return {"id": self.call_id, "type": "function", "function": function}


def is_fixed(param: ToolParam, variables: Mapping[str, str]) -> bool:
    """Whether the argument is the value of a variable, and not the model's to choose."""
    return variable_of(param.description) in variables


def arguments_of(tool: Tool, written: str, variables: Mapping[str, str]) -> dict[str, Any]:
    """What the function gets: the model's arguments in the types that were declared, and the fixed ones.

    Raises InvalidInput that tells the model everything that is wrong with them.
    """
    params = tool.model_params
    fixed = {param.name: render(param.description, variables) for param in params if is_fixed(param, variables)}
    return checked(params, _parsed(written) | fixed)


def checked(params: Iterable[ToolParam], given: Mapping[str, Any]) -> dict[str, Any]:
    """The values that are given for these arguments, in their declared types; null is none.

    Raises InvalidInput that tells everything that is wrong with them.
    """
    named = {param.name: param for param in params}
    faults = [f"{name[:64]}: there is no such argument" for name in given if name not in named]
    arguments: dict[str, Any] = {}
    for name, param in named.items():
        value = given.get(name)
        if value is None:
            faults += [f"{name}: is required"] if param.required else []
            continue
        try:
            arguments[name] = _COERCIONS.get(param.type, _unchanged)(value)
        except ValueError as error:
            faults.append(f"{name}: {error}")
    if faults:
        raise InvalidInput("; ".join(faults))
    return arguments


def _parsed(written: str) -> dict[str, Any]:
    if not written.strip():
        return {}
    try:
        given = parse_json(written)
    except InvalidInput as error:
        raise InvalidInput(f"the arguments: {error}") from None
    if not isinstance(given, dict):
        raise InvalidInput("the arguments: must be an object")
    return given


def _text(value: Any) -> str:
    if isinstance(value, dict | list):
        raise ValueError("must be a string")
    return value if isinstance(value, str) else to_json(value)


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("must be a number")
    try:
        number = float(value)
    except (ValueError, OverflowError):  # the latter: JSON has whole numbers of any length
        raise ValueError("must be a number") from None
    if not math.isfinite(number):
        raise ValueError("must be a number")
    if isinstance(value, int):
        return value
    return int(number) if number.is_integer() else number


def _whole_number(value: Any) -> float:
    number = _number(value)
    if isinstance(number, float):
        raise ValueError("must be a whole number")
    return number


def _truth(value: Any) -> bool:
    text = _text(value).strip().casefold()
    if text in YES | NO:
        return text in YES
    raise ValueError("must be true or false")


def _unchanged(value: Any) -> Any:
    return value


_COERCIONS: Mapping[str, Callable[[Any], Any]] = {
    "string": _text,
    "number": _number,
    "integer": _whole_number,
    "boolean": _truth,
}
"""By the declared type; a value of another type goes as it is."""
