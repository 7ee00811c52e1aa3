"""Variables in texts and URLs: `{name}`, and `{<name>}` as the vendor's page prints it (protocol.md 10).

Rendering is one pass: what a value holds is never taken for a variable.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from callcore.errors import InvalidInput
from callcore.jsontext import to_json
from callcore.metadata import with_system_values

MAX_INSERTED_CHARS = 1_000_000
"""Of values, in one text: a short text that repeats a long value must not fill the memory."""

_NAME = r"\w[\w .\-]{0,63}"
_PLACE = re.compile(rf"\{{(?:<({_NAME})>|({_NAME}))\}}")
_LARGEST_PLAIN_FLOAT = 1e15


def variables_of(metadata: Mapping[str, Any], system: Mapping[str, str]) -> dict[str, str]:
    """The variables of a session by name; a system value wins over metadata of its name."""
    return {name: _text_of(value) for name, value in with_system_values(metadata, system).items()}


def _text_of(value: object) -> str:
    """A value as a person would read it: text as it is, null as nothing, structures as JSON."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < _LARGEST_PLAIN_FLOAT:
        return str(int(value))
    return to_json(value)


def render(text: str, variables: Mapping[str, str]) -> str:
    """The text with its known variables replaced; everything else in braces stays as it is.

    Never raises. Variables beyond MAX_INSERTED_CHARS of inserted values stay as they are too.
    """
    room = MAX_INSERTED_CHARS

    def value_at(place: re.Match[str]) -> str:
        nonlocal room
        value = variables.get(_name_at(place))
        if value is None or len(value) > room:
            return place[0]
        room -= len(value)
        return value

    return _PLACE.sub(value_at, text)


def render_url(url: str, variables: Mapping[str, str]) -> str:
    """The URL with its known variables replaced by percent-encoded values.

    Raises InvalidInput when a brace stands in scheme or authority, or when values would make a path
    segment `.` or `..`: a value must not decide where a request goes.
    """
    start = url.find("://")
    end = re.search(r"[/?#]", url[start + 3 :]) if start > 0 else None
    authority_end = len(url) if end is None else start + 3 + end.start()
    if "{" in url[:authority_end]:
        raise InvalidInput("a URL has a variable in its scheme or host")
    encoded = {name: quote(value, safe="", errors="replace") for name, value in variables.items()}
    rendered = render(url, encoded)
    _check_segments(_path(url, authority_end), _path(rendered, authority_end))
    return rendered


def _path(url: str, authority_end: int) -> str:
    return re.split(r"[?#]", url[authority_end:], maxsplit=1)[0]


def _check_segments(template: str, rendered: str) -> None:
    for before, after in zip(template.split("/"), rendered.split("/"), strict=True):
        if before != after and after in {".", ".."}:
            raise InvalidInput("a variable makes a dot segment of a URL's path")


def variable_of(text: str) -> str | None:
    """The variable that is all of the text; None when it is anything else."""
    place = _PLACE.fullmatch(text.strip())
    return None if place is None else _name_at(place)


def unknown_names(text: str, variables: Mapping[str, str]) -> tuple[str, ...]:
    """Names in the text that no variable has, each once, in order of appearance."""
    return tuple(dict.fromkeys(name for name in map(_name_at, _PLACE.finditer(text)) if name not in variables))


def _name_at(place: re.Match[str]) -> str:
    return place[1] or place[2]
