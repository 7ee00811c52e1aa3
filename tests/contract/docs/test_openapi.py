"""functions/api/openapi.json describes the API as it is."""

import json
from pathlib import Path
from typing import Any

import pytest

from api.openapi import document

PAGE = Path(__file__).parents[3] / "functions/api/openapi.json"
DESCRIPTION = json.loads(PAGE.read_text(encoding="utf-8"))
OPERATIONS = [
    (f"{method.upper()} {path}", operation)
    for path, methods in DESCRIPTION["paths"].items()
    for method, operation in methods.items()
]
OPEN = {"GET /health", "GET /voices", "POST /webrtc/initiate"}
"""What needs no key in a header."""
SUCCESS = {"POST /webrtc/whip/{agent_id}": "201", "PATCH /webrtc/sessions/{session}": "204"}
"""Of what speaks WHIP, which has statuses of its own."""


def test_the_description_has_not_drifted() -> None:
    assert PAGE.read_text(encoding="utf-8") == document()


def test_it_is_openapi_3_1() -> None:
    assert DESCRIPTION["openapi"].startswith("3.1.")


def test_every_operation_has_a_name_of_its_own() -> None:
    names = [operation["operationId"] for _, operation in OPERATIONS]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(("name", "operation"), OPERATIONS, ids=[name for name, _ in OPERATIONS])
def test_an_operation_says_what_it_does_needs_and_answers(name: str, operation: dict[str, Any]) -> None:
    assert operation["description"]
    assert ("security" in operation) == (name not in OPEN)
    of_sound = {"206", "302", "416"} if "/recording" in name else set()
    assert {SUCCESS.get(name, "200"), "400", "401", "403", "404", "409", "413", "422", "429", "503"} | of_sound == set(
        operation["responses"]
    )
    problem = operation["responses"]["422"]["content"]["application/json"]["schema"]
    assert problem == {"$ref": "#/components/schemas/Problem"}
