"""The schema and types that other languages read are those of callcore.wire."""

import json
from pathlib import Path
from typing import Any, get_args

import pytest

from callcore.wire import client, schema

WIRE = Path(__file__).parents[3] / "widget" / "wire"


def test_schema_file_has_not_drifted() -> None:
    assert (WIRE / "schema.json").read_text() == json.dumps(schema.schema(), indent=2) + "\n"


def test_types_file_has_not_drifted() -> None:
    assert (WIRE / "messages.d.ts").read_text() == schema.typescript(schema.schema())


def test_every_server_message_has_a_shape() -> None:
    titles = {shape["title"] for shape in schema.schema()["$defs"]["ServerMessage"]["oneOf"]}
    assert titles == {kind.__name__ for kind in get_args(client.ServerMessage)}


@pytest.mark.parametrize(
    ("message", "properties"),
    [
        (client.OnTranscript("a", is_final=True), {"method", "data", "payload"}),
        (client.Clear(), {"method"}),
        (client.OnSessionEnded("agent-ended", 3), {"method", "data"}),
    ],
)
def test_shape_names_the_fields_of_the_frame(message: Any, properties: set[str]) -> None:
    shapes = schema.schema()["$defs"]["ServerMessage"]["oneOf"]
    shape = next(shape for shape in shapes if shape["title"] == type(message).__name__)
    assert set(shape["properties"]) == properties == set(json.loads(client.to_wire(message)))


def test_only_the_data_of_a_pong_is_optional() -> None:
    optional = {
        (shape["title"], name)
        for shape in schema.schema()["$defs"]["ServerMessage"]["oneOf"]
        for name in shape["properties"]
        if name not in shape["required"]
    }
    assert optional == {("Pong", "data")}
