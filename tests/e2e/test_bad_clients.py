"""What a client does wrong ends that client's call with a reason, and never another call."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from websockets.frames import Frame, Opcode

from tests.e2e.stack import Stack
from tests.peers.millis_client import MillisClient, connect
from tests.peers.stall import stall_of_the_machine

CONFIG = {
    "first_message": "This greeting goes on while others misbehave.",
    "speech_to_text": {"provider": "scripted"},
    "voice": {"provider": "scripted"},
}


async def garbage(client: MillisClient) -> None:
    await client.connection.send("}{ not json")


async def no_method(client: MillisClient) -> None:
    await client.connection.send("[1, 2, 3]")


async def huge_text(client: MillisClient) -> None:
    await client.connection.send(json.dumps({"method": "x", "data": "y" * 400_000}))


async def huge_audio(client: MillisClient) -> None:
    await client.connection.send(bytes(200_000))


async def beyond_the_server(client: MillisClient) -> None:
    """A frame's head tells its length. Whoever sends the rest, too, may lose the answer to a broken connection."""
    whole = Frame(Opcode.BINARY, bytes(3_000_000)).serialize(mask=True)
    client.connection.transport.write(whole[:1000])


async def vanish(client: MillisClient) -> None:
    client.connection.transport.abort()


async def odd_bytes_and_unknown_methods(client: MillisClient) -> None:
    for size in (1, 3, 641, 0):
        await client.connection.send(b"\1" * size)
    await client.connection.send('{"method": "dance", "data": {"x": [1]}}')
    await client.connection.send('{"method": "initiate", "data": {}}')
    await client.connection.send('{"method": "ping", "data": "12"}')
    await client.wait_for("pong")


@pytest.mark.parametrize(
    ("misbehave", "code"),
    [
        (garbage, 1008),
        (no_method, 1008),
        (huge_text, 1009),
        (huge_audio, 1009),
        (beyond_the_server, 1009),
        (vanish, None),
        (odd_bytes_and_unknown_methods, None),
    ],
)
def test_others_hear_no_gap(
    stack: Stack, misbehave: Callable[[MillisClient], Awaitable[None]], code: int | None
) -> None:
    async def scenario() -> None:
        key = stack.connection["public_key"]
        async with (
            stall_of_the_machine(stack.worker_process_id()) as stall,
            connect(stack.connection["media_url"]) as good,
            connect(stack.connection["media_url"]) as bad,
        ):
            for client in (good, bad):
                await client.initiate(public_key=key, agent={"agent_config": CONFIG})
                await client.wait_for("onready")
            await good.wait_for("onresponsetext")
            await misbehave(bad)
            if code is not None:
                assert (await bad.closed())[0] == code
            await good.wait_for("onresponsetext", is_final=True)
            assert good.playback.worst_lateness_s < 0.04 + stall.both_s
            assert good.playback.seconds == pytest.approx(len(CONFIG["first_message"]) * 0.06, abs=0.2)

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("data", "headers", "reason"),
    [
        ({}, None, "public_key"),
        ({"public_key": "x" * 32, "agent": {"agent_id": "AGENT"}}, None, "key is not known"),
        ({"public_key": "PRIVATE", "agent": {"agent_id": "AGENT"}}, None, "private key"),
        ({"public_key": "KEY"}, None, "agent"),
        ({"public_key": "KEY", "agent": {"agent_id": "-nobody"}}, None, "not found"),
        ({"public_key": "KEY", "call_id": "unknown"}, None, "call"),
        ({"public_key": "KEY", "agent": {"agent_config": {"voice": 3}}}, None, "voice"),
        ({"public_key": "KEY", "agent": {"agent_id": "AGENT"}, "metadata": {"a": "b" * 3000}}, None, "metadata"),
        (
            {"public_key": "KEY", "agent": {"agent_id": "AGENT", "agent_config": {"language": "de"}}},
            None,
            "English only",
        ),
        ({"public_key": "KEY", "agent": {"agent_id": "AGENT"}}, {"X-Forwarded-For": "1.2.3.4"}, "loopback_only"),
        (
            {"public_key": "SAFE", "agent": {"agent_id": "AGENT", "agent_config": {"prompt": "x"}}},
            None,
            "overrides=safe",
        ),
        ({"public_key": "SAFE", "agent": {"agent_config": {"prompt": "x"}}}, None, "overrides=safe"),
    ],
)
def test_a_refusal_says_why(stack: Stack, data: dict[str, Any], headers: dict[str, str] | None, reason: str) -> None:
    safe_key = stack.connection["page_url"].split("k=")[1].split("&")[0]
    named = {"KEY": "public_key", "PRIVATE": "private_key", "AGENT": "agent_id"}
    text = json.dumps(data).replace("SAFE", safe_key)
    for word, name in named.items():
        text = text.replace(f'"{word}"', f'"{stack.connection[name]}"')

    async def scenario() -> None:
        async with connect(stack.connection["media_url"], headers=headers, microphone=False) as client:
            await client.initiate(**json.loads(text))
            code, told = await client.closed()
            assert code == 1008
            assert reason in told
            assert client.methods() == ["onsessionended"]
            assert client.received[0].method == "ai_action"

    asyncio.run(scenario())


def test_a_forwarded_page_key_is_welcome(stack: Stack) -> None:
    safe_key = stack.connection["page_url"].split("k=")[1].split("&")[0]

    async def scenario() -> None:
        async with connect(stack.connection["media_url"], headers={"X-Forwarded-For": "1.2.3.4"}) as client:
            await client.initiate(public_key=safe_key, agent={"agent_id": stack.connection["agent_id"]})
            await client.wait_for("onready")

    asyncio.run(scenario())
