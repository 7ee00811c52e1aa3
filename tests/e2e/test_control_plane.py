"""A back end makes an agent, registers a call, reads what became of it and cleans up, on either port."""

import asyncio
import json
import urllib.error
import urllib.request
from typing import Any

import pytest

from tests.e2e.stack import Stack
from tests.peers.millis_client import connect

CONFIG = {
    "first_message": "Hello {userName}.",
    "llm": {"provider": "script", "script": {"intents": [{"phrases": ["when are you open"], "answer": "At nine."}]}},
}


class BackEnd:
    """Sends JSON with the private key."""

    def __init__(self, stack: Stack, base: str) -> None:
        self._stack = stack
        self._base = base

    def send(self, method: str, path: str, body: object = None) -> Any:
        content = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self._stack.connection['private_key']}"}
        request = urllib.request.Request(self._base + path, content, headers, method=method)
        with urllib.request.urlopen(request, timeout=10) as reply:
            assert reply.status == 200
            return json.load(reply)

    def refused(self, method: str, path: str) -> int:
        with pytest.raises(urllib.error.HTTPError) as refusal:
            self.send(method, path)
        refusal.value.close()
        return refusal.value.code


async def held(stack: Stack, call: dict[str, str], back_end: BackEnd) -> tuple[str, tuple[int, str], tuple[int, str]]:
    """What the agent says first, how a second start of the call was closed, and how the back end ended the first."""
    start = {"public_key": stack.connection["snippet_key"], "call_id": call["call_id"]}
    async with connect(stack.connection["media_url"]) as client:
        await client.initiate(**start)
        heard = (await client.wait_for("onresponsetext", is_final=True)).data
        async with connect(stack.connection["media_url"]) as second:
            await second.initiate(**start)
            await second.wait_for("onsessionended")
            await second.connection.wait_closed()
        refused = (second.connection.close_code or 0, second.connection.close_reason or "")
        await asyncio.to_thread(back_end.send, "POST", f"/sessions/{call['session_id']}/terminate")
        return heard, refused, await client.closed()


async def refusal(stack: Stack, agent_id: str) -> str:
    """Why a session with the agent does not begin."""
    async with connect(stack.connection["media_url"]) as client:
        await client.initiate(public_key=stack.connection["snippet_key"], agent={"agent_id": agent_id})
        return str((await client.wait_for("ai_action")).data)


def test_a_registered_call_from_its_agents_birth_to_its_end(stack: Stack) -> None:
    here, there = BackEnd(stack, stack.connection["api_url"]), BackEnd(stack, stack.media_http)
    agent = there.send("POST", "/agents", {"name": "Desk", "config": CONFIG})
    path = f"/agents/{agent['id']}"
    call = here.send("POST", "/register_call", {"agent_id": agent["id"], "metadata": {"userName": "Ann"}})
    log = f"/call-logs/{call['session_id']}"
    assert there.send("GET", log)["call_status"] == "registered"

    heard, refused, closed = asyncio.run(held(stack, call, there))
    assert heard == "Hello Ann."
    assert refused == (1008, f"call {call['call_id']} has begun already")
    assert closed == (1000, "api-ended")

    ended = stack.ended_call(call["session_id"])
    assert (ended["call_status"], ended["call_id"]) == ("api-ended", call["call_id"])
    assert json.loads(ended["chat"])[0] == {"role": "assistant", "content": "Hello Ann."}
    assert [item["chat"] for item in there.send("GET", f"{path}/call-histories")["items"]] == [
        json.loads(ended["chat"])
    ]
    assert here.send("GET", f"/call-logs?agent_id={agent['id']}")["histories"] == [ended]

    here.send("POST", f"{path}/status", {"status": "disabled"})
    assert asyncio.run(refusal(stack, agent["id"])) == f"agent {agent['id']} is disabled"

    for gone in (log, path):
        here.send("DELETE", gone)
        assert there.refused("GET", gone) == 404
