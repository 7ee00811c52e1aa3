"""`OPENAI_API_KEY=… make run`: one key, nothing edited, and the demo agent hears, thinks and speaks through OpenAI."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.e2e.speech import speak
from tests.e2e.stack import Stack, running
from tests.peers.millis_client import connect
from tests.peers.openai import KEY, OpenAiPeer, saying
from tests.peers.openai_whole import openai_whole

QUESTION = "what are your opening hours"
ANSWER = "We are open from nine to nine."
EVERYBODY = "Heard by openai, answered by openai, spoken by openai."


@asynccontextmanager
async def stack_with(data_dir: Path, environment: Mapping[str, str]) -> AsyncIterator[Stack]:
    """A stack beside an event loop that has other things to do."""
    started = running(data_dir, environment=environment)
    stack = await asyncio.to_thread(started.__enter__)
    try:
        yield stack
    finally:
        await asyncio.to_thread(started.__exit__, None, None, None)


async def call(stack: Stack) -> str:
    """Hear the greeting, ask, hear the answer; the session."""
    async with connect(stack.connection["media_url"]) as client:
        agent = {"agent_id": stack.connection["agent_id"]}
        await client.initiate(public_key=stack.connection["public_key"], agent=agent, metadata={"userName": "Ann"})
        session_id = str((await client.wait_for("onready")).payload["session_id"])
        greeted = (await client.wait_for("onresponsetext", is_final=True)).at
        before = client.playback.seconds
        client.say(speak(QUESTION))
        assert (await client.wait_for("ontranscript", is_final=True)).data == QUESTION
        assert (await client.wait_for("onresponsetext", after=greeted, is_final=True)).data == ANSWER
        assert client.playback.seconds > before + 1
        return session_id


def test_one_key_is_enough(tmp_path: Path) -> None:
    async def scenario() -> tuple[str, Mapping[str, Any], str, OpenAiPeer, list[str]]:
        chat = OpenAiPeer(otherwise=lambda request: saying("We are open ", "from nine to nine."))
        async with openai_whole(chat, QUESTION) as vendor:
            environment = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": vendor.url}
            async with stack_with(tmp_path, environment) as stack:
                page = await asyncio.to_thread(stack.download, stack.connection["page_url"])
                session_id = await call(stack)
                record = await asyncio.to_thread(stack.ended_call, session_id)
                printed = await asyncio.to_thread(stack.stop)
            return page.decode(), record, printed, chat, vendor.speech.said

    page, record, printed, chat, spoken = asyncio.run(scenario())
    assert EVERYBODY in page
    assert EVERYBODY in printed
    assert "stt=openai llm=openai gpt-6-luna tts=openai" in printed
    assert KEY not in printed + page
    assert any(note.startswith("answered by openai gpt-6-luna") for note in record["notes"])
    assert {line["provider"] for line in record["cost_breakdown"] if line["type"] != "millis"} == {"openai"}
    request = chat.requests[-1]
    assert "Harbour Table" in request["messages"][0]["content"]
    assert request["messages"][-1] == {"role": "user", "content": QUESTION}
    assert "".join(spoken).startswith("Hi Ann, this is the Harbour Table.")
    assert spoken[-1] == ANSWER
