"""Replies of an agent without a language model."""

import asyncio

import pytest

from callcore.agents import LlmConfig
from callcore.script import Intent, Script
from media_worker.ports.llm import EndCall, ReplyEvent, ReplyRequest, TextDelta
from media_worker.providers.script.llm import GREETING, NO_SCRIPT, create

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


def test_without_a_script_it_says_so() -> None:
    assert reply("hello", script=None) == [TextDelta(NO_SCRIPT)]


def test_a_handoff_without_a_contact_text_is_answered_with_the_fallback() -> None:
    assert reply("talk to a person", SCRIPT.model_copy(update={"handoff_answer": ""})) == [TextDelta("Sorry, Ann?")]
