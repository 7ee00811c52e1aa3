"""What proves a deployed stack is proven on the local one."""

import json
import urllib.request

import pytest

from tests.bench.deployed_call import main
from tests.e2e.stack import Stack


def arguments(stack: Stack, agent: str) -> list[str]:
    told = stack.connection
    given = {"url": told["api_url"], "media-url": told["media_url"], "agent": agent}
    given |= {"public-key": told["public_key"], "private-key": told["private_key"]}
    # An id may begin with a hyphen.
    return [f"--{name}={value}" for name, value in given.items()]


def new_agent(stack: Stack, records: bool) -> str:
    greeting = "Hello, this is the desk. What would you like to know?"
    config = {"prompt": "Be kind.", "first_message": greeting, "call_settings": {"enable_recording": records}}
    body = json.dumps({"name": "Desk", "config": config}).encode()
    headers = {"authorization": stack.connection["private_key"], "content-type": "application/json"}
    request = urllib.request.Request(f"{stack.connection['api_url']}/agents", body, headers, method="POST")
    with urllib.request.urlopen(request, timeout=10) as reply:
        return str(json.load(reply)["id"])


@pytest.mark.parametrize(("records", "told"), [(True, "1 of the agent's turns, recording of"), (False, "no recording")])
def test_a_call_through_a_stack(stack: Stack, capsys: pytest.CaptureFixture[str], records: bool, told: str) -> None:
    assert main(arguments(stack, new_agent(stack, records))) == 0
    page, greeting, record = capsys.readouterr().out.splitlines()
    assert "the page" in page
    assert "the greeting was heard" in greeting
    assert told in record
