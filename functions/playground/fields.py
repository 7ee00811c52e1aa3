"""Fields of a configuration as people edit them: where each stands, how it is shown, and how it is read again. Pure.

A form touches the fields that it shows and nothing else: unknown keys, and fields of other forms, stay as they are.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from callcore.errors import InvalidInput
from callcore.jsontext import parse_json

Config = Mapping[str, Any]


class Kind(StrEnum):
    """What a field is to be filled in with."""

    TEXT = "text"
    ADDRESS = "address"
    """A URL."""
    LONG = "long"
    """A text of several lines."""
    NUMBER = "number"
    FLAG = "flag"
    CHOICE = "choice"
    LINES = "lines"
    """A list of texts, one a line."""
    PAIRS = "pairs"
    """An object of texts by name: `name: value`, one a line."""
    VALUES = "values"
    """The same of numbers, truths and texts; a name alone stands for null."""
    JSON = "json"


@dataclass(frozen=True)
class Field:
    """One field of a form."""

    path: tuple[str, ...]
    """Below the configuration."""
    label: str
    help: str = ""
    kind: Kind = Kind.TEXT
    choices: Sequence[tuple[str, str]] = ()
    """Of a CHOICE: value and label; of a TEXT: what is suggested."""
    default: bool = False
    """Of a FLAG that is not given."""
    unit: str = ""

    @property
    def name(self) -> str:
        """Of the field in the form."""
        return ".".join(self.path)


@dataclass(frozen=True)
class Section:
    """Fields that are edited together."""

    title: str
    fields: tuple[Field, ...]
    help: str = ""


_OBJECT_FORMS: Mapping[tuple[str, ...], str] = {
    ("llm",): "model",
    ("session_data_webhook",): "url",
    ("extra_prompt_webhook",): "url",
    ("custom_llm_websocket",): "url",
    ("flow", "response_delay"): "generic_delay",
}
"""Objects that may be written as this one value of theirs."""
_OTHER_NAMES: Mapping[tuple[str, ...], str] = {
    ("voice", "voice_id"): "name",
    ("flow", "interruption", "first_messsage"): "first_message",
    ("header",): "headers",
}


def value_at(config: Config, path: Sequence[str]) -> Any:
    """What stands there; None when nothing does."""
    value: Any = config
    for depth, key in enumerate(path):
        here = tuple(path[:depth])
        if not isinstance(value, Mapping) and value is not None and _OBJECT_FORMS.get(here) == key:
            continue
        if not isinstance(value, Mapping):
            return None
        found = value.get(key)
        value = value.get(_OTHER_NAMES.get((*here, key), key)) if found is None else found
    return value


def with_value(config: Config, path: Sequence[str], value: Any) -> dict[str, Any]:
    """The configuration with this value there; None takes the field away, and an object that becomes empty by that."""
    return _changed(dict(config), (), list(path), value)


def _changed(held: dict[str, Any], here: tuple[str, ...], rest: list[str], value: Any) -> dict[str, Any]:
    key, *deeper = rest
    if (*here, key) in _OTHER_NAMES:
        held.pop(_OTHER_NAMES[(*here, key)], None)
    if not deeper:
        if value is None:
            held.pop(key, None)
        else:
            held[key] = value
        return held
    below = held.get(key)
    if below is not None and not isinstance(below, Mapping):
        single = _OBJECT_FORMS.get((*here, key))
        below = {single: below} if single else {}
    changed = _changed(dict(below or {}), (*here, key), deeper, value)
    if changed or below:
        held[key] = changed
    if not changed:
        held.pop(key, None)
    return held


def shown(field: Field, config: Config) -> str:
    """The field's text in a form; of a FLAG "on" or nothing."""
    value = value_at(config, field.path)
    if field.kind is Kind.FLAG:
        return "on" if (field.default if value is None else value) else ""
    if value is None:
        return ""
    if field.kind is Kind.JSON:
        return json.dumps(value, ensure_ascii=False, indent=2)
    if field.kind is Kind.LINES and isinstance(value, list | tuple):
        return "\n".join(map(_line, value))
    if field.kind in (Kind.PAIRS, Kind.VALUES) and isinstance(value, Mapping):
        return "\n".join(name if one is None else f"{name}: {_line(one)}" for name, one in value.items())
    return _line(value)


def _line(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def read(field: Field, text: str, config: Config) -> Any:
    """What a form's text stands for; None = nothing. Raises InvalidInput.

    What reads as it was shown keeps its value, whatever type that has.
    """
    before = value_at(config, field.path)
    if field.kind is Kind.FLAG:
        is_on = bool(text)
        return None if before is None and is_on == field.default else is_on
    if before is not None and text == shown(field, config).strip():
        return before
    if not text:
        return None
    match field.kind:
        case Kind.NUMBER:
            return _number(text)
        case Kind.JSON:
            return parse_json(text)
        case Kind.LINES:
            return [line.strip() for line in text.splitlines() if line.strip()]
        case Kind.PAIRS | Kind.VALUES:
            pairs = _pairs(text, field.kind is Kind.VALUES)
            kept = before if isinstance(before, Mapping) else {}
            # What reads as it was shown keeps its type here too.
            return {name: kept[name] if _line(kept.get(name)) == one else one for name, one in pairs.items()}
    return text


def _number(text: str) -> float:
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        raise InvalidInput("must be a number") from None
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def _pairs(text: str, are_values: bool) -> dict[str, Any]:
    pairs: dict[str, Any] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        name, colon, value = (part.strip() for part in line.partition(":"))
        if not name or not (colon or are_values):
            raise InvalidInput(f"“{line[:40]}” must look like name: value")
        if name in pairs:
            raise InvalidInput(f"{name[:40]} stands there twice")
        pairs[name] = _value(value) if are_values else value
    return pairs


def _value(text: str) -> Any:
    if not text:
        return None
    try:
        value = parse_json(text)
    except InvalidInput:
        return text
    return value if isinstance(value, bool | int | float) else text


@dataclass(frozen=True)
class Entered:
    """What a form makes of a configuration."""

    config: dict[str, Any]
    texts: Mapping[str, str]
    """Of every field, as it was entered."""
    wrong: Mapping[str, str]
    """Reasons by the names of the fields that cannot be read."""


def enter(sections: Sequence[Section], texts: Mapping[str, str], config: Config) -> Entered:
    """The configuration with what was entered; a field that cannot be read stays as it was."""
    changed, wrong = dict(config), {}
    for field in (field for section in sections for field in section.fields):
        text = texts.get(field.name, "").strip()
        try:
            value = read(field, text, config)
        except InvalidInput as error:
            wrong[field.name] = f"It {error}." if str(error).startswith("is ") else f"{str(error).capitalize()}."
            continue
        if value != value_at(config, field.path) or type(value) is not type(value_at(config, field.path)):
            changed = with_value(changed, field.path, value)
    return Entered(changed, texts, wrong)


def field_of(path: Sequence[str], sections: Sequence[Section]) -> str | None:
    """The name of the field in which what is wrong at this path was entered; None when it is in none of them."""
    named = [field for section in sections for field in section.fields]
    holding = [field for field in named if tuple(path[: len(field.path)]) == field.path]
    below = [field for field in named if field.path[: len(path)] == tuple(path)]
    return next((field.name for field in (*holding, *below)), None)
