"""Two states of an agent side by side: what a change takes away and what it brings. Pure."""

import difflib
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from callcore.agents.agent import Agent
from callcore.jsontext import to_json

_CONTEXT_LINES = 2


@dataclass(frozen=True)
class DiffLine:
    """One line of a comparison."""

    mark: str
    """`+`, `-`, a space, or `@` where lines are left out."""
    text: str


def digest_of(agent: Agent) -> str:
    """Says whether an agent is still as it was when somebody looked at it."""
    return hashlib.sha256(to_json([agent.name, dict(agent.config)]).encode()).hexdigest()[:32]


def pretty(name: str, config: Mapping[str, Any]) -> list[str]:
    """The lines of the agent's JSON view."""
    return json.dumps({"name": name, "config": config}, ensure_ascii=False, indent=2).splitlines()


def compared(before: Sequence[str], after: Sequence[str]) -> list[DiffLine]:
    """The lines that differ, with some around them; none when nothing does."""
    lines = list(difflib.unified_diff(before, after, n=_CONTEXT_LINES, lineterm=""))[2:]
    return [DiffLine("@", "") if line.startswith("@@") else DiffLine(line[:1], line[1:]) for line in lines][1:]
