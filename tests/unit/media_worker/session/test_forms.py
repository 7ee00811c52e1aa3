"""A session whose agent shows forms, in virtual time: answered, closed, wrong, late, forgotten."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from callcore.agents.tools import FORM_S
from callcore.calls.call import CallStatus
from callcore.calls.transcript import STILL_RUNNING
from callcore.ids import SessionId
from callcore.opening.continuation import Continued
from callcore.opening.plan import SessionPlan
from callcore.tools.function_calls import function_calls_of
from callcore.tools.tool_call import ToolCall
from callcore.tools.web_form import FormField, WebForm
from callcore.wire import client as wire
from media_worker.ports.leg import FormReturned, TypedText
from media_worker.providers.local.client_tools import ClientTools
from tests.unit.media_worker.session.play import GREETED_S, Play, calling, model
from tests.unit.media_worker.session.rig import Rig, plan

FORM = {
    "name": "get_email",
    "type": "web_form",
    "data": {"param": {"name": "email", "description": "Your e-mail address", "required": True}},
}


def fills_in(values: Mapping[str, Any] | None, *, after_s: float, then_s: float = 10.0) -> Any:
    """A user who asks, and is done with the form so long after it was shown."""

    async def user(rig: Rig) -> None:
        await asyncio.sleep(GREETED_S)
        rig.leg.give(TypedText("write to me"))
        await asyncio.sleep(after_s)
        rig.leg.give(FormReturned("odd", {"email": "nobody asked"}))
        for _ in range(2):
            rig.leg.give(FormReturned(shown(rig).call_id or "", values))
        await asyncio.sleep(then_s)
        rig.leg.hang_up()

    return user


def shown(rig: Rig) -> wire.OnFunction:
    """The form that the client was told to show."""
    (message,) = [sent for sent in rig.leg.sent if isinstance(sent, wire.OnFunction)]
    return message


def with_form(user: Any, **config: Any) -> Play:
    return Play(
        ClientTools(), user, shows_forms=True, llm=model(calling("get_email"), "Thank you."), tools=[FORM], **config
    )


def test_what_the_user_fills_in_is_the_result_of_a_form() -> None:
    play = with_form(fills_in({"email": "ann@example.com"}, after_s=60))
    assert shown(play.rig).form == WebForm("", (FormField("email", "string", "Your e-mail address", required=True),))
    assert play.results() == ['{"email":"ann@example.com"}']
    assert play.said() == ["", "Thank you."], "nobody is told that a form takes its time"
    assert play.end.status is CallStatus.USER_ENDED


class Back(Play):
    """The connection was lost while the form was open."""

    @staticmethod
    def plan(**config: Any) -> SessionPlan:
        arguments = json.dumps({"email": "ann@"})
        earlier = (
            {"role": "assistant", "content": "Hello."},
            {"role": "user", "content": "write to me"},
            {
                "role": "assistant",
                "content": "",
                "tool_calls": [ToolCall("call_1_1", "get_email", arguments).to_message()],
            },
            {"role": "tool", "tool_call_id": "call_1_1", "name": "get_email", "content": STILL_RUNNING},
        )
        continued = Continued(SessionId("s0"), earlier, resumed=True).with_forms_open({"get_email"})
        return replace(plan(**config), continued=continued, history=tuple(continued.chat))


def test_a_form_that_was_open_when_the_connection_was_lost_is_shown_again_under_its_name() -> None:
    async def user(rig: Rig) -> None:
        await asyncio.sleep(60)
        rig.leg.give(FormReturned("call_1_1", {"email": "ann@example.com"}))
        await asyncio.sleep(10)
        rig.leg.give(TypedText("and to my wife"))
        await asyncio.sleep(10)
        rig.leg.hang_up()

    replies = {"provider": "scripted", "replies": [["Thank you."], [calling("get_email"), "Thank you both."]]}
    play = Back(ClientTools(), user, shows_forms=True, llm=replies, tools=[FORM])
    forms = [sent for sent in play.rig.leg.sent if isinstance(sent, wire.OnFunction)]
    assert [(form.call_id, form.params) for form in forms] == [
        ("call_1_1", {"email": "ann@"}),
        ("s1-call_1_1", {}),
    ], "the calls of both sessions keep apart"
    assert play.results()[0] == '{"email":"ann@example.com"}'
    assert play.said()[:2] == ["", "Thank you."]
    assert [request.messages[-1]["role"] for request in play.model.requests] == ["tool", "user"]


def test_a_form_that_is_sent_as_soon_as_the_connection_is_back_is_not_shown_again() -> None:
    async def user(rig: Rig) -> None:
        rig.leg.give(FormReturned("call_1_1", {"email": "ann@example.com"}))
        await asyncio.sleep(20)
        rig.leg.hang_up()

    said_first = {**FORM, "messages": ["Please fill in the form."], "execute_after_message": True}
    replies = {"provider": "scripted", "replies": [["Thank you."]]}
    play = Back(ClientTools(), user, shows_forms=True, llm=replies, tools=[said_first])
    assert not [sent for sent in play.rig.leg.sent if isinstance(sent, wire.OnFunction)]
    assert play.results() == ['{"email":"ann@example.com"}']
    assert play.said() == ["Please fill in the form.", "Thank you."]


def test_who_asks_something_while_the_form_is_open_is_answered_and_so_is_the_form() -> None:
    async def user(rig: Rig) -> None:
        await asyncio.sleep(GREETED_S)
        rig.leg.give(TypedText("write to me"))
        await asyncio.sleep(1)
        rig.leg.give(TypedText("what for"))
        await asyncio.sleep(50)
        rig.leg.give(FormReturned(shown(rig).call_id or "", {"email": "ann@example.com"}))
        await asyncio.sleep(5)
        rig.leg.hang_up()

    replies = {"provider": "scripted", "replies": [[calling("get_email")], ["For the receipt.", "Thank you."]]}
    idle = {"session_timeout": {"max_idle": 20}}
    play = Play(ClientTools(), user, shows_forms=True, llm=replies, tools=[FORM], **idle)
    assert play.said() == ["", "For the receipt.", "", "Thank you."]
    assert play.results() == ['{"email":"ann@example.com"}'] * 2
    (recorded,) = function_calls_of(play.chat)
    assert recorded["result"] == '{"email":"ann@example.com"}'
    ids = [call["id"] for message in play.chat for call in message.get("tool_calls", ())]
    assert len(set(ids)) == 2, "some vendors refuse the same id twice"
    assert play.end.status is CallStatus.USER_ENDED, "an open form keeps the call alive"


def test_a_script_answers_a_form_after_another_question_too() -> None:
    intents = [
        {"phrases": ["write to me"], "tool": "get_email", "answer": "I write to {email}."},
        {"phrases": ["what for"], "answer": "For the receipt."},
    ]

    async def user(rig: Rig) -> None:
        await asyncio.sleep(GREETED_S)
        rig.leg.give(TypedText("write to me"))
        await asyncio.sleep(1)
        rig.leg.give(TypedText("what for"))
        await asyncio.sleep(5)
        rig.leg.give(FormReturned(shown(rig).call_id or "", {"email": "ann@example.com"}))
        await asyncio.sleep(5)
        rig.leg.hang_up()

    play = Play(ClientTools(), user, shows_forms=True, llm={"script": {"intents": intents}}, tools=[FORM])
    assert play.said() == ["", "For the receipt.", "", "I write to ann@example.com."]


@pytest.mark.parametrize(
    ("values", "error"),
    [(None, "the user closed the form without sending it"), ({"email": " "}, "email: is required")],
)
def test_a_form_that_was_closed_or_is_wrong_is_told_to_the_model(values: Any, error: str) -> None:
    play = with_form(fills_in(values, after_s=1))
    assert [json.loads(result) for result in play.results()] == [{"error": error}]
    assert play.said() == ["", "Thank you."]


def test_a_form_that_nobody_fills_in_is_taken_away() -> None:
    play = with_form(fills_in({"email": "late"}, after_s=FORM_S + 1))
    ended = [sent for sent in play.rig.leg.sent if isinstance(sent, wire.OnFunctionEnded)]
    assert ended == [wire.OnFunctionEnded(shown(play.rig).call_id or "")]
    assert play.results() == ['{"error":"timed out after 180 s"}']


def test_an_open_form_does_not_outlive_the_call() -> None:
    async def user(rig: Rig) -> None:
        await asyncio.sleep(GREETED_S)
        rig.leg.give(TypedText("write to me"))
        await asyncio.sleep(2)
        rig.leg.hang_up()

    play = with_form(user)
    assert play.results() == ['{"error":"the call ended"}']
    assert play.ended_at == pytest.approx(GREETED_S + 2, abs=0.3)


def test_a_client_that_cannot_answer_a_form_is_told_of_it_and_not_waited_for() -> None:
    play = Play(ClientTools(), llm=model(calling("get_email"), "Please see the page."), tools=[FORM])
    assert shown(play.rig) == wire.OnFunction("get_email", {})
    assert "does not come back" in play.results()[0]
    assert play.said() == ["", "Please see the page."]
