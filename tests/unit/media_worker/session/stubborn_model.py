"""A model of which the test decides."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from callcore.errors import ProviderError
from media_worker.ports.llm import LlmCapabilities, ReplyEvent, ReplyRequest, TextDelta

Step = float | str | ReplyEvent | ProviderError


class StubbornModel:
    """Does one of its scripts for each request, the last one again and again: waits, says, fails."""

    def __init__(self, *scripts: Sequence[Step]) -> None:
        self.scripts = scripts
        self.requests: list[ReplyRequest] = []
        self.left_open = 0

    capabilities = LlmCapabilities(discardable=False)

    @asynccontextmanager
    async def reply(self, request: ReplyRequest) -> AsyncIterator[AsyncIterator[ReplyEvent]]:
        self.requests.append(request)
        self.left_open += 1
        try:
            yield self._perform(self.scripts[min(len(self.requests), len(self.scripts)) - 1])
        finally:
            self.left_open -= 1

    async def _perform(self, script: Sequence[Step]) -> AsyncIterator[ReplyEvent]:
        for step in script:
            match step:
                case float():
                    await asyncio.sleep(step)
                case str():
                    yield TextDelta(step)
                case ProviderError():
                    raise step
                case _:
                    yield step
