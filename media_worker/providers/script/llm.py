"""The `script` provider: replies of an agent that has no language model (architecture.md 6).

An intent with a `tool` calls it with the slots as arguments. Its answer is said when there is a result, and may hold
what the result holds: `{result}`, and every field of a JSON object by its name.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from callcore.agents.script import Script
from callcore.errors import InvalidInput
from callcore.jsontext import parse_json, to_json
from callcore.variables import render, variables_of
from media_worker.ports.llm import CallTool, EndCall, LlmCapabilities, ReplyEvent, ReplyRequest, TextDelta
from media_worker.providers.script.matching import Match, Wish, match

NO_SCRIPT = "This agent has no language model and no script, so I can only listen. Please configure one of them."
GREETING = "Hello, how can I help you?"
FAILED = "I am sorry, that did not work."


class ScriptModel:
    """Answers from `llm.script`; keeps nothing between replies."""

    @property
    def capabilities(self) -> LlmCapabilities:
        """A reply costs nothing."""
        return LlmCapabilities(discardable=True)

    @asynccontextmanager
    async def reply(self, request: ReplyRequest) -> AsyncIterator[AsyncIterator[ReplyEvent]]:
        """The scripted answer to the last user message."""
        yield _told(answer(request))


def answer(request: ReplyRequest) -> tuple[ReplyEvent, ...]:
    """What to say or to call, and whether the call ends with it."""
    script = request.llm.script
    place = next((n for n in range(len(request.messages) - 1, -1, -1) if request.messages[n]["role"] == "user"), None)
    if place is None:
        return (TextDelta(GREETING),)
    if script is None:
        return (TextDelta(NO_SCRIPT),)
    matched = match(script, request.messages[place]["content"])
    last = request.messages[-1]
    if last["role"] == "tool":
        asked = _asked_for(script, last["name"], request.messages)
        return _with_tool(request, asked or matched, last["name"], last["content"])
    if matched.intent is not None and matched.intent.tool:
        return _with_tool(request, matched, matched.intent.tool, None)
    return _spoken(request, script, matched, {})


def _asked_for(script: Script, tool: str, messages: Sequence[Mapping[str, Any]]) -> Match | None:
    """What the user said to have the function called; he may have said other things since."""
    asked = (match(script, message["content"]) for message in reversed(messages) if message["role"] == "user")
    return next((one for one in asked if one.intent is not None and one.intent.tool == tool), None)


def _with_tool(request: ReplyRequest, matched: Match, tool: str, result: str | None) -> tuple[ReplyEvent, ...]:
    """Call the intent's function, and answer when it has a result; what is not offered cannot be called."""
    assert request.llm.script is not None, "an intent is of a script"
    if result is not None:
        fields = _fields(result)
        return (TextDelta(FAILED),) if "error" in fields else _spoken(request, request.llm.script, matched, fields)
    if any(offer.name == tool for offer in request.tools):
        return (CallTool(tool, to_json(dict(matched.slots))),)
    return (TextDelta(FAILED),)


def _fields(result: str) -> dict[str, str]:
    """What an answer may hold of a result."""
    try:
        parsed = parse_json(result)
    except InvalidInput:
        parsed = None
    return {"result": result} | (variables_of(parsed, {}) if isinstance(parsed, dict) else {})


def _spoken(request: ReplyRequest, script: Script, matched: Match, fields: Mapping[str, str]) -> tuple[ReplyEvent, ...]:
    text = render(_text(script, matched), {**request.variables, **fields, **matched.slots})
    said = (TextDelta(text),) if text else ()
    return (*said, EndCall()) if matched.wish is Wish.END else said


def _text(script: Script, matched: Match) -> str:
    """The answer as it is written."""
    match matched.wish:
        case Wish.END:
            return script.end_answer
        case Wish.HANDOFF:
            return script.handoff_answer or script.fallback
        case Wish.INTENT if matched.intent is not None and matched.intent.answer:
            return matched.intent.answer
    return script.fallback


async def _told(events: Sequence[ReplyEvent]) -> AsyncIterator[ReplyEvent]:
    for event in events:
        yield event


def create(resources: object = None) -> ScriptModel:
    """A model; it needs nothing."""
    return ScriptModel()
