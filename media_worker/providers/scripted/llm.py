"""A language model that recites.

`llm.replies` of the agent's configuration lists its replies, one for each user turn and around again; `llm.ttft_ms`
and `llm.token_ms` delay the first word and each one after it. A reply that is just "[end]" ends the call.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from media_worker.ports.llm import EndCall, ReplyEvent, ReplyRequest, TextDelta

DEFAULT_REPLIES = ("I hear you.",)
END = "[end]"


class RecitingModel:
    """The model; it keeps nothing between replies."""

    @asynccontextmanager
    async def reply(self, request: ReplyRequest) -> AsyncIterator[AsyncIterator[ReplyEvent]]:
        """The reply to the last user turn."""
        extra: dict[str, Any] = request.llm.model_extra or {}
        replies = extra.get("replies") or DEFAULT_REPLIES
        turns = sum(message["role"] == "user" for message in request.messages)
        text = str(replies[(turns - 1) % len(replies)])
        yield _recite(text, float(extra.get("ttft_ms", 0)) / 1000, float(extra.get("token_ms", 0)) / 1000)


async def _recite(text: str, first_s: float, gap_s: float) -> AsyncIterator[ReplyEvent]:
    if text == END:
        yield EndCall()
        return
    wait_s = first_s
    for word in text.split(" "):
        await asyncio.sleep(wait_s)
        yield TextDelta(word + " ")
        wait_s = gap_s


def create(resources: object = None) -> RecitingModel:
    """A model."""
    return RecitingModel()
