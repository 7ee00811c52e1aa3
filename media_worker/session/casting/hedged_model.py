"""The language models of one agent as one: a silent, slow, failed or stalled one does not cost the reply.

A model that fails or says nothing is asked once more, then the next one; when none has begun after six seconds the next
one is asked as well, and whoever speaks first answers. When a model stops in the middle, it is asked once to go on,
then the next one (conversation.md 8.2). A model that refuses is not asked again in the session while there is another.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace

from callcore.agents.agent import LlmConfig
from callcore.calls.usage import UNNAMED, Service
from callcore.errors import ProviderError, ProviderFailure
from media_worker.ports.llm import LanguageModel, LlmCapabilities, ReplyEvent, ReplyRequest, TextDelta, TokensUsed
from media_worker.session.clock import WorkerClock

HEDGE_S = 6.0
RETRY_S = 0.25
MAX_RETRY_S = 2.0
"""A model that wants to be left alone for longer is not asked a second time."""
GAP_S = 5.0
MAX_WAITING = 64
"""Events that nobody has fetched; then the model waits."""
CONTINUE = "(Your last message was cut off. Continue it exactly where it stopped.)"
Heard = ReplyEvent | ProviderError | None
"""What an attempt says; a failure or None is its end."""
STALLED = ProviderError("llm", ProviderFailure.TIMEOUT, "it stopped in the middle of a reply")
SILENT = ProviderError("llm", ProviderFailure.UNAVAILABLE, "it said nothing")
NOTHING = TextDelta("")
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ChosenModel:
    """A model and the settings it is asked with."""

    model: LanguageModel
    config: LlmConfig
    service: Service = UNNAMED


class HedgedModel:
    """The models in the order in which they are wanted; at least one."""

    def __init__(self, models: Sequence[ChosenModel], clock: WorkerClock) -> None:
        self._models = models
        self._clock = clock
        self.service = models[0].service
        """Who answered last; before the first answer, who is asked first."""

    @property
    def capabilities(self) -> LlmCapabilities:
        """What all of them can do: any of them may be asked."""
        return LlmCapabilities(discardable=all(chosen.model.capabilities.discardable for chosen in self._models))

    @asynccontextmanager
    async def reply(self, request: ReplyRequest) -> AsyncIterator[AsyncIterator[ReplyEvent]]:
        """The reply of whichever model speaks. Raises ProviderError, also while iterating, when none does."""
        failure: Exception | None = None
        async with asyncio.TaskGroup() as tasks:
            race = _Race(tasks, self._models, request, self._clock, self._answered, self._refused)
            try:
                async with aclosing(race.events()) as events:
                    yield events
            except Exception as error:
                failure = error  # raised outside: a TaskGroup would wrap it
            finally:
                race.stop()
        if failure is not None:
            raise failure

    def _answered(self, chosen: ChosenModel) -> None:
        self.service = chosen.service

    def _refused(self, chosen: ChosenModel) -> None:
        self._models = [other for other in self._models if other is not chosen] or self._models


class _Race:
    """One reply: the attempts that run, and what they say."""

    def __init__(
        self,
        tasks: asyncio.TaskGroup,
        models: Sequence[ChosenModel],
        request: ReplyRequest,
        clock: WorkerClock,
        answered: Callable[[ChosenModel], None],
        refused: Callable[[ChosenModel], None],
    ) -> None:
        """`answered` is told who speaks, and `refused` who will not."""
        self._tasks = tasks
        self._request = request
        self._clock = clock
        self._answered = answered
        self._refused = refused
        self._waiting = [models[0], *models]
        """Who is asked next: the first one twice."""
        self._running: dict[int, tuple[ChosenModel, asyncio.Task[None]]] = {}
        self._started = 0
        self._heard: asyncio.Queue[tuple[int, Heard]] = asyncio.Queue(MAX_WAITING)

    def stop(self, *, but: int | None = None) -> None:
        """Cancel every attempt, except this one."""
        for number in [number for number in self._running if number != but]:
            self._running.pop(number)[1].cancel()

    async def events(self) -> AsyncGenerator[ReplyEvent]:
        """What the first attempt that says something says; nothing when every model says nothing."""
        failure: ProviderError | None = None
        self._start(self._waiting.pop(0), self._request)
        while self._running:
            heard = await self._next(HEDGE_S if self._others else None)
            if heard is None:
                self._ask_another()
                continue
            number, said = heard
            if said is None or isinstance(said, ProviderError):
                failure = said
                self._ask_again(number, said)
                continue
            if isinstance(said, TokensUsed):
                yield said
                continue
            self.stop(but=number)
            self._answered(self._running[number][0])
            async with aclosing(self._follow(number, said)) as events:
                async for event in events:
                    yield event
            return
        if failure is not None:
            raise failure

    async def _follow(self, winner: int, first: ReplyEvent) -> AsyncGenerator[ReplyEvent]:
        """All of the winner's events; when it stops before the end it and then the others are asked to go on.

        Unless it has acted: then nobody knows whether that would be done twice.
        """
        so_far, speaker = "", self._running[winner][0]
        may_resume = [speaker, *(other for other in self._waiting if other is not speaker)]
        event: Heard = first
        while event is not None:
            if isinstance(event, ProviderError):
                if not may_resume:
                    raise event
                log.warning(
                    "a language model stopped in the middle of a reply",
                    extra={"provider": event.provider, "failure": event.failure, "detail": event.detail},
                )
                self._resume(may_resume.pop(0), so_far)
                event = TextDelta("" if so_far[-1:].isspace() else " ")
                so_far += event.text
            elif isinstance(event, TextDelta):
                so_far += event.text
            elif not isinstance(event, TokensUsed):
                may_resume = []
            if event != NOTHING:
                yield event
            heard = await self._next(GAP_S)
            event = STALLED if heard is None else heard[1]

    def _resume(self, chosen: ChosenModel, so_far: str) -> None:
        self.stop()
        self._answered(chosen)
        said = ({"role": "assistant", "content": so_far.strip()}, {"role": "user", "content": CONTINUE})
        self._start(chosen, replace(self._request, messages=(*self._request.messages, *said)))

    async def _next(self, patience_s: float | None) -> tuple[int, Heard] | None:
        """What the next attempt that runs has to say, and its number; None: nothing came in time."""
        try:
            async with asyncio.timeout(patience_s):
                while True:
                    number, said = await self._heard.get()
                    if number in self._running:
                        return number, said
        except TimeoutError:
            return None

    @property
    def _others(self) -> list[ChosenModel]:
        """Models that were not asked yet."""
        asked = [chosen for chosen, _ in self._running.values()]
        return [chosen for chosen in self._waiting if chosen not in asked]

    def _ask_another(self) -> None:
        """Nobody has begun to speak: ask the next model as well."""
        log.warning("a language model is slow")
        other = self._others[0]
        del self._waiting[: self._waiting.index(other) + 1]
        self._start(other, self._request)

    def _ask_again(self, number: int, failure: ProviderError | None) -> None:
        """An attempt came to nothing: the next one, if there is one."""
        failed, _ = self._running.pop(number)
        trouble = failure or SILENT
        log.warning(
            "a language model gave no reply",
            extra={"provider": trouble.provider, "failure": trouble.failure, "detail": trouble.detail},
        )
        if not trouble.retryable:
            self._refused(failed)
        pause_s = max(RETRY_S, trouble.retry_after_s or 0.0)
        if pause_s > MAX_RETRY_S or not trouble.retryable:
            self._waiting = [other for other in self._waiting if other is not failed]
        if self._waiting:
            following = self._waiting.pop(0)
            self._start(following, self._request, pause_s if following is failed else 0.0)

    def _start(self, chosen: ChosenModel, request: ReplyRequest, pause_s: float = 0.0) -> None:
        number, self._started = self._started, self._started + 1
        self._running[number] = chosen, self._tasks.create_task(self._ask(number, chosen, request, pause_s))

    async def _ask(self, number: int, chosen: ChosenModel, request: ReplyRequest, pause_s: float) -> None:
        failure: ProviderError | None = None
        try:
            if pause_s:
                await self._clock.sleep_until(self._clock.monotonic_s() + pause_s)
            async with chosen.model.reply(replace(request, llm=chosen.config)) as events:
                async for event in events:
                    await self._heard.put((number, event))
        except ProviderError as error:
            failure = error
        await self._heard.put((number, failure))
