"""Credentials of a digest (RFC 7616, 3.4; RFC 3261, 25.1), read once from left to right.

sipmessage's reader of these fields takes a time that doubles with every parameter: it is never asked.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from media_worker.transports.sip.fields import is_token

MAX_CHARS: Final = 4096
MAX_PARAMETERS: Final = 32


@dataclass(frozen=True)
class Credentials:
    """An Authorization field."""

    scheme: str
    """In lower case."""
    parameters: Mapping[str, str]
    """Names in lower case, values without quotation marks."""


def parse_credentials(text: str) -> Credentials | None:
    """None for what is malformed or absurdly long: whoever sent it is asked again."""
    scheme, _, rest = text.strip().partition(" ")
    if len(text) > MAX_CHARS or not is_token(scheme):
        return None
    parameters: dict[str, str] = {}
    rest = rest.strip()
    while rest:
        name, equals, rest = rest.partition("=")
        name = name.strip().lower()
        if not equals or not is_token(name) or name in parameters or len(parameters) >= MAX_PARAMETERS:
            return None
        value, rest = _value(rest.lstrip())
        if value is None:
            return None
        parameters[name] = value
    return Credentials(scheme.lower(), parameters)


def _value(text: str) -> tuple[str | None, str]:
    """The value at the start, and what stands behind its comma; None: it is malformed."""
    value, rest = _quoted(text) if text.startswith('"') else _bare(text)
    rest = rest.lstrip()
    if rest and (not rest.startswith(",") or not rest[1:].strip()):
        return None, ""
    return value, rest[1:].lstrip()


def _bare(text: str) -> tuple[str | None, str]:
    value, comma, rest = text.partition(",")
    return (value.strip() if is_token(value.strip()) else None), comma + rest


def _quoted(text: str) -> tuple[str | None, str]:
    value, escaped = [], False
    for index, character in enumerate(text[1:], start=1):
        if escaped:
            value.append(character)
            escaped = False
        elif character == "\\":
            escaped = True
        elif character == '"':
            return "".join(value), text[index + 1 :]
        else:
            value.append(character)
    return None, ""
