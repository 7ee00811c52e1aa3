"""The adapter of OpenAI-compatible servers against the peer: what the port does not promise, and every fault."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from callcore.agents.agent import LlmConfig
from callcore.errors import ProviderError, ProviderFailure
from callcore.tools.toolbox import ToolOffer
from media_worker.ports.llm import CallTool, ReplyEvent, ReplyRequest, TextDelta, TokensUsed
from media_worker.providers.openai.chat import ChatModel
from media_worker.providers.openai.endpoints import OPENAI
from media_worker.providers.vendor_http import vendor_client
from media_worker.providers.vendors import Access
from tests.peers import replies
from tests.peers.asgi_server import serving
from tests.peers.openai import (
    KEY,
    Answer,
    Drop,
    OpenAiPeer,
    Stall,
    Wait,
    calling,
    chunk,
    in_pieces,
    refusing,
    saying,
)
from tests.virtual_time import run_virtual

FIRST_BYTE_S = 2.0
"""Long enough for a healthy reply on a busy machine."""
ASKED = ReplyRequest(LlmConfig(model="gpt-6-luna"), "Be kind.", [{"role": "user", "content": "hi"}])
OFFER = ToolOffer("hours", "When we are open.", {"type": "object", "properties": {}, "required": []})
Scene = Callable[[ChatModel], Awaitable[None]]


def play(peer: OpenAiPeer, scene: Scene, *, key: str = KEY, at: str = "") -> None:
    async def scenario() -> None:
        async with serving(peer) as address, vendor_client() as http, asyncio.timeout(30):
            access = Access(key, at or f"http://{address}/v1")
            await scene(ChatModel(http, access, "openai", OPENAI.dialect, FIRST_BYTE_S))

    run_virtual(scenario(), sockets=True)


async def told(model: ChatModel, request: ReplyRequest = ASKED) -> list[ReplyEvent]:
    return await replies.told(model, request)


async def until_failure(model: ChatModel) -> tuple[list[ReplyEvent], ProviderError]:
    return await replies.until_failure(model, ASKED)


async def failure_of(model: ChatModel) -> ProviderError:
    return (await until_failure(model))[1]


def test_a_reply_in_any_pieces() -> None:
    async def scene(model: ChatModel) -> None:
        for _ in range(3):
            assert await told(model) == [TextDelta("Grüß"), TextDelta(" Gott."), TokensUsed(9, 3)]

    reply = saying("Grüß", " Gott.")
    play(OpenAiPeer([reply, in_pieces(reply, 1), in_pieces(reply, 7)]), scene)


def test_what_it_is_asked() -> None:
    peer = OpenAiPeer()

    async def scene(model: ChatModel) -> None:
        assert await told(model, replace(ASKED, tools=(OFFER,))) == [CallTool("hours", "{}"), TokensUsed(9, 3)]
        (request,) = peer.requests
        assert request["model"] == "gpt-6-luna"
        assert request["messages"][0] == {"role": "system", "content": "Be kind."}
        assert peer.headers[0]["accept-encoding"] == "identity"

    play(peer, scene)


def test_one_connection_serves_one_reply_after_another() -> None:
    peer = OpenAiPeer([saying("One."), calling(("hours", "{}")), refusing(429), saying("Two.")])

    async def scene(model: ChatModel) -> None:
        await told(model)
        await told(model)
        await failure_of(model)
        await told(model)
        assert len(peer.connections) == 1

    play(peer, scene)


def test_the_first_reply_finds_a_connection_that_was_prepared_once() -> None:
    peer = OpenAiPeer()

    async def scene(model: ChatModel) -> None:
        await asyncio.gather(*(model.prepare() for _ in range(5)))
        assert len(peer.all_connections) == 1
        await told(model)
        await model.prepare()
        assert len(peer.all_connections) == 1

    play(peer, scene)


def test_that_nobody_is_there_is_no_failure_of_the_preparation() -> None:
    async def scene(model: ChatModel) -> None:
        await model.prepare()

    play(OpenAiPeer(), scene, at="http://127.0.0.1:9/v1")


def test_whoever_leaves_stops_the_server_at_once() -> None:
    peer = OpenAiPeer([saying("Hi", ends=(Stall(),)), Answer((Stall(),)), saying("Hello.")])

    async def scene(model: ChatModel) -> None:
        async with model.reply(ASKED) as events:
            assert await anext(events) == TextDelta("Hi")
        await until(lambda: peer.left == 1)
        waiting = asyncio.get_running_loop().create_task(told(model))
        await until(lambda: len(peer.requests) == 2)
        waiting.cancel()
        await until(lambda: peer.left == 2)
        assert await told(model)

    play(peer, scene)


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not is_so():  # noqa: ASYNC110 - a server has no event for it
            await asyncio.sleep(0.005)


def test_a_refused_field_is_left_out_once_and_for_all_for_that_model() -> None:
    peer = OpenAiPeer(unsupported=frozenset({"reasoning_effort", "max_completion_tokens", "temperature"}))
    warm = replace(ASKED, llm=LlmConfig(model="gpt-6-astra", temperature=0.5))

    async def scene(model: ChatModel) -> None:
        assert await told(model, warm)
        assert len(peer.requests) == 4
        assert "max_tokens" in peer.requests[-1]
        assert await told(model, warm)
        assert len(peer.requests) == 5
        assert await told(model)
        assert "reasoning_effort" in peer.requests[5]

    play(peer, scene)


def test_a_server_that_takes_no_form_of_the_request() -> None:
    async def scene(model: ChatModel) -> None:
        assert (await failure_of(model)).failure is ProviderFailure.REJECTED

    play(OpenAiPeer(unsupported=frozenset({"messages"})), scene)


FAULTS: dict[str, tuple[Answer, ProviderFailure, Sequence[str]]] = {
    "busy": (refusing(429, code="rate_limit_exceeded", retry_after_ms="250"), ProviderFailure.RATE_LIMIT, ()),
    "out of money": (refusing(429, code="insufficient_quota"), ProviderFailure.REJECTED, ()),
    "down": (refusing(503), ProviderFailure.UNAVAILABLE, ()),
    "silent": (Answer((Stall(),)), ProviderFailure.TIMEOUT, ()),
    "silent after the headers": (Answer((b"\n", Stall())), ProviderFailure.TIMEOUT, ()),
    "hangs up": (Answer((b"\n", Drop())), ProviderFailure.UNAVAILABLE, ()),
    "hangs up in the middle": (saying("Hel", ends=(Drop(),)), ProviderFailure.UNAVAILABLE, ("Hel",)),
    "stops in the middle": (Answer((chunk({"content": "Hel"}), Stall())), ProviderFailure.TIMEOUT, ("Hel",)),
    "ends in the middle": (Answer((chunk({"content": "Hel"}),)), ProviderFailure.UNAVAILABLE, ("Hel",)),
    "fails in the middle": (
        Answer((chunk({"content": "Hel"}), b'data: {"error":{"message":"overloaded"}}\n\n')),
        ProviderFailure.UNAVAILABLE,
        ("Hel",),
    ),
    "talks nonsense": (Answer((b"data: <html>\n\n",)), ProviderFailure.UNAVAILABLE, ()),
}


@pytest.mark.parametrize("case", FAULTS)
def test_every_fault_is_an_error_of_ours_in_time_and_the_next_reply_is_well(case: str) -> None:
    answer, failure, heard = FAULTS[case]
    peer = OpenAiPeer([answer])

    async def scene(model: ChatModel) -> None:
        said, error = await until_failure(model)
        assert error.failure is failure
        assert said == [TextDelta(text) for text in heard]
        assert error.retry_after_s == (0.25 if case == "busy" else None)
        assert await told(model)

    play(peer, scene)


def test_late_pieces_are_no_fault() -> None:
    async def scene(model: ChatModel) -> None:
        assert [event for event in await told(model) if isinstance(event, TextDelta)] == [TextDelta("Hi.")]

    play(OpenAiPeer([Answer((Wait(FIRST_BYTE_S / 4), *saying("Hi.", ends=(Wait(FIRST_BYTE_S / 4),)).steps))]), scene)


def test_what_follows_the_end_is_not_waited_for() -> None:
    async def scene(model: ChatModel) -> None:
        assert await told(model) == [TextDelta("Hi."), TokensUsed(9, 3)]

    reply = saying("Hi.")
    play(OpenAiPeer([Answer((*reply.steps, Stall()))]), scene)


def test_a_connection_that_was_closed_meanwhile_costs_no_reply() -> None:
    asked: list[int] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        asked.append(len(await reader.readexactly(int(length.split(b":")[1]))))
        if len(asked) > 1:
            body = b"".join(step for step in saying("Hi.").steps if isinstance(step, bytes))
            writer.write(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n" + body)
        writer.close()

    async def scenario() -> None:
        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server, vendor_client() as http:
            access = Access(KEY, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1")
            assert (await told(ChatModel(http, access, "openai", OPENAI.dialect, 5)))[0] == TextDelta("Hi.")
        assert len(asked) == 2

    asyncio.run(scenario())


def test_nobody_is_there() -> None:
    async def scene(model: ChatModel) -> None:
        assert (await failure_of(model)).failure is ProviderFailure.UNAVAILABLE

    play(OpenAiPeer(), scene, at="http://127.0.0.1:9/v1")


def test_a_wrong_key_is_shown_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    errors: list[Any] = []

    async def scene(model: ChatModel) -> None:
        errors.append(await failure_of(model))

    play(OpenAiPeer(), scene, key="sk-very-secret-key")
    (error,) = errors
    assert error.failure is ProviderFailure.REJECTED
    assert "invalid_api_key" in str(error)
    assert error.__cause__ is None
    assert "secret" not in str(error) + caplog.text


def test_a_server_of_ones_own_says_what_it_serves() -> None:
    peer = OpenAiPeer(models=("llama3.2:3b", "other"), key="")

    async def scene(model: ChatModel) -> None:
        for _ in range(2):
            assert await told(model, replace(ASKED, llm=LlmConfig()))
        assert {request["model"] for request in peer.requests} == {"llama3.2:3b"}
        assert "authorization" not in peer.headers[0]

    play(peer, scene, key="")


@pytest.mark.parametrize("models", [(), ("",)])
def test_a_server_that_serves_nothing(models: tuple[str, ...]) -> None:
    async def scene(model: ChatModel) -> None:
        with pytest.raises(ProviderError, match="no model"):
            await told(model, replace(ASKED, llm=LlmConfig()))

    play(OpenAiPeer(models=models), scene)
