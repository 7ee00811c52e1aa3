"""OpenAI's own SDK talks with the peer as it talks with OpenAI: a wrong peer fails here."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import openai
import pytest

from tests.peers.asgi_server import serving
from tests.peers.openai import KEY, MODEL, OpenAiPeer, Stall, calling, chunk, in_pieces, refusing, saying

HI: Any = [{"role": "user", "content": "hi"}]
TOOL: Any = {"type": "function", "function": {"name": "get_email", "parameters": {"type": "object", "properties": {}}}}


def play(peer: OpenAiPeer, scene: Callable[[openai.AsyncOpenAI], Awaitable[None]], key: str = KEY) -> None:
    async def scenario() -> None:
        async with (
            asyncio.timeout(60),
            serving(peer) as address,
            openai.AsyncOpenAI(api_key=key, base_url=f"http://{address}/v1", timeout=30) as client,
        ):
            await scene(client)

    asyncio.run(scenario())


async def stream(client: openai.AsyncOpenAI, **more: Any) -> list[Any]:
    chunks = await client.chat.completions.create(
        model=MODEL, messages=HI, stream=True, stream_options={"include_usage": True}, **more
    )
    return [one async for one in chunks]


def test_text_and_usage() -> None:
    async def scene(client: openai.AsyncOpenAI) -> None:
        for _ in range(2):
            chunks = await stream(client, reasoning_effort="none", max_completion_tokens=9, store=False)
            assert "".join(one.choices[0].delta.content or "" for one in chunks if one.choices) == "Grüß Gott."
            assert chunks[-1].choices == []
            assert (chunks[-1].usage.prompt_tokens, chunks[-1].usage.completion_tokens) == (9, 3)

    reply = saying("Grüß", " Gott.")
    play(OpenAiPeer([reply, in_pieces(reply, 3)]), scene)


def test_calls() -> None:
    async def scene(client: openai.AsyncOpenAI) -> None:
        calls: dict[int, list[str]] = {}
        for one in await stream(client, tools=[TOOL], tool_choice="auto", parallel_tool_calls=True):
            for part in one.choices[0].delta.tool_calls or [] if one.choices else []:
                call = calls.setdefault(part.index, ["", ""])
                call[0] += part.function.name or ""
                call[1] += part.function.arguments or ""
        assert calls == {0: ["get_email", '{"name":"Ann"}'], 1: ["get_email", "{}"]}

    play(OpenAiPeer([calling(("get_email", '{"name":"Ann"}'), ("get_email", "{}"))]), scene)


def test_refusals() -> None:
    async def scene(client: openai.AsyncOpenAI) -> None:
        with pytest.raises(openai.AuthenticationError) as refused:
            await stream(client)
        assert refused.value.code == "invalid_api_key"

    play(OpenAiPeer(), scene, key="sk-wrong")


def test_a_field_that_it_does_not_take() -> None:
    async def scene(client: openai.AsyncOpenAI) -> None:
        with pytest.raises(openai.BadRequestError) as refused:
            await stream(client, temperature=1)
        assert (refused.value.code, refused.value.param) == ("unsupported_parameter", "temperature")
        with pytest.raises(openai.BadRequestError, match="Unrecognized request argument supplied: flavour"):
            await stream(client, extra_body={"flavour": "mild"})

    play(OpenAiPeer(unsupported=frozenset({"temperature"})), scene)


def test_the_sdk_waits_as_long_as_it_is_told_and_asks_again() -> None:
    peer = OpenAiPeer([refusing(429, code="rate_limit_exceeded", retry_after_ms="20"), saying("Hi.")])

    async def scene(client: openai.AsyncOpenAI) -> None:
        assert await stream(client)
        assert len(peer.requests) == 2

    play(peer, scene)


def test_an_error_in_the_middle() -> None:
    error = b'data: {"error":{"message":"overloaded","type":"server_error","code":null}}\n\n'

    async def scene(client: openai.AsyncOpenAI) -> None:
        with pytest.raises(openai.APIError, match="overloaded"):
            await stream(client)

    play(OpenAiPeer([saying("Hi", ends=(error,))]), scene)


def test_whoever_leaves_is_seen_to_leave() -> None:
    peer = OpenAiPeer([saying("Hi", ends=(Stall(),))])

    async def scene(client: openai.AsyncOpenAI) -> None:
        chunks = await client.chat.completions.create(model=MODEL, messages=HI, stream=True)
        await anext(aiter(chunks))
        await chunks.close()
        while not peer.left:  # noqa: ASYNC110 - a server has no event for it
            await asyncio.sleep(0.01)

    play(peer, scene)


def test_the_list_of_models() -> None:
    async def scene(client: openai.AsyncOpenAI) -> None:
        assert [model.id async for model in client.models.list()] == [MODEL]

    play(OpenAiPeer(), scene)


def test_results_without_their_calls() -> None:
    async def scene(client: openai.AsyncOpenAI) -> None:
        messages: Any = [*HI, {"role": "tool", "tool_call_id": "call_1", "content": "nine to five"}]
        with pytest.raises(openai.BadRequestError):
            await client.chat.completions.create(model=MODEL, messages=messages, stream=True)

    play(OpenAiPeer(), scene)


def test_a_chunk_is_one_of_the_sdks() -> None:
    from openai.types.chat import ChatCompletionChunk

    raw = chunk({"content": "Hi."}, "stop").removeprefix(b"data: ")
    assert ChatCompletionChunk.model_validate_json(raw, strict=True).choices[0].delta.content == "Hi."
