"""The adapter against real servers: the example of infra/examples, and those that are broken or mean."""

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from callcore.agents.agent import LlmConfig, Webhook
from callcore.errors import ProviderError
from callcore.ids import AccountId, SessionId
from callcore.opening.plan import OpeningRequest, begin_opening, finish_opening
from callcore.wire.custom_llm import CallBound, parse_model_message
from media_worker.conversation.effects import CommitUser
from media_worker.ports.llm import EndCall, Flush, KeepSilent, Pause, ReplyEvent, ReplyRequest, TextDelta
from media_worker.providers.custom_llm import line
from media_worker.providers.custom_llm import llm as adapter
from media_worker.providers.custom_llm import server as at_server
from media_worker.providers.custom_llm.llm import CustomLlm
from media_worker.providers.custom_llm.server import custom_llm
from media_worker.providers.custom_llm.turn import MAX_REPLY_CHARS
from tests.peers.hostile_model import HostileModel, hostile_model, mute_server

EXAMPLE = Path(__file__).parents[3] / "infra/examples/custom_llm_server.py"
SECRET = "s3cret"


@contextmanager
def example() -> Iterator[str]:
    """The example server with a secret, as its reader starts it."""
    with subprocess.Popen([sys.executable, str(EXAMPLE), "0", SECRET], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.kill()


@asynccontextmanager
async def calling(url: str, *, private: bool = True, **headers: str) -> AsyncIterator[CustomLlm]:
    """The model of a call; leaving ends it."""
    request = OpeningRequest(SessionId("s1"), AccountId("a1"), 600, stored_config={"custom_llm_websocket": url})
    plan = finish_opening(begin_opening(request), None)
    model = custom_llm(plan, Webhook(url=url, headers=headers), private=private)
    async with asyncio.TaskGroup() as tasks:
        model.open(tasks, lambda event: None)
        try:
            yield model
        finally:
            model.close()


async def reply(model: CustomLlm, *words: str) -> list[ReplyEvent]:
    """What it answers to the last of these; without any it greets."""
    if words:
        model.decided(CommitUser(words[-1], 0.0))
    turns = [{"role": "user", "content": text} for text in words]
    async with asyncio.timeout(30), model.reply(ReplyRequest(LlmConfig(), "", turns, turn_id=len(words))) as events:
        return [event async for event in events]


def text_of(events: list[ReplyEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def test_the_example_greets_answers_looks_up_and_ends_the_call() -> None:
    async def scenario(url: str) -> None:
        async with calling(url, Authorization=f"Bearer {SECRET}") as model:
            assert text_of(await reply(model)) == "Hello, this is my own model."
            assert text_of(await reply(model, "Hi there")) == "You said: Hi there"
            looked_up = await reply(model, "Hi there", "be slow")
            assert looked_up[:3] == [TextDelta("Let me look that up. "), Flush(), Pause(300)]
            assert text_of(looked_up).endswith("You said: be slow")
            assert EndCall() in await reply(model, "Hi there", "Goodbye.")

    with example() as url:
        asyncio.run(scenario(url))


def test_the_example_lets_nobody_in_without_its_secret() -> None:
    async def scenario(url: str) -> None:
        async with calling(url, Authorization="Bearer wrong") as model:
            with pytest.raises(ProviderError):
                await reply(model, "Hi there")

    with example() as url:
        asyncio.run(scenario(url))


def among(scene: Callable[[HostileModel], Awaitable[None]]) -> None:
    async def scenario() -> None:
        async with hostile_model() as hostile:
            await scene(hostile)

    asyncio.run(scenario())


@pytest.mark.parametrize("path", ["/nonsense", "/huge", "/vanish", "/refuse"])
def test_a_server_that_breaks_the_protocol_fails_the_answer_and_is_asked_twice(path: str) -> None:
    async def scene(hostile: HostileModel) -> None:
        async with calling(hostile.url(path)) as model:
            with pytest.raises(ProviderError):
                await reply(model, "Hi there")
        assert hostile.connections == 2

    among(scene)


def test_a_server_that_answers_without_end_is_cut_off() -> None:
    async def scene(hostile: HostileModel) -> None:
        async with calling(hostile.url("/flood")) as model:
            text = text_of(await reply(model))
            assert 0 < len(text) <= MAX_REPLY_CHARS

    among(scene)


def test_who_chatters_waits_and_the_loop_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "NO_GREETING_S", 1.0)
    read: list[str] = []

    def reading(frame: str) -> CallBound:
        read.append(frame)
        return parse_model_message(frame)

    monkeypatch.setattr(line, "parse_model_message", reading)

    async def scene(hostile: HostileModel) -> None:
        began = time.monotonic()
        async with calling(hostile.url("/chatter")) as model:
            assert await reply(model) == [KeepSilent()]
            async with asyncio.timeout(20):
                while not read:  # noqa: ASYNC110 - whoever reads tells nobody
                    await asyncio.sleep(0.01)
            *but_the_last, _ = [1 + len(frame) / line.FRAME_BYTES for frame in read]
            assert sum(but_the_last) <= line.FRAMES_PER_S * (line.BURST_S + time.monotonic() - began)
            assert hostile.sent_frames > len(read), "it has more to say, and waits"

    among(scene)


def test_a_server_that_hangs_or_never_answers_the_upgrade_costs_its_time_and_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(adapter, "NO_GREETING_S", 0.3)
    monkeypatch.setattr(at_server, "CONNECT_S", 0.3)

    async def scene(hostile: HostileModel) -> None:
        async with calling(hostile.url("/hang")) as model:
            assert await reply(model) == [KeepSilent()]
        async with mute_server() as url, calling(url) as model:
            with pytest.raises(ProviderError):
                await reply(model, "Hi there")

    began = time.monotonic()
    among(scene)
    assert time.monotonic() - began < 30


def test_a_private_address_is_refused_unless_the_operator_admits_it() -> None:
    async def scene(hostile: HostileModel) -> None:
        async with calling(hostile.url("/hang"), private=False) as model:
            with pytest.raises(ProviderError):
                await reply(model, "Hi there")
        assert hostile.connections == 0

    among(scene)
