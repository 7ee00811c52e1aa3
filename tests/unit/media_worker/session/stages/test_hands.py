"""A whole session whose agent uses functions, in virtual time."""

import asyncio
import json
from contextlib import suppress
from typing import Any

import pytest

from callcore.calls.call import CallStatus
from callcore.calls.transcript import STILL_RUNNING
from callcore.errors import ToolFailed
from callcore.wire import client as wire
from media_worker.ports.leg import TypedText
from media_worker.ports.tools import ToolRequest
from media_worker.providers.local.client_tools import ClientTools
from media_worker.session.stages.hands import LAST_S, MAX_AT_ONCE, MAX_RESULT_CHARS
from tests.unit.media_worker.session.play import CHARACTER_S, GREETED_S, MENU, Play, Workshop, calling, model
from tests.unit.media_worker.session.rig import SILENCE, VOICE, Rig

PARTY = {"name": "party", "type": "number", "required": True}
BOOK = {"name": "book", "method": "POST", "webhook": "https://tools.invalid/book", "params": [PARTY]}


def test_a_function_runs_with_its_arguments_and_the_reply_goes_on_with_its_result() -> None:
    workshop = Workshop(book=(1.0, "booked at six"))
    play = Play(workshop, llm=model(calling("book", party="4", text="Let me see."), "It is booked."), tools=[BOOK])
    ((_, request),) = workshop.runs
    assert (request.tool.name, request.arguments, request.session_id) == ("book", {"party": 4}, "s1")
    assert request.metadata == {"userName": "Ann"}
    assert play.functions() == [("book", {"party": 4})]
    assert play.chat[1:] == [
        {"role": "user", "content": "book a table"},
        {
            "role": "assistant",
            "content": "Let me see.",
            "tool_calls": [
                {"id": "call_1_1", "type": "function", "function": {"name": "book", "arguments": '{"party":"4"}'}}
            ],
        },
        {"role": "tool", "tool_call_id": "call_1_1", "name": "book", "content": "booked at six"},
        {"role": "assistant", "content": "It is booked."},
    ]
    assert play.rig.methods().count("StartAnswering") == 2, "one greeting and one reply"
    texts = [(sent.text, sent.is_final) for sent in play.rig.leg.sent if isinstance(sent, wire.OnResponseText)]
    assert texts[-3:] == [
        ("Let me see.", False),
        ("Let me see. It is booked.", False),
        ("Let me see. It is booked.", True),
    ]
    assert [dict(message) for message in play.rig.memory.checkpoints[-1].chat] == play.chat


def test_the_model_is_offered_the_functions_and_given_the_results() -> None:
    play = Play(Workshop(menu=(0.0, "soup")), llm=model(calling("menu"), "There is soup."), tools=[MENU])
    greeting_is_fixed, after = play.model.requests
    assert [offer.name for offer in greeting_is_fixed.tools] == ["menu"]
    assert after.messages[-1]["content"] == "soup"
    assert after.messages[-2]["tool_calls"][0]["function"]["name"] == "menu"


def test_as_many_functions_as_run_at_once_may_each_be_announced() -> None:
    names = [f"step_{number}" for number in range(MAX_AT_ONCE)]
    tools = [MENU | {"name": name, "messages": [f"Now {name}."]} for name in names]
    workshop = Workshop(**dict.fromkeys(names, (0.1, "done")))
    play = Play(workshop, llm=model(calling(*names), "All done."), tools=tools)
    assert play.said() == [" ".join(f"Now {name}." for name in names), "All done."]


@pytest.mark.parametrize(("waits", "after_s"), [(True, len("One moment, Ann.") * CHARACTER_S), (False, 0.0)])
def test_a_message_is_said_before_acting_and_may_be_waited_for(waits: bool, after_s: float) -> None:
    workshop = Workshop(book=(0.5, "booked"))
    tool = BOOK | {"messages": ["One moment, {userName}."], "execute_after_message": waits}
    play = Play(workshop, llm=model(calling("book", party=1), "Done."), tools=[tool])
    ((ran_at, _),) = workshop.runs
    assert ran_at == pytest.approx(GREETED_S + after_s, abs=0.1)
    assert play.said() == ["One moment, Ann.", "Done."]
    sent = play.rig.leg.sent
    told_at = sent.index(wire.OnFunction("book", {"party": 1}))
    heard_before = sum(isinstance(message, bytes) for message in sent[:told_at])
    assert (heard_before > 100) is waits


def test_a_message_that_the_model_words_itself_is_said_only_when_it_said_nothing() -> None:
    tool = MENU | {"messages": ["One moment."], "response_mode": "flexible"}
    for text, expected in (("I look it up.", "I look it up."), ("", "One moment.")):
        play = Play(Workshop(menu=(0.1, "soup")), llm=model(calling("menu", text=text), "Soup."), tools=[tool])
        assert play.said() == [expected, "Soup."]


def test_of_two_functions_one_may_fail() -> None:
    workshop = Workshop(book=(0.5, "booked"), menu=(0.2, ToolFailed("the kitchen is closed")))
    steps = ({"calls": [{"name": "book", "arguments": {"party": 2}}, {"name": "menu"}]}, "Only the table.")
    play = Play(workshop, llm=model(*steps), tools=[BOOK, MENU])
    assert play.results() == ["booked", '{"error":"the kitchen is closed"}']
    assert play.said()[-1] == "Only the table."
    assert len(play.model.requests) == 2


def test_a_function_that_takes_too_long_is_stopped_and_the_model_is_told() -> None:
    workshop = Workshop(book=(60.0, "never"))
    play = Play(workshop, llm=model(calling("book", party=1), "That took too long."), tools=[BOOK])
    assert play.results() == ['{"error":"timed out after 5 s"}']
    assert workshop.stopped == ["book"]
    assert play.said()[-1] == "That took too long."


def test_who_waits_long_is_told_so_beside_the_reply() -> None:
    tool = BOOK | {"timeout": 60, "messages": ["I book it."]}
    fillers = {"auto_fill_responses": {"messages": ["Still at it."]}}
    play = Play(
        Workshop(book=(10.0, "booked")), llm=model(calling("book", party=1), "Done."), tools=[tool], flow=fillers
    )
    assert play.said() == ["I book it.", "Still at it.", "Done."]
    seen = [message["content"] for message in play.model.requests[-1].messages]
    assert "Still at it." not in seen
    (final,) = [sent.text for sent in play.rig.leg.sent if isinstance(sent, wire.OnResponseText) and sent.is_final][1:]
    assert final == "I book it. Done."


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        ({"name": "book", "arguments": {"party": "many"}}, "party: must be a number"),
        ({"name": "book"}, "party: is required"),
        ({"name": "dance"}, "there is no such function"),
    ],
)
def test_a_call_that_cannot_be_made_is_told_to_the_model_and_not_to_the_client(call: Any, fault: str) -> None:
    workshop = Workshop()
    play = Play(workshop, llm=model({"calls": [call]}, "How many?"), tools=[BOOK])
    assert [json.loads(result) for result in play.results()] == [{"error": fault}]
    assert (workshop.runs, play.functions()) == ([], [])


def test_a_bug_in_a_runner_costs_one_result() -> None:
    play = Play(Workshop(menu=(0.1, ValueError("secret"))), llm=model(calling("menu"), "Sorry."), tools=[MENU])
    assert play.results() == ['{"error":"the function failed"}']
    assert play.end.status is CallStatus.USER_ENDED


def test_a_long_result_is_cut() -> None:
    play = Play(Workshop(menu=(0.1, "x" * 50_000)), llm=model(calling("menu"), "Long."), tools=[MENU])
    assert play.results() == ["x" * MAX_RESULT_CHARS]


def test_after_five_rounds_the_model_must_speak() -> None:
    play = Play(Workshop(menu=(0.1, "more")), llm=model(calling("menu", text="Well.")), tools=[MENU])
    assert play.results() == ["more"] * 5
    assert [bool(request.tools) for request in play.model.requests] == [True] * 5 + [False]
    assert play.said() == ["Well."] * 6


def test_a_model_that_calls_too_much_at_once_is_told_so() -> None:
    steps = ({"calls": [{"name": "menu"}] * (MAX_AT_ONCE + 1)}, "Enough.")
    play = Play(Workshop(menu=(0.1, "soup")), llm=model(*steps), tools=[MENU])
    assert play.results()[:-1] == ["soup"] * MAX_AT_ONCE
    assert "at once" in json.loads(play.results()[-1])["error"]
    assert play.said()[-1] == "Enough."


class Stubborn:
    """Answers although it was stopped."""

    async def run(self, request: ToolRequest) -> str:
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(60)
        return "too late"


def test_what_a_runner_says_after_it_was_stopped_does_not_count() -> None:
    play = Play(Stubborn(), llm=model(calling("menu"), "That took too long."), tools=[MENU])
    assert play.results() == ['{"error":"timed out after 5 s"}']
    assert play.end.status is CallStatus.USER_ENDED


async def interrupts(rig: Rig) -> None:
    """Another question while the functions for the first one run."""
    await asyncio.sleep(GREETED_S)
    rig.leg.give(TypedText("book a table"))
    await asyncio.sleep(1)
    rig.leg.give(TypedText("what does it cost"))
    await asyncio.sleep(10)
    rig.leg.hang_up()


def test_who_interrupts_stops_a_look_up_and_not_a_booking() -> None:
    workshop = Workshop(book=(3.0, "booked"), menu=(3.0, "soup"))
    first = [{"calls": [{"name": "book", "arguments": {"party": 1}}, {"name": "menu"}]}, "Booked."]
    replies = {"provider": "scripted", "replies": [first, "Nothing."]}
    play = Play(workshop, interrupts, llm=replies, tools=[BOOK, MENU])
    assert workshop.stopped == ["menu"]
    assert play.results() == ["booked", '{"error":"the user interrupted"}']
    assert play.said() == ["", "Nothing."]
    results_then = [m["content"] for m in play.model.requests[-1].messages if m["role"] == "tool"]
    assert results_then == [STILL_RUNNING, '{"error":"the user interrupted"}']


@pytest.mark.parametrize(
    ("seconds", "result", "lasts_s"),
    [(2.0, "booked", 2.0), (60.0, '{"error":"the call ended"}', LAST_S)],
)
def test_who_hangs_up_does_not_stop_a_booking_at_once(seconds: float, result: str, lasts_s: float) -> None:
    async def user(rig: Rig) -> None:
        await asyncio.sleep(GREETED_S)
        rig.leg.give(TypedText("book a table"))
        await asyncio.sleep(0.2)
        rig.leg.hang_up()

    booking = BOOK | {"timeout": 100}
    play = Play(Workshop(book=(seconds, result)), user, llm=model(calling("book", party=1)), tools=[booking])
    assert play.results() == [result]
    assert play.end.status is CallStatus.USER_ENDED
    assert play.ended_at == pytest.approx(GREETED_S + lasts_s, abs=0.3)


def test_a_function_without_a_webhook_is_one_for_the_client() -> None:
    show = {"name": "show_map", "webhook": " ", "params": [{"name": "place"}]}
    play = Play(ClientTools(), llm=model(calling("show_map", place="corner"), "Look."), tools=[show])
    assert play.functions() == [("show_map", {"place": "corner"})]
    assert play.results() == [""]
    assert play.said()[-1] == "Look."


def test_an_agent_without_a_language_model_uses_functions_by_its_script() -> None:
    intent = {
        "phrases": ["book a table for {party}"],
        "tool": "book",
        "answer": "For {party}: number {number}, {userName}.",
    }
    script = {"script": {"intents": [intent], "slots": {"party": ["two", "three"]}}}
    tool = {"name": "book", "params": [{"name": "party", "required": True}], "webhook": "https://tools.invalid/book"}

    async def user(rig: Rig) -> None:
        await asyncio.sleep(GREETED_S)
        rig.leg.give(TypedText("Book a table for three, please."))
        await asyncio.sleep(6)
        rig.leg.hang_up()

    play = Play(Workshop(book=(0.5, '{"number": 7}')), user, llm=script, tools=[tool])
    assert play.functions() == [("book", {"party": "three"})]
    assert play.said()[-1] == "For three: number 7, Ann."


def test_an_argument_that_is_a_variable_is_fixed() -> None:
    params = [{"name": "who", "description": "{userName}", "required": True}]
    play = Play(ClientTools(), llm=model(calling("greet"), "Done."), tools=[{"name": "greet", "params": params}])
    assert play.functions() == [("greet", {"who": "Ann"})]


def test_the_owner_is_told_what_is_not_offered() -> None:
    play = Play(ClientTools(), llm=model("Yes."), tools=[{"name": "two words"}])
    notes = [sent.text for sent in play.rig.leg.sent if isinstance(sent, wire.AiAction)]
    assert any("two words is not offered" in note for note in notes)


# --- flow.agent_terminate_call ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "messages", "goodbye"),
    [
        ("", ["Goodbye, {userName}."], "Goodbye, Ann."),
        ("See you.", ["Goodbye."], "See you."),
        ("See you.", [], "See you."),
    ],
)
def test_the_agent_ends_the_call_when_its_goodbye_was_heard(text: str, messages: list[str], goodbye: str) -> None:
    ending = {"agent_terminate_call": {"enabled": True, "messages": messages}}
    play = Play(ClientTools(), llm=model(calling("end_call", text=text)), flow=ending)
    assert play.end.status is CallStatus.AGENT_ENDED
    assert play.said() == [goodbye]
    assert play.ended_at == pytest.approx(GREETED_S + len(goodbye) * CHARACTER_S, abs=0.2)
    assert play.functions() == [], "it is no function of the agent's owner"


def test_an_agent_that_may_not_end_the_call_does_not() -> None:
    play = Play(ClientTools(), llm=model(calling("end_call", text="Bye."), "Still here."), tools=[MENU])
    assert play.end.status is CallStatus.USER_ENDED
    assert play.said() == ["Bye.", "Still here."]


# --- llm.history_settings.history_tool_result_limit -------------------------------------------------


@pytest.mark.parametrize(("limit", "kept"), [(None, 2), (1, 1), (0, 0)])
def test_the_model_sees_the_last_results_only(limit: int | None, kept: int) -> None:
    async def user(rig: Rig) -> None:
        for question in ("one", "two", "three"):
            await asyncio.sleep(GREETED_S)
            rig.leg.give(TypedText(question))
        await asyncio.sleep(5)
        rig.leg.hang_up()

    replies = [[calling("menu"), "Soup."], [calling("menu"), "Soup."], "Enough."]
    settings = {"provider": "scripted", "replies": replies, "history_settings": {"history_tool_result_limit": limit}}
    play = Play(Workshop(menu=(0.1, "soup")), user, llm=settings, tools=[MENU])
    last = play.model.requests[-1].messages
    assert sum(message["role"] == "tool" for message in last) == kept
    assert sum("tool_calls" in message for message in last) == kept


# --- privacy_settings.do_not_call_detection ---------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "wish", "analysis"),
    [
        ({"do_not_call_detection": True}, "do not call me again", {"opt_out_detection": True}),
        ({"do_not_call_detection": True}, "book a table", {"opt_out_detection": False}),
        ({}, "do not call me again", None),
    ],
)
def test_who_does_not_want_to_be_called_again_is_reported(settings: Any, wish: str, analysis: Any) -> None:
    async def user(rig: Rig) -> None:
        await asyncio.sleep(GREETED_S)
        rig.leg.give(TypedText(wish))
        await asyncio.sleep(3)
        rig.leg.hang_up()

    play = Play(ClientTools(), user, privacy_settings=settings)
    assert play.rig.memory.events[-1].call_analysis == analysis


# --- switch_language --------------------------------------------------------------------------------

LANGUAGES = {"languages": ["es", "tlh"]}


async def asks_twice(rig: Rig) -> None:
    """A typed wish, and then something spoken."""
    await rig.hear(SILENCE, GREETED_S)
    rig.leg.give(TypedText("speak my language"))
    await asyncio.sleep(4)
    await rig.hear(VOICE, 1.0)
    await rig.hear(SILENCE, 4.0)
    rig.leg.hang_up()


def test_the_session_hears_and_speaks_another_language_from_now_on() -> None:
    replies = [[calling("switch_language", language="es"), "Claro."], "Dime."]
    settings = {"provider": "scripted", "replies": replies}
    play = Play(ClientTools(), asks_twice, llm=settings, switch_language=LANGUAGES)
    assert play.results() == ['{"language":"es"}']
    assert [request.language for request in play.recogniser.requests] == ["en", "es"]
    assert play.voice.said[1:] == [("es", "Claro."), ("es", "Dime.")]
    assert [message["content"] for message in play.chat if message["role"] == "user"] == ["speak my language", "hello"]
    assert play.functions() == []


@pytest.mark.parametrize(("language", "reason"), [("tlh", "neither heard nor spoken"), ("fr", "not one of those")])
def test_a_language_that_cannot_be_had_is_refused_and_nothing_changes(language: str, reason: str) -> None:
    replies = {"provider": "scripted", "replies": [[calling("switch_language", language=language), "Sorry."]]}
    play = Play(ClientTools(), asks_twice, llm=replies, switch_language=LANGUAGES)
    (result,) = play.results()[:1]
    assert reason in json.loads(result)["error"]
    assert [request.language for request in play.recogniser.requests] == ["en"]
    assert {language for language, _ in play.voice.said} == {"en"}


# --- custom_vocabulary ------------------------------------------------------------------------------


def test_the_recogniser_is_told_the_words_to_expect_and_their_boosts() -> None:
    play = Play(ClientTools(), asks_twice, custom_vocabulary={"keywords": {"Millis": 2.0, "Parley": None}})
    (request,) = play.recogniser.requests
    assert request.keywords == {"Millis": 2.0, "Parley": None}


# --- flow.call_transfer -----------------------------------------------------------------------------


def test_a_call_without_a_telephone_line_is_not_transferred_and_the_model_can_say_so() -> None:
    transfer = {"call_transfer": {"phones": [{"phone": "+15551234567", "description": "sales"}], "messages": ["Wait."]}}
    play = Play(
        ClientTools(), llm=model(calling("transfer_call", destination="sales"), "I cannot do that."), flow=transfer
    )
    (result,) = play.results()
    assert "telephone line" in json.loads(result)["error"]
    assert play.said()[-1] == "I cannot do that."
    assert "Wait." not in play.said(), "nothing is announced that does not happen"
    assert play.end.status is CallStatus.USER_ENDED
