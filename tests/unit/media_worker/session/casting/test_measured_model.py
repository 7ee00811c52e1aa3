import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import pytest

from callcore.agents.agent import LlmConfig
from callcore.errors import ProviderError, ProviderFailure
from media_worker.ports.llm import LlmCapabilities, ReplyEvent, ReplyRequest, TextDelta, TokensUsed
from media_worker.session.casting.measured_model import MeasuredModel, task_of
from media_worker.session.casting.quickest import Quickest
from tests.virtual_time import VirtualClock, run_virtual

HI = ReplyRequest(LlmConfig(), "", ({"role": "user", "content": "hi"},))
BROKEN = ProviderError("x", ProviderFailure.UNAVAILABLE)
Step = ReplyEvent | ProviderError | float


class Model:
    def __init__(self, steps: Sequence[Step]) -> None:
        self._steps = steps
        self.prepared = False

    @property
    def capabilities(self) -> LlmCapabilities:
        return LlmCapabilities(discardable=True)

    async def prepare(self) -> None:
        self.prepared = True

    @asynccontextmanager
    async def reply(self, request: ReplyRequest) -> AsyncIterator[AsyncIterator[ReplyEvent]]:
        async def events() -> AsyncIterator[ReplyEvent]:
            for step in self._steps:
                if isinstance(step, float):
                    await asyncio.sleep(step)
                elif isinstance(step, ProviderError):
                    raise step
                else:
                    yield step

        yield events()


def why_after(*steps: Step, leave_after_s: float = 60.0) -> str:
    """What is known of a model that does this."""

    async def scenario() -> str:
        quickest, clock = Quickest(), VirtualClock()
        measured = MeasuredModel(Model(steps), "a", quickest, clock)
        assert measured.capabilities.discardable
        with suppress(TimeoutError, ProviderError):
            async with asyncio.timeout(leave_after_s), measured.reply(HI) as events:
                told = [event async for event in events]
                assert told == [step for step in steps if not isinstance(step, float)]
        return quickest.ranking(("a", "b"), task_of(HI), clock.monotonic_s()).why

    return run_virtual(scenario())


@pytest.mark.parametrize(
    ("steps", "why"),
    [
        ((0.3, TextDelta("Hi"), 4.0, TextDelta(" there.")), "the first words took a 300 ms"),
        ((0.1, TokensUsed(1, 0), 0.4, TextDelta("Hi")), "the first words took a 500 ms"),
        ((0.1, TextDelta("Hi"), BROKEN), "there is no other"),
        ((0.1, BROKEN), "there is no other"),
        ((), "nothing is measured yet"),
    ],
)
def test_what_is_known_after_a_reply(steps: Sequence[Step], why: str) -> None:
    assert why_after(*steps) == why


def test_who_is_left_waiting_was_slow() -> None:
    assert why_after(9.0, TextDelta("Hi"), leave_after_s=6.0) == "the first words took a 6000 ms"
    assert why_after(9.0, TextDelta("Hi"), leave_after_s=1.0) == "nothing is measured yet"


def test_it_is_prepared_as_the_other_is() -> None:
    model = Model(())
    run_virtual(MeasuredModel(model, "a", Quickest(), VirtualClock()).prepare())
    assert model.prepared
