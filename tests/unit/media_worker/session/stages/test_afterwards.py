"""What the model is asked when the call is over, in virtual time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest

from callcore.calls.after_call import AfterCall
from callcore.calls.usage import Meter, Unit
from callcore.errors import ProviderError, ProviderFailure
from callcore.opening.plan import SessionPlan
from media_worker.ports.llm import LlmCapabilities, ReplyEvent, ReplyRequest
from media_worker.providers.local.client_tools import ClientTools
from media_worker.session.stages.afterwards import WAIT_S, wanted_afterwards
from tests.unit.media_worker.session.play import GREETED_S, Play, calling
from tests.unit.media_worker.session.rig import plan
from tests.virtual_time import run_virtual

SAVE: dict[str, Any] = {
    "name": "save_lead",
    "description": "Keeps what {userName} is interested in.",
    "webhook": "https://crm.invalid/leads",
    "run_after_call": True,
    "params": [{"name": "interest", "required": True}],
}
CHAT = ({"role": "assistant", "content": "Hi."}, {"role": "user", "content": "A boat."})


def test_the_model_reads_the_whole_conversation_and_its_calls_are_stored_to_be_run() -> None:
    replies = ["A fine boat.", [calling("save_lead", interest="a boat")]]
    play = Play(ClientTools(), llm={"provider": "scripted", "replies": replies}, tools=[SAVE])
    *_, in_call, asked = play.model.requests
    assert in_call.tools == ()
    (offer,) = asked.tools
    assert offer.description == "Keeps what Ann is interested in."
    assert [message["role"] for message in asked.messages] == ["assistant", "user", "assistant", "user"]
    assert play.end.after_call == (AfterCall("save_lead", {"interest": "a boat"}),)
    assert play.rig.memory.checkpoints[-1].after_call == ({"name": "save_lead", "params": {"interest": "a boat"}},)
    assert play.said() == ["A fine boat."], "nobody hears of it"
    assert play.functions() == [], "nor does the client"
    requests = next(line.quantity for line in play.end.usage if line.unit is Unit.LLM_REQUESTS)
    assert requests >= 2, "it is counted"


class Model:
    """Fails in its own way."""

    capabilities = LlmCapabilities(discardable=True)

    def __init__(self, error: Exception | None) -> None:
        self.error = error
        self.asked = 0

    def reply(self, request: ReplyRequest) -> AbstractAsyncContextManager[AsyncIterator[ReplyEvent]]:
        return self._reply()

    @asynccontextmanager
    async def _reply(self) -> AsyncIterator[AsyncIterator[ReplyEvent]]:
        self.asked += 1
        if self.error is not None:
            raise self.error
        await asyncio.sleep(3600)
        yield _nothing()


async def _nothing() -> AsyncIterator[ReplyEvent]:
    return
    yield


@pytest.mark.parametrize(
    ("error", "lasts_s"), [(None, WAIT_S), (ProviderError("llm", ProviderFailure.UNAVAILABLE), 0), (KeyError(1), 0)]
)
def test_a_model_that_fails_does_not_keep_the_end_of_the_call(error: Exception | None, lasts_s: float) -> None:
    async def scenario() -> tuple[Any, float]:
        wanted = await wanted_afterwards(plan(tools=[SAVE]), Model(error), CHAT, Meter())
        return wanted, asyncio.get_running_loop().time()

    wanted, took_s = run_virtual(scenario())
    assert wanted == ()
    assert took_s == pytest.approx(lasts_s)


@pytest.mark.parametrize(
    ("held", "chat"),
    [
        (plan(tools=[SAVE]), CHAT[:1]),
        (plan(tools=[SAVE | {"params": [{"name": "interest", "description": "{userName}"}]}]), CHAT),
        (plan(tools=[SAVE | {"run_after_call": False}]), CHAT),
        (plan(tools=[SAVE], privacy_settings={"opt_out_data_collection": True}), CHAT),
    ],
    ids=["nothing was said", "nothing is to be chosen", "in the call", "nothing may be kept"],
)
def test_nobody_is_asked_in_vain(held: SessionPlan, chat: Any) -> None:
    model = Model(None)
    assert run_virtual(wanted_afterwards(held, model, chat, Meter())) == ()
    assert model.asked == 0


def test_a_call_with_wrong_arguments_is_no_call() -> None:
    replies = ["A fine boat.", [{"calls": [{"name": "save_lead"}, {"name": "odd"}]}]]
    play = Play(ClientTools(), llm={"provider": "scripted", "replies": replies}, tools=[SAVE])
    assert play.end.after_call == ()
    assert play.ended_at == pytest.approx(GREETED_S + 20, abs=0.3)
