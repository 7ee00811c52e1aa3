"""What every language model promises (media_worker.ports.llm)."""

import asyncio

import pytest

from media_worker.ports.llm import EndCall, LanguageModel, ReplyEvent, ReplyRequest, TextDelta
from media_worker.providers.registry import Kind
from tests.contract.ports.worker.adapters import LLM_ADAPTERS, SENTENCE, THINKING, run

pytestmark = pytest.mark.parametrize("name", LLM_ADAPTERS)


def asked(text: str) -> ReplyRequest:
    return ReplyRequest(llm=THINKING, system_prompt="", messages=[{"role": "user", "content": text}])


async def events(llm: LanguageModel, text: str) -> list[ReplyEvent]:
    async with asyncio.timeout(5), llm.reply(asked(text)) as reply:
        return [event async for event in reply]


@pytest.mark.parametrize("text", [SENTENCE, "something else entirely", "goodbye", ""])
def test_a_reply_is_pieces_of_text_and_then_perhaps_the_end(name: str, text: str) -> None:
    async def scene(llm: LanguageModel) -> None:
        told = await events(llm, text)
        assert all(isinstance(event, TextDelta) and event.text for event in told[:-1])
        assert isinstance(told[-1], TextDelta | EndCall)

    run(Kind.LLM, name, scene)


def test_the_same_question_gets_the_same_reply(name: str) -> None:
    async def scene(llm: LanguageModel) -> None:
        assert await events(llm, SENTENCE) == await events(llm, SENTENCE)

    run(Kind.LLM, name, scene)


def test_a_reply_may_be_left_at_any_point(name: str) -> None:
    async def scene(llm: LanguageModel) -> None:
        for _ in range(50):
            async with llm.reply(asked(SENTENCE)):
                pass
            async with llm.reply(asked(SENTENCE)) as reply:
                await anext(reply)
        assert await events(llm, SENTENCE)

    run(Kind.LLM, name, scene)


def test_replies_at_once_do_not_mix(name: str) -> None:
    async def scene(llm: LanguageModel) -> None:
        alone = await events(llm, SENTENCE)
        assert await asyncio.gather(*(events(llm, SENTENCE) for _ in range(10))) == [alone] * 10

    run(Kind.LLM, name, scene)
