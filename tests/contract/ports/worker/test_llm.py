"""What every language model promises (media_worker.ports.llm)."""

import asyncio
from typing import Any

import pytest

from callcore.agents.agent import LlmConfig
from callcore.tools.tool_call import ToolCall
from callcore.tools.toolbox import ToolOffer
from media_worker.ports.llm import CallTool, EndCall, LanguageModel, ReplyEvent, ReplyRequest, TextDelta, TokensUsed
from media_worker.providers.registry import Kind
from tests.contract.ports.worker.adapters import CALLING, LLM_ADAPTERS, SENTENCE, THINKING, run

pytestmark = pytest.mark.parametrize("name", LLM_ADAPTERS)


def asked(text: str) -> ReplyRequest:
    return ReplyRequest(llm=THINKING, system_prompt="", messages=[{"role": "user", "content": text}])


async def told(llm: LanguageModel, request: ReplyRequest) -> list[ReplyEvent]:
    """All but the bill, which some vendors do not write."""
    async with asyncio.timeout(30), llm.reply(request) as reply:
        return [event async for event in reply if not isinstance(event, TokensUsed)]


async def events(llm: LanguageModel, text: str) -> list[ReplyEvent]:
    return await told(llm, asked(text))


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
        for _ in range(20):
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


OFFER = ToolOffer("opening_hours", "When we are open.", {"type": "object", "properties": {}, "required": []})


def going_on(llm: LlmConfig, result: str | None, tools: tuple[ToolOffer, ...] = (OFFER,)) -> ReplyRequest:
    """A question that needs a function, before and after its result."""
    messages: list[dict[str, Any]] = [{"role": "user", "content": SENTENCE}]
    if result is not None:
        call = ToolCall("call_1", OFFER.name, "{}").to_message()
        messages += [
            {"role": "assistant", "content": "", "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "call_1", "name": OFFER.name, "content": result},
        ]
    return ReplyRequest(llm=llm, system_prompt="", messages=messages, tools=tools)


def test_a_function_that_is_offered_is_called_and_its_result_is_spoken(name: str) -> None:
    async def scene(llm: LanguageModel) -> None:
        (call,) = await told(llm, going_on(CALLING, None))
        assert call == CallTool(OFFER.name, "{}")
        after = await told(llm, going_on(CALLING, "nine to five"))
        assert after
        assert all(isinstance(event, TextDelta) for event in after)

    run(Kind.LLM, name, scene)


def test_nothing_is_called_that_is_not_offered(name: str) -> None:
    async def scene(llm: LanguageModel) -> None:
        assert not any(isinstance(event, CallTool) for event in await told(llm, going_on(CALLING, None, ())))

    run(Kind.LLM, name, scene)
