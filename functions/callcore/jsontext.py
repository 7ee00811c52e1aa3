"""JSON that can be read, stored and sent on without a surprise: RFC 8259, and a bounded depth."""

import json
from typing import Any

from callcore.errors import InvalidInput

MAX_DEPTH = 64
"""Deeper values exhaust the recursion of whoever copies or prints them later."""


def parse_json(text: str) -> Any:
    """Read a JSON text. Raises InvalidInput, whose message ("is not JSON", …) never shows the text."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidInput("is not JSON") from None
    to_json(value)
    return value


def to_json(value: object) -> str:
    """The compact JSON text of a value; it encodes as UTF-8.

    Raises InvalidInput for what has none: NaN and infinities, half a surrogate pair, a value of
    another type, or one nested deeper than MAX_DEPTH.
    """
    _check_depth(value)
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        text.encode()
    except (ValueError, TypeError):
        raise InvalidInput("holds a value that JSON cannot carry") from None
    return text


def _check_depth(value: object) -> None:
    level: list[object] = [value]
    for _ in range(MAX_DEPTH):
        level = [item for holder in level for item in _items(holder)]
        if not level:
            return
    raise InvalidInput(f"is nested deeper than {MAX_DEPTH} levels")


def _items(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    if isinstance(value, list | tuple):
        return list(value)
    return []
