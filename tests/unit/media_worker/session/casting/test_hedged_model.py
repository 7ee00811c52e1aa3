"""Language models that fail in every way, in virtual time."""

from contextlib import nullcontext

import pytest

from callcore.agents.agent import LlmConfig
from callcore.calls.usage import Service
from callcore.errors import ProviderError, ProviderFailure
from media_worker.ports.llm import CallTool, EndCall, ReplyEvent, ReplyRequest, TextDelta, TokensUsed
from media_worker.session.casting.hedged_model import CONTINUE, ChosenModel, HedgedModel
from tests.unit.media_worker.session.stubborn_model import StubbornModel
from tests.virtual_time import VirtualClock, run_virtual

BROKEN = ProviderError("scripted", ProviderFailure.UNAVAILABLE)


def listen(*models: StubbornModel) -> tuple[list[tuple[float, ReplyEvent]], Exception | None]:
    """What is heard of the models, when, and how it fails."""
    heard: list[tuple[float, ReplyEvent]] = []

    async def scenario() -> Exception | None:
        clock = VirtualClock()
        chosen = [ChosenModel(model, LlmConfig(model=str(place))) for place, model in enumerate(models)]
        request = ReplyRequest(LlmConfig(), "", ({"role": "user", "content": "hello"},))
        try:
            async with HedgedModel(chosen, clock).reply(request) as events:
                async for event in events:
                    heard.append((round(clock.monotonic_s(), 3), event))
        except ProviderError as error:
            return error
        return None

    failure = run_virtual(scenario())
    assert [model.left_open for model in models] == [0] * len(models)
    return heard, failure


def said(heard: list[tuple[float, ReplyEvent]]) -> str:
    return "".join(event.text for _, event in heard if isinstance(event, TextDelta))


def test_a_model_that_works_is_asked_once_with_its_own_settings() -> None:
    first, second = StubbornModel((0.5, "We are ", "open.")), StubbornModel(("No.",))
    assert listen(first, second) == ([(0.5, TextDelta("We are ")), (0.5, TextDelta("open."))], None)
    assert [request.llm.model for request in first.requests] == ["0"]
    assert second.requests == []


def test_a_failing_model_is_asked_once_more_and_then_the_next_one() -> None:
    first, second = StubbornModel((BROKEN,)), StubbornModel((0.1, "Open."))
    assert listen(first, second) == ([(0.35, TextDelta("Open."))], None)
    assert len(first.requests) == 2
    assert second.requests[0].llm.model == "1"


REFUSED = ProviderError("scripted", ProviderFailure.REJECTED)


def test_a_model_that_refuses_is_not_asked_a_second_time() -> None:
    first, second = StubbornModel((REFUSED,)), StubbornModel((0.1, "Open."))
    assert listen(first, second) == ([(0.1, TextDelta("Open."))], None)
    assert len(first.requests) == 1
    assert listen(StubbornModel((REFUSED,))) == ([], REFUSED)


def test_nor_in_the_same_session_while_there_is_another() -> None:
    async def scenario() -> list[int]:
        models = (StubbornModel((REFUSED,)), StubbornModel(("Open.",), ("Open.",), (REFUSED,)))
        hedged = HedgedModel([ChosenModel(model, LlmConfig()) for model in models], VirtualClock())
        for fails in (False, False, True, True):
            with pytest.raises(ProviderError) if fails else nullcontext():
                async with hedged.reply(ReplyRequest(LlmConfig(), "", ())) as events:
                    assert [event async for event in events] == [TextDelta("Open.")]
        return [len(model.requests) for model in models]

    assert run_virtual(scenario()) == [1, 4]


@pytest.mark.parametrize(("after_s", "answered_s", "asked"), [(0.1, 0.25, 2), (1.5, 1.5, 2), (30.0, 0.0, 1)])
def test_a_busy_model_is_asked_again_when_it_wants_to_be_unless_that_is_too_late(
    after_s: float, answered_s: float, asked: int
) -> None:
    busy = ProviderError("scripted", ProviderFailure.RATE_LIMIT, retry_after_s=after_s)
    first, second = StubbornModel((busy,), ("Open.",)), StubbornModel(("Open.",))
    assert listen(first, second) == ([(answered_s, TextDelta("Open."))], None)
    assert len(first.requests) == asked


def test_an_empty_reply_is_asked_for_once_more() -> None:
    model = StubbornModel((), ("Open.",))
    assert said(listen(model)[0]) == "Open."
    assert len(model.requests) == 2


def test_two_empty_replies_are_an_empty_reply() -> None:
    model = StubbornModel(())
    assert listen(model) == ([], None)
    assert len(model.requests) == 2


def test_when_every_model_fails_so_does_the_reply() -> None:
    assert listen(StubbornModel((BROKEN,)), StubbornModel((BROKEN,))) == ([], BROKEN)


@pytest.mark.parametrize(("slow_s", "answers"), [(7.0, "first"), (9.0, "second")])
def test_a_slow_model_races_with_the_next_one(slow_s: float, answers: str) -> None:
    heard, _ = listen(StubbornModel((slow_s, "first")), StubbornModel((2.0, "second")))
    assert heard == [(min(slow_s, 8.0), TextDelta(answers))]


def test_a_slow_model_without_another_is_waited_for() -> None:
    assert listen(StubbornModel((11.0, "Open."))) == ([(11.0, TextDelta("Open."))], None)


def test_a_model_that_stalls_in_the_middle_is_asked_to_go_on() -> None:
    model = StubbornModel(("We are open", 60.0), ("from nine.",))
    heard, failure = listen(model)
    assert (said(heard), failure) == ("We are open from nine.", None)
    assert heard[-1][0] == 5.0
    assert [message["content"] for message in model.requests[1].messages] == ["hello", "We are open", CONTINUE]


def test_a_model_that_stops_twice_fails_and_what_it_said_was_heard() -> None:
    heard, failure = listen(StubbornModel(("We are ", BROKEN), ("open ", BROKEN)))
    assert (said(heard), failure) == ("We are open ", BROKEN)


def test_when_it_cannot_go_on_the_next_one_does_without_a_word_twice() -> None:
    first, second = StubbornModel(("We are ", BROKEN), ("open ", BROKEN)), StubbornModel((BROKEN,), ("from nine.",))
    third = StubbornModel(("from nine.",))
    heard, failure = listen(first, second, third)
    assert (said(heard), failure) == ("We are open from nine.", None)
    assert [message["content"] for message in third.requests[0].messages] == ["hello", "We are open", CONTINUE]


@pytest.mark.parametrize("act", [EndCall(), CallTool("book", "{}")])
def test_a_model_that_has_acted_is_not_asked_again(act: ReplyEvent) -> None:
    model = StubbornModel(("Bye.", act, BROKEN))
    heard, failure = listen(model)
    assert ([event for _, event in heard], failure) == ([TextDelta("Bye."), act], BROKEN)
    assert len(model.requests) == 1


def test_a_count_of_tokens_is_no_beginning_of_a_reply() -> None:
    used = TokensUsed(9, 0)
    silent, other = StubbornModel((used, BROKEN)), StubbornModel(("Hello.", TokensUsed(9, 1)))
    heard, failure = listen(silent, other)
    assert failure is None
    assert [event for _, event in heard] == [used, used, TextDelta("Hello."), TokensUsed(9, 1)]


def test_after_a_count_of_tokens_a_reply_can_still_be_taken_up() -> None:
    model = StubbornModel((TokensUsed(9, 0), "One, ", BROKEN), ("two.",))
    heard, failure = listen(model)
    assert failure is None
    assert "".join(event.text for _, event in heard if isinstance(event, TextDelta)).split() == ["One,", "two."]


def test_it_is_called_what_last_answered() -> None:
    async def scenario() -> list[Service]:
        first, second = Service("first"), Service("second", "m")
        models = (StubbornModel(("Hi.",), (BROKEN,)), StubbornModel(("Hello.",)))
        chosen = [ChosenModel(model, LlmConfig(), name) for model, name in zip(models, (first, second), strict=True)]
        hedged = HedgedModel(chosen, VirtualClock())
        names = [hedged.service]
        for _ in range(2):
            async with hedged.reply(ReplyRequest(LlmConfig(), "", ({"role": "user", "content": "hello"},))) as events:
                assert [event async for event in events]
            names.append(hedged.service)
        return names

    assert run_virtual(scenario()) == [Service("first"), Service("first"), Service("second", "m")]
