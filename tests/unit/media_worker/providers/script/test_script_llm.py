"""Replies of an agent without a language model."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from callcore.agents.agent import LlmConfig
from callcore.agents.script import Intent, Script
from callcore.tools.tool_call import ToolCall
from callcore.tools.toolbox import ToolOffer
from media_worker.ports.llm import CallTool, EndCall, ReplyEvent, ReplyRequest, TextDelta
from media_worker.providers.script.llm import FAILED, GREETING, NO_SCRIPT, answer, create

BOOK = ToolOffer("book", "Books.", {"type": "object", "properties": {}})
SCRIPT = Script(
    intents=(Intent(phrases=("a table for {party}",), answer="{userName}, your table for {party} is booked."),),
    slots={"party": ("two",)},
    fallback="Sorry, {userName}?",
    end=("goodbye",),
    end_answer="Bye {userName}.",
    handoff=("talk to a person",),
    handoff_answer="Call us.",
)


def reply(said: str | None, script: Script | None = SCRIPT) -> list[ReplyEvent]:
    messages = [{"role": "assistant", "content": "Hi."}] + ([{"role": "user", "content": said}] if said else [])
    request = ReplyRequest(LlmConfig(script=script), "", messages, {"userName": "Ann"})

    async def collect() -> list[ReplyEvent]:
        async with create().reply(request) as events:
            return [event async for event in events]

    return asyncio.run(collect())


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("a table for two", [TextDelta("Ann, your table for two is booked.")]),
        ("what is the weather", [TextDelta("Sorry, Ann?")]),
        ("talk to a person", [TextDelta("Call us.")]),
        ("goodbye", [TextDelta("Bye Ann."), EndCall()]),
        (None, [TextDelta(GREETING)]),
    ],
)
def test_replies(said: str | None, expected: list[ReplyEvent]) -> None:
    assert reply(said) == expected


def with_result(result: str | None, tools: Sequence[ToolOffer] = (BOOK,)) -> list[ReplyEvent]:
    """The reply to a wish with a function, before (None) or after its result."""
    script = Script.model_validate(
        {
            "intents": [
                {"phrases": ["a table for {party}"], "tool": "book", "answer": "For {party}, {userName}: {number}."}
            ],
            "slots": {"party": ["two"]},
        }
    )
    messages: list[dict[str, Any]] = [
        {"role": "tool", "content": "of an earlier turn", "tool_call_id": "c0", "name": "book"},
        {"role": "user", "content": "A table for two."},
    ]
    if result is not None:
        messages += [
            {"role": "assistant", "content": "", "tool_calls": [ToolCall("c1", "book", "{}").to_message()]},
            {"role": "tool", "content": result, "tool_call_id": "c1", "name": "book"},
        ]
    return list(answer(ReplyRequest(LlmConfig(script=script), "", messages, {"userName": "Ann"}, tools)))


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (None, CallTool("book", '{"party":"two"}')),
        ('{"number": 7, "party": "none"}', TextDelta("For two, Ann: 7.")),
        ("booked", TextDelta("For two, Ann: {number}.")),
        ('{"error": "timed out after 5 s"}', TextDelta(FAILED)),
    ],
)
def test_an_intent_with_a_function_calls_it_and_answers_with_its_result(
    result: str | None, expected: ReplyEvent
) -> None:
    assert with_result(result) == [expected]


def test_a_function_that_is_not_offered_cannot_be_called() -> None:
    assert with_result(None, ()) == [TextDelta(FAILED)]


def test_without_a_script_it_says_so() -> None:
    assert reply("hello", script=None) == [TextDelta(NO_SCRIPT)]


def test_a_handoff_without_a_contact_text_is_answered_with_the_fallback() -> None:
    assert reply("talk to a person", SCRIPT.model_copy(update={"handoff_answer": ""})) == [TextDelta("Sorry, Ann?")]
