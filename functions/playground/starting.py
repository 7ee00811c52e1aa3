"""What a new agent may start with: small, whole agents that answer with and without a language model."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).with_name("starters")
_ORDER = ("reception", "booking", "survey", "support")
EMPTY = "empty"


@dataclass(frozen=True)
class Starter:
    """One of them."""

    key: str
    title: str
    about: str
    name: str
    """Of an agent whose owner gives none."""
    config: Mapping[str, Any]


@cache
def starters() -> tuple[Starter, ...]:
    """All of them, and an empty one last."""
    read = tuple(Starter(key, **json.loads((_FOLDER / f"{key}.json").read_text(encoding="utf-8"))) for key in _ORDER)
    return (*read, Starter(EMPTY, "Empty", "Nothing but a name: you write the prompt.", "New agent", {"prompt": ""}))
