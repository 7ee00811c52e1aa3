"""JSON as it stands in a row, whatever the store."""

import json
from collections.abc import Mapping
from typing import Any

from callcore.errors import InvalidInput


def to_json(value: object) -> str:
    """The text of a column. Raises InvalidInput for what is no JSON."""
    # ASCII escapes keep even a lone surrogate, which JSON can carry and UTF-8 cannot.
    try:
        return json.dumps(value, allow_nan=False, separators=(",", ":"), default=_plain)
    except (TypeError, ValueError, RecursionError):
        raise InvalidInput("a value cannot be stored as JSON") from None


def _plain(value: object) -> dict[Any, Any]:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError


def to_json_or_null(value: object) -> str | None:
    """The same; None is NULL."""
    return None if value is None else to_json(value)


def from_json_or_null(text: str | None) -> Any:
    """What `to_json_or_null` wrote."""
    return None if text is None else json.loads(text)
