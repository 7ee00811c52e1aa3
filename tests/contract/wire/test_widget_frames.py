"""What the widget really sends is what the worker reads."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from callcore.wire.client import FunctionResult, Initiate, Ping, parse_client_message

PROTOCOL = Path(__file__).parents[3] / "widget" / "static" / "sdk" / "protocol.js"
NODE = shutil.which("node")


def frame(expression: str) -> str:
    """The text that the widget's own module makes."""
    assert NODE is not None
    code = f"import * as protocol from {json.dumps(PROTOCOL.as_uri())}; console.log(protocol.{expression})"
    done = subprocess.run(
        [NODE, "--input-type=module", "--eval", code], capture_output=True, text=True, timeout=20, check=True
    )
    return done.stdout.strip()


@pytest.mark.skipif(NODE is None, reason="node is not installed")
@pytest.mark.parametrize(
    ("metadata", "token"),
    [({}, None), ({"userName": "Ann", "note": "a </script> \u2028 and an emoji 🎈"}, None), ({"plan": 2}, "a.b.c")],
)
def test_initiate(metadata: dict[str, Any], token: str | None) -> None:
    payload = {"agent": {"agent_id": "-Abc"}, "metadata": metadata, "token": token}
    message = parse_client_message(frame(f"initiateFrame('KEY', {json.dumps(payload)})"))
    assert isinstance(message, Initiate)
    assert (message.agent.agent_id, message.public_key) == ("-Abc", "KEY")
    assert (message.metadata, message.token) == (metadata, token)


@pytest.mark.skipif(NODE is None, reason="node is not installed")
def test_ping() -> None:
    assert parse_client_message(frame("pingFrame(1700000000000)")) == Ping("1700000000000")


@pytest.mark.skipif(NODE is None, reason="node is not installed")
@pytest.mark.parametrize("values", [None, {}, {"email": "ann@example.com", "party": 2, "outside": True}])
def test_function_result(values: dict[str, Any] | None) -> None:
    sent = frame(f"functionResultFrame('call_1', {json.dumps(values)})")
    assert parse_client_message(sent) == FunctionResult("call_1", values)
