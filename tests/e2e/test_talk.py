"""A customer's own model, a lost connection and a conversation in writing, on a stack that may call this machine."""

import asyncio
import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.stack import REPOSITORY, Stack, running
from tests.e2e.test_typing import HOURS, ask
from tests.peers.millis_client import MillisClient, connect

EXAMPLE = REPOSITORY / "infra/examples/custom_llm_server.py"


@pytest.fixture(scope="module")
def open_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PARLEY_ALLOW_PRIVATE_URLS", "1")
        with running(tmp_path_factory.mktemp("talk")) as started:
            yield started


@pytest.fixture
def model() -> Iterator[str]:
    """The address of the example's server."""
    with subprocess.Popen([sys.executable, str(EXAMPLE), "0"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.kill()


async def begin(stack: Stack, client: MillisClient, config: dict[str, Any] | None = None, **more: Any) -> str:
    """A session in writing; its id."""
    agent = {"agent_id": stack.connection["agent_id"], "agent_config": config}
    await client.initiate(public_key=stack.connection["public_key"], agent=agent, voice=False, **more)
    return str((await client.wait_for("onready")).payload["session_id"])


def test_a_customers_own_model_greets_answers_and_ends_the_call(open_stack: Stack, model: str) -> None:
    async def scenario() -> tuple[str, str]:
        async with connect(open_stack.connection["media_url"], microphone=False) as client:
            session_id = await begin(open_stack, client, {"custom_llm_websocket": model})
            greeting = (await client.wait_for("onresponsetext", is_final=True)).data
            assert await ask(client, "Are you there?") == "You said: Are you there?"
            assert await ask(client, "Goodbye.") == "Goodbye."
            assert (await client.wait_for("onsessionended")).data["reason"] == "agent-ended"
            return session_id, greeting

    session_id, greeting = asyncio.run(scenario())
    assert greeting == "Hello, this is my own model."
    charged = {line["type"]: line for line in open_stack.ended_call(session_id)["cost_breakdown"]}
    assert (charged["llm"]["provider"], charged["llm"]["credit"]) == ("custom", 0)


def test_a_connection_that_breaks_is_resumed_without_a_greeting(open_stack: Stack) -> None:
    async def scenario() -> tuple[str, str]:
        media_url = open_stack.connection["media_url"]
        async with connect(media_url, microphone=False) as client:
            lost = await begin(open_stack, client)
            await client.wait_for("onresponsetext", is_final=True)
            assert await ask(client, "When are you open?") == HOURS
            client.connection.transport.abort()
        await asyncio.to_thread(open_stack.ended_call, lost)
        async with connect(media_url, microphone=False) as client:
            wish = {"session_id": lost, "resume": True}
            session_id = await begin(open_stack, client, session_continuation=wish)
            assert client.received[0].payload["resumed"] is True
            began = time.monotonic()
            assert "lighthouse" in await ask(client, "Where are you?")
            assert client.methods(began).count("onresponsetext") == client.methods().count("onresponsetext")
        return lost, session_id

    lost, session_id = asyncio.run(scenario())
    call = open_stack.ended_call(session_id)
    assert call["session_continuation"] == {"session_id": lost}
    said = [message["content"] for message in json.loads(call["chat"])]
    assert said[1:3] == ["When are you open?", HOURS]
    assert len(said) == 5


def chat(stack: Stack, **body: Any) -> dict[str, Any]:
    headers = {"Authorization": stack.connection["private_key"]}
    request = urllib.request.Request(
        stack.connection["api_url"] + "/chat/completions", json.dumps(body).encode(), headers
    )
    with urllib.request.urlopen(request, timeout=30) as reply:
        answer: dict[str, Any] = json.load(reply)
        return answer


def test_a_conversation_in_writing_over_rest(open_stack: Stack) -> None:
    agent = {"agent_id": open_stack.connection["agent_id"], "metadata": {"userName": "Ann"}}
    first = chat(open_stack, messages=[{"role": "user", "content": "When are you open?"}], agent=agent)
    assert first["choices"][0]["message"] == {"role": "assistant", "content": HOURS}
    asked = [{"role": "user", "content": "Where are you?"}]
    second = chat(open_stack, session_id=first["session_id"], messages=asked, end_of_session=True)
    assert "lighthouse" in second["message"]["content"]
    call = open_stack.ended_call(first["session_id"])
    assert call["call_status"] == "chat_completion"
    assert [message["role"] for message in json.loads(call["chat"])] == ["user", "assistant"] * 2
