"""A language model that recites.

`llm.replies` of the agent's configuration lists its replies, one for each user turn and around again; `llm.ttft_ms`
and `llm.token_ms` delay the first word and each one after it. A reply that is just "[end]" ends the call. A reply
that calls functions is a list of steps, one for each time it is asked to go on and then the last one again: a text,
or `{"text": "One moment.", "calls": [{"name": "book", "arguments": {"party": 4}}]}`.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from callcore.jsontext import to_json
from media_worker.ports.llm import CallTool, EndCall, LlmCapabilities, ReplyEvent, ReplyRequest, TextDelta

DEFAULT_REPLIES = ("I hear you.",)
END = "[end]"


class RecitingModel:
    """The model; it keeps nothing between replies."""

    @property
    def capabilities(self) -> LlmCapabilities:
        """A reply costs nothing."""
        return LlmCapabilities(discardable=True)

    @asynccontextmanager
    async def reply(self, request: ReplyRequest) -> AsyncIterator[AsyncIterator[ReplyEvent]]:
        """The reply to the last user turn."""
        extra: dict[str, Any] = request.llm.model_extra or {}
        step = _step(extra.get("replies") or DEFAULT_REPLIES, request.messages)
        text = str(step.get("text", "")) if isinstance(step, dict) else str(step)
        calls = step.get("calls", ()) if isinstance(step, dict) and request.tools else ()
        made = [CallTool(call["name"], to_json(call.get("arguments", {}))) for call in calls]
        yield _recite(text, made, float(extra.get("ttft_ms", 0)) / 1000, float(extra.get("token_ms", 0)) / 1000)


def _step(replies: Sequence[Any], messages: Sequence[Mapping[str, Any]]) -> Any:
    """The part of the reply that is wanted now."""
    users = [place for place, message in enumerate(messages) if message["role"] == "user"]
    reply = replies[(len(users) - 1) % len(replies)]
    steps = reply if isinstance(reply, list | tuple) else [reply]
    since = messages[users[-1] :] if users else messages
    done = sum("tool_calls" in message for message in since)
    return steps[min(done, len(steps) - 1)]


async def _recite(text: str, calls: Sequence[CallTool], first_s: float, gap_s: float) -> AsyncIterator[ReplyEvent]:
    if text == END:
        yield EndCall()
        return
    wait_s = first_s
    for word in text.split(" ") if text or not calls else ():
        await asyncio.sleep(wait_s)
        yield TextDelta(word + " ")
        wait_s = gap_s
    if calls:
        await asyncio.sleep(wait_s)
    for call in calls:
        yield call


def create(resources: object = None) -> RecitingModel:
    """A model."""
    return RecitingModel()
