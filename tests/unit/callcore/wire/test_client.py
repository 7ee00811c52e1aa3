import dataclasses
import json
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter

from callcore.errors import RemoteProtocolError
from callcore.wire import client
from callcore.wire.client import (
    MAX_CLOSE_REASON_BYTES,
    ClientMessage,
    Initiate,
    Ping,
    Pong,
    ServerMessage,
    close_reason,
    parse_client_message,
    to_wire,
)

VECTORS = Path(__file__).parents[3] / "vectors" / "wire"


def vectors(prefix: str) -> list[Any]:
    paths = sorted(VECTORS.glob(f"{prefix}_*.json"))
    assert paths, f"no vectors named {prefix}_*"
    return [pytest.param(json.loads(path.read_text()), id=path.stem) for path in paths]


@pytest.mark.parametrize("vector", vectors("server"))
def test_what_the_worker_says(vector: dict[str, Any]) -> None:
    message: ServerMessage = TypeAdapter(getattr(client, vector["type"])).validate_python(vector["fields"])
    assert json.loads(to_wire(message)) == vector["frame"]


def test_every_server_message_has_a_vector() -> None:
    covered = {param.values[0]["type"] for param in vectors("server")}
    assert covered == {message.__name__ for message in get_args(ServerMessage)}


@pytest.mark.parametrize("vector", vectors("client"))
def test_what_a_client_says(vector: dict[str, Any]) -> None:
    message = parse_client_message(json.dumps(vector["frame"]))
    assert type(message).__name__ == vector["type"]
    fields = message.model_dump() if isinstance(message, BaseModel) else dataclasses.asdict(message)
    assert fields == vector["fields"]


def test_every_client_message_has_a_vector() -> None:
    covered = {param.values[0]["type"] for param in vectors("client")}
    assert covered == {message.__name__ for message in get_args(ClientMessage)}


@pytest.mark.parametrize("vector", vectors("refused"))
def test_what_is_refused_and_why(vector: dict[str, str]) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        parse_client_message(vector["text"])
    assert str(caught.value) == vector["message"]
    assert caught.value.close_code == 1008
    assert "secret" not in str(caught.value)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
INITIATE_KEYS = st.sampled_from(sorted(Initiate.model_fields))


@given(
    st.text()
    | JSON_VALUES.map(json.dumps)
    | st.dictionaries(INITIATE_KEYS, JSON_VALUES).map(lambda data: json.dumps({"method": "initiate", "data": data}))
)
def test_any_text_parses_or_is_refused(text: str) -> None:
    try:
        message = parse_client_message(text)
    except RemoteProtocolError:
        return
    assert isinstance(message, get_args(ClientMessage))
    if isinstance(message, Ping):
        to_wire(Pong(message.data)).encode()


@pytest.mark.parametrize("depth", [65, 900, 100_000])
@pytest.mark.parametrize("text", ["[", '{"a":'])
def test_deep_nesting_is_refused(depth: int, text: str) -> None:
    closing = "]" if text == "[" else "}"
    with pytest.raises(RemoteProtocolError):
        parse_client_message('{"method":"ping","data":' + text * depth + "1" + closing * depth + "}")


@given(st.text())
def test_a_close_reason_fits_its_frame(text: str) -> None:
    reason = close_reason(text.encode(errors="replace").decode())
    assert len(reason.encode()) <= MAX_CLOSE_REASON_BYTES
    assert text.encode(errors="replace").decode().startswith(reason)
