"""A model whose beginnings are timed, for whoever chooses among several."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Protocol

from callcore.errors import ProviderError
from callcore.jsontext import to_json
from media_worker.ports.llm import LanguageModel, LlmCapabilities, Preparable, ReplyEvent, ReplyRequest, TokensUsed
from media_worker.session.casting.quickest import Quickest, Task
from media_worker.session.clock import WorkerClock

SLOW_S = 2.0
"""Who is left without a word after that long was slow, however long it would have taken."""


class VendorModel(LanguageModel, Preparable, Protocol):
    """A model behind a network."""


class MeasuredModel:
    """Another model under the name that its times go by."""

    def __init__(self, model: VendorModel, name: str, quickest: Quickest, clock: WorkerClock) -> None:
        self._model = model
        self._name = name
        self._quickest = quickest
        self._clock = clock

    @property
    def capabilities(self) -> LlmCapabilities:
        """The other's."""
        return self._model.capabilities

    async def prepare(self) -> None:
        """As the other does."""
        await self._model.prepare()

    @asynccontextmanager
    async def reply(self, request: ReplyRequest) -> AsyncIterator[AsyncIterator[ReplyEvent]]:
        """The other's reply."""
        async with aclosing(self._events(request)) as events:
            yield events

    async def _events(self, request: ReplyRequest) -> AsyncGenerator[ReplyEvent]:
        asked_at, is_timed = self._clock.monotonic_s(), False
        try:
            async with self._model.reply(request) as events:
                async for event in events:
                    if not is_timed and not isinstance(event, TokensUsed):
                        is_timed = True
                        self._took(request, asked_at)
                    yield event
        except ProviderError:
            is_timed = True
            self._quickest.failed(self._name, self._clock.monotonic_s())
            raise
        finally:
            if not is_timed and self._clock.monotonic_s() - asked_at > SLOW_S:
                self._took(request, asked_at)

    def _took(self, request: ReplyRequest, asked_at: float) -> None:
        now = self._clock.monotonic_s()
        self._quickest.began(self._name, task_of(request), now - asked_at, now)


def task_of(request: ReplyRequest) -> Task:
    """What is asked of the model."""
    messages = sum(len(message.get("content") or "") for message in request.messages)
    tools = sum(len(tool.description) + len(to_json(dict(tool.parameters))) for tool in request.tools)
    return Task.of(len(request.system_prompt) + messages + tools, tools=bool(request.tools))
