"""A visitor who types: no microphone, first without the agent's voice and then with it."""

import asyncio
import json
import time

from tests.e2e.stack import Stack
from tests.peers.millis_client import MillisClient, connect

HOURS = "We are open from nine to nine, every day except Monday."


async def ask(client: MillisClient, text: str) -> str:
    """Type it; the reply's text."""
    began = time.monotonic()
    await client.connection.send(json.dumps({"method": "user_text", "data": text}))
    assert (await client.wait_for("ontranscript", after=began, is_final=True)).data == text
    return str((await client.wait_for("onresponsetext", after=began, is_final=True)).data)


def test_a_conversation_in_writing_goes_on_by_voice(stack: Stack) -> None:
    async def scenario() -> str:
        async with connect(stack.connection["media_url"], microphone=False) as client:
            agent = {"agent_id": stack.connection["agent_id"]}
            await client.initiate(public_key=stack.connection["public_key"], agent=agent, voice=False)
            session_id = str((await client.wait_for("onready")).payload["session_id"])
            await client.wait_for("onresponsetext", is_final=True)
            assert await ask(client, "When are you open?") == HOURS
            assert client.playback.seconds == 0
            await client.connection.send(json.dumps({"method": "voice", "data": True}))
            assert "lighthouse" in await ask(client, "Where are you?")
            assert client.playback.seconds > 1
            return session_id

    call = stack.ended_call(asyncio.run(scenario()))
    assert [message["role"] for message in json.loads(call["chat"])] == ["assistant", *["user", "assistant"] * 2]
    assert call["call_status"] == "user-ended"
