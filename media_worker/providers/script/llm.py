"""The `script` provider: replies of an agent that has no language model (architecture.md 6)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from callcore.script import Script
from callcore.variables import render
from media_worker.ports.llm import EndCall, ReplyEvent, ReplyRequest, TextDelta
from media_worker.providers.script.matching import Wish, match

NO_SCRIPT = "This agent has no language model and no script, so I can only listen. Please configure one of them."
GREETING = "Hello, how can I help you?"


class ScriptModel:
    """Answers from `llm.script`; keeps nothing between replies."""

    @asynccontextmanager
    async def reply(self, request: ReplyRequest) -> AsyncIterator[AsyncIterator[ReplyEvent]]:
        """The scripted answer to the last user message."""
        yield _spoken(*answer(request))


def answer(request: ReplyRequest) -> tuple[str, bool]:
    """What to say, and whether the call ends with it."""
    script = request.llm.script
    said = next((message["content"] for message in reversed(request.messages) if message["role"] == "user"), None)
    if said is None:
        return GREETING, False
    if script is None:
        return NO_SCRIPT, False
    text, slots, ends = _choose(script, said)
    return render(text, {**request.variables, **slots}), ends


def _choose(script: Script, said: str) -> tuple[str, dict[str, str], bool]:
    """The answer as it is written, the slots that fill it, and whether the call ends."""
    matched = match(script, said)
    match matched.wish:
        case Wish.END:
            return script.end_answer, {}, True
        case Wish.HANDOFF:
            return script.handoff_answer or script.fallback, {}, False
        case Wish.INTENT if matched.intent is not None and matched.intent.answer:
            return matched.intent.answer, dict(matched.slots), False
    return script.fallback, {}, False


async def _spoken(text: str, ends: bool) -> AsyncIterator[ReplyEvent]:
    if text:
        yield TextDelta(text)
    if ends:
        yield EndCall()


def create(resources: object = None) -> ScriptModel:
    """A model; it needs nothing."""
    return ScriptModel()
