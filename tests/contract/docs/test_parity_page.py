"""PARITY.md lists what the code has, and nothing that it has not."""

import dataclasses
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from callcore.agents.agent import AgentConfig
from callcore.agents.tools import Tool
from callcore.calls.call import CallStatus
from callcore.wire.client import FunctionResult, Initiate

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "functions/callcore/wire/PARITY.md").read_text()
STATUS = re.compile(r"done|stored and returned only|refused \(.+\)|not yet \(.+\)")
SERVER_FRAMES = [
    json.loads(path.read_text())["frame"] for path in sorted((ROOT / "tests/vectors/wire").glob("server_*.json"))
]


def rows(title: str) -> dict[str, str]:
    """What stands in the first two columns of a section's table."""
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found, title
    lines = [line for line in found[1].splitlines() if line.startswith("|")][2:]
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
    assert all(len(row) == 3 for row in cells), title
    names = [row[0] for row in cells]
    assert len(names) == len(set(names)), "a row stands twice"
    return {row[0]: row[1] for row in cells}


def names(title: str) -> set[str]:
    """The rows that name one thing: it stands in backticks."""
    return {name.strip("`") for name in rows(title) if re.fullmatch(r"`[^`]+`", name)}


TITLES = re.findall(r"^## (.+)$", PAGE, re.MULTILINE)


@pytest.mark.parametrize("title", TITLES)
def test_every_row_has_a_status(title: str) -> None:
    bad = {name: status for name, status in rows(title).items() if not STATUS.fullmatch(status)}
    assert bad == {}


def model_paths(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """Every field as it is called on the wire, inner ones after a dot or, in lists, after `[].`."""
    for name, field in model.model_fields.items():
        path = prefix + (field.serialization_alias or name)
        yield path
        for inner, joint in inner_models(field.annotation):
            if not (inner is Tool and name == "millis_functions"):  # listed once, under `tools`
                yield from model_paths(inner, path + joint)


def inner_models(annotation: Any) -> Iterator[tuple[type[BaseModel], str]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation, "."
    for argument in get_args(annotation):
        for inner, joint in inner_models(argument):
            yield inner, "[]." if getattr(annotation, "__origin__", None) is tuple else joint


def frame_paths() -> Iterator[str]:
    for frame in SERVER_FRAMES:
        method = frame["method"]
        yield method
        for part in frame.keys() - {"method"}:
            inner = frame[part]
            yield from (f"{method}.{part}.{key}" for key in inner) if isinstance(inner, dict) else [f"{method}.{part}"]


def test_client_messages() -> None:
    assert names("Client to worker") == {
        *("initiate", "function_result"),
        *(path for method in ("ping", "user_text", "dtmf", "voice") for path in (method, f"{method}.data")),
        *(f"function_result.data.{field.name}" for field in dataclasses.fields(FunctionResult)),
        *model_paths(Initiate, "initiate."),
    }


def test_worker_messages() -> None:
    assert names("Worker to client") == set(frame_paths())


def test_agent_configuration() -> None:
    assert names("Agent configuration") == set(model_paths(AgentConfig))


def test_call_statuses() -> None:
    assert names("Call statuses") == set(CallStatus)
