"""PROTOCOL.md says what client.py does."""

import json
import re
from pathlib import Path
from typing import Any, get_args

import pytest

from callcore.agents.agent import parse_config
from callcore.agents.flow import Flow
from callcore.agents.script import Script
from callcore.wire.client import ClientMessage, CloseCode, Initiate, Unrecognised, parse_client_message

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "functions/callcore/wire/PROTOCOL.md").read_text()
SERVER_FRAMES = [
    json.loads(path.read_text())["frame"] for path in sorted((ROOT / "tests/vectors/wire").glob("server_*.json"))
]


def section(title: str) -> str:
    """The text under a heading of level two."""
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found, title
    return found[1]


def examples(text: str) -> list[Any]:
    blocks = re.findall(r"^```json\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert blocks
    return [json.loads(block) for block in blocks]


def headings(text: str) -> list[str]:
    return re.findall(r"^### (.+)$", text, re.MULTILINE)


def test_client_examples_are_understood() -> None:
    text = section("Client to worker")
    frames = examples(text)
    assert [frame["method"] for frame in frames] == headings(text)
    messages = [parse_client_message(json.dumps(frame)) for frame in frames]
    assert {type(message) for message in messages} == {*get_args(ClientMessage)} - {Unrecognised}
    assert isinstance(messages[0], Initiate)
    assert messages[0].model_dump() == frames[0]["data"]


def test_every_key_of_initiate_is_described() -> None:
    rows = re.findall(r"^\| `(\w+)", section("Client to worker").partition("### ping")[0], re.MULTILINE)
    assert set(rows) == set(Initiate.model_fields)


@pytest.mark.parametrize("frame", examples(section("Worker to client")), ids=lambda frame: frame["method"])
def test_worker_examples_are_what_the_codec_writes(frame: dict[str, Any]) -> None:
    assert frame in SERVER_FRAMES


def test_every_worker_message_has_its_heading_and_example() -> None:
    text = section("Worker to client")
    assert headings(text) == list(dict.fromkeys(frame["method"] for frame in examples(text)))
    assert set(headings(text)) == {frame["method"] for frame in SERVER_FRAMES}


def test_every_close_code_is_listed() -> None:
    codes = {value for name, value in vars(CloseCode).items() if name.isupper()}
    assert {int(code) for code in re.findall(r"^\| (\d{4}) \|", section("The end"), re.MULTILINE)} == codes


def test_the_example_of_our_extensions_is_a_configuration() -> None:
    (raw,) = examples(section("Ours: extensions"))
    config = parse_config(raw)
    assert config.model_extra == {}
    assert set(raw["llm"]["script"]) == set(Script.model_fields)
    assert set(raw["flow"]) <= set(Flow.model_fields)
    modes = get_args(type(config.flow.endpointing).model_fields["mode"].annotation)
    assert raw["flow"]["endpointing"]["mode"] in modes
