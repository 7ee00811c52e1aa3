"""Real speech in, real speech out: a native client talks with the demo agent."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.e2e.speech import channels, noise, recognise, speak, utterances
from tests.e2e.stack import Stack
from tests.peers.millis_client import MillisClient, connect

HOURS = "we are open from nine to nine every day except monday"
FALLBACK = "i did not catch that you can ask for our opening hours or book a table"
GREETINGS = (
    "hi ann this is the harbour table",
    "hi bob this is the harbour table",
    "hi there this is the harbour table",
)
ANOTHER_VOICE = {"voice": {"provider": "flite", "voice_id": "slt"}}
"""Not the one that the callers speak with, too: words of that over the agent's own may be taken for its echo."""
SENTENCES = (
    HOURS,
    FALLBACK,
    *GREETINGS,
    "how can i help you",
    "goodbye ann",
    "your table for two at seven is booked ann",
)


@asynccontextmanager
async def session(
    stack: Stack, agent_config: Mapping[str, Any] | None = None, /, **metadata: str
) -> AsyncIterator[MillisClient]:
    async with connect(stack.connection["media_url"]) as client:
        agent = {"agent_id": stack.connection["agent_id"], "agent_config": agent_config}
        await client.initiate(public_key=stack.connection["public_key"], agent=agent, metadata=metadata)
        await client.wait_for("onready")
        yield client


async def greeted(client: MillisClient) -> float:
    """Wait until the greeting has been heard; when."""
    return (await client.wait_for("onresponsetext", is_final=True)).at


async def ask(client: MillisClient, text: str) -> tuple[str, str]:
    """Say it, wait for the reply; the final transcript and the reply's text."""
    began = time.monotonic()
    client.say(speak(text))
    await client.said()
    transcript = (await client.wait_for("ontranscript", after=began, is_final=True)).data
    reply = (await client.wait_for("onresponsetext", after=began, is_final=True)).data
    return transcript, reply


def test_the_greeting_names_the_visitor_and_reads_well_without_a_name(stack: Stack) -> None:
    async def greeting(**metadata: str) -> tuple[bytes, str]:
        async with session(stack, **metadata) as client:
            await greeted(client)
            return bytes(client.playback.pcm), (await client.wait_for("onresponsetext", is_final=True)).data

    async def both() -> tuple[tuple[bytes, str], tuple[bytes, str]]:
        return await asyncio.gather(greeting(userName="Ann"), greeting())

    (ann_heard, _), (_, nobody_read) = asyncio.run(both())
    assert recognise(ann_heard, SENTENCES) == f"{GREETINGS[0]} how can i help you"
    assert nobody_read == "Hi there, this is the Harbour Table. How can I help you?"


def test_a_whole_conversation_and_its_recording(stack: Stack) -> None:
    async def scenario() -> tuple[str, bytes]:
        async with session(stack, {"call_settings": {"enable_recording": True}}, userName="Ann") as client:
            session_id = client.received[0].payload["session_id"]
            await greeted(client)
            before = len(client.playback.pcm)
            assert await ask(client, "what are your opening hours") == (
                "what are your opening hours",
                "We are open from nine to nine, every day except Monday.",
            )
            answer = bytes(client.playback.pcm[before:])
            assert (await ask(client, "book a table for two at seven"))[1] == (
                "Your table for two at seven is booked, Ann."
            )
            nonsense = await ask(client, "the purple elephant sings beneath a frozen waterfall")
            assert nonsense[1].startswith("I did not catch that.")
            assert "five five five" in (await ask(client, "talk to a person"))[1]
            assert (await ask(client, "goodbye"))[1] == "Goodbye, Ann."
            ended = await client.wait_for("onsessionended")
            assert ended.data["reason"] == "agent-ended"
            assert (await client.closed())[0] == 1000
            return session_id, answer

    session_id, answer = asyncio.run(scenario())
    assert recognise(answer, SENTENCES) == HOURS
    call = stack.ended_call(session_id)
    assert call["call_status"] == "agent-ended"
    assert call["metadata"] == {"userName": "Ann"}
    assert call["function_calls"] == [
        {"name": "book_table", "params": {"party": "two", "time": "seven"}, "result": "", "run_after_call": False}
    ]
    assert len(call["call_metrics"]["turns"]) == 5
    assert call["call_metrics"]["utterance_latency"]["p95"] > 0

    caller, agent = channels(stack.download(call["recording"]["stereo_recording_url"]))
    _, recorded_answer, *_ = utterances(agent)
    assert recognise(recorded_answer, SENTENCES) == HOURS
    assert len(utterances(caller)) >= 5
    (mixed,) = channels(stack.download(call["recording"]["recording_url"]))
    assert len(mixed) == len(caller) == len(agent)
    assert stack.download(call["recording"]["recording_url"], part="bytes=0-3") == b"RIFF"


@pytest.mark.full
def test_a_form_of_the_demo_agent_is_answered_by_the_client(stack: Stack) -> None:
    async def scenario() -> str:
        async with connect(stack.connection["media_url"]) as client:
            agent = {"agent_id": stack.connection["agent_id"]}
            await client.initiate(public_key=stack.connection["public_key"], agent=agent, web_forms=True)
            session_id = str((await client.wait_for("onready")).payload["session_id"])
            await greeted(client)
            client.say(speak("please call me back"))
            called = await client.wait_for("onfunction")
            assert [field["name"] for field in called.payload["form"]["fields"]] == ["phone", "name"]
            result = {"call_id": called.payload["call_id"], "values": {"phone": "555 0123", "name": ""}}
            await client.connection.send(json.dumps({"method": "function_result", "data": result}))
            final = await client.wait_for("onresponsetext", after=called.at, is_final=True)
            assert final.data == "Please fill in the form on your screen. Thank you. We will call you back."
            return session_id

    call = stack.ended_call(asyncio.run(scenario()))
    assert call["function_calls"] == [
        {"name": "leave_number", "params": {}, "result": '{"phone":"555 0123"}', "run_after_call": False}
    ]


def test_speaking_over_the_answer_pauses_then_clears(stack: Stack) -> None:
    async def scenario() -> list[str]:
        async with session(stack, ANOTHER_VOICE, userName="Ann") as client:
            await greeted(client)
            began = time.monotonic()
            client.say(speak("what are your opening hours"))
            await client.wait_for("start_answering", after=began)
            await client.hear(0.5)
            over = time.monotonic()
            client.say(speak("book a table for two at seven"))
            transcript = await client.wait_for("ontranscript", after=over, is_final=True)
            assert transcript.data == "book a table for two at seven"
            reply = await client.wait_for("onresponsetext", after=transcript.at, is_final=True)
            assert reply.data == "Your table for two at seven is booked, Ann."
            return [method for method in client.methods(after=over) if method in ("pause", "unpause", "clear")]

    assert asyncio.run(scenario()) == ["pause", "clear"]


def test_noise_bursts_never_clear_and_lose_no_sample(stack: Stack) -> None:
    """The length is compared: the voice's noise-like sounds are never twice the same."""

    async def greeting(burst: bytes) -> tuple[int, list[str]]:
        async with session(stack, userName="Ann") as client:
            await client.hear(0.8)
            client.say(burst)
            await greeted(client)
            return len(client.playback.pcm), client.methods()

    async def all_at_once() -> list[tuple[int, list[str]]]:
        return await asyncio.gather(*(greeting(noise(burst_s)) for burst_s in (0.0, 0.05, 0.12, 0.24)))

    (quiet_bytes, _), *disturbed = asyncio.run(all_at_once())
    for disturbed_bytes, methods in disturbed:
        assert disturbed_bytes == quiet_bytes
        assert "clear" not in methods
        assert methods.count("pause") == methods.count("unpause") <= 1


def test_backchannels_do_not_stop_the_agent(stack: Stack) -> None:
    async def greeting(backchannel: str) -> list[str]:
        async with session(stack, ANOTHER_VOICE, userName="Ann") as client:
            await client.hear(0.4)
            client.say(speak(backchannel))
            await greeted(client)
            return client.methods()

    async def all_at_once() -> list[list[str]]:
        # What begins like "hi", as "I see" does, may be that to the recogniser for a moment, and a greeting interrupts.
        return await asyncio.gather(*map(greeting, ("okay", "yeah", "right", "sure", "uh huh")))

    for methods in asyncio.run(all_at_once()):
        assert "clear" not in methods
        assert methods.count("pause") == methods.count("unpause") >= 1
