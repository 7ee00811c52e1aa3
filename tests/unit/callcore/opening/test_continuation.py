from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcore.calls.call import Call, CallStatus, Checkpoint
from callcore.calls.transcript import CALL_ENDED, STILL_RUNNING
from callcore.ids import AccountId, AgentId, CallId, SessionId
from callcore.opening.continuation import (
    CONDENSED_CHARS,
    HEADING,
    RESUME_S,
    VERBATIM_CHARS,
    ContinuationWish,
    Continued,
    continued,
    earlier_talk,
)
from callcore.tools.tool_call import ToolCall

AGENT, OTHER = AgentId("-a"), AgentId("-b")
CHAT = ({"role": "assistant", "content": "Hello."}, {"role": "user", "content": "when are you open"})
ENDED = Call(
    SessionId("s1"),
    CallId("s1"),
    AccountId("acc"),
    CallStatus.USER_ENDED,
    1000.0,
    agent_id=AGENT,
    duration_s=60,
    chat=CHAT,
    opened_by="key1",
)
BY_KEY = ContinuationWish(ENDED.session_id, agent_id=AGENT, key_id="key1")
BY_BACK_END = ContinuationWish(ENDED.session_id)
RESUMING = replace(BY_KEY, resume=True)
SOON = 1060.0 + RESUME_S


@pytest.mark.parametrize(
    ("wish", "changes", "is_had"),
    [
        (BY_KEY, {}, True),
        (replace(BY_KEY, key_id="key2"), {}, False),
        (replace(BY_KEY, agent_id=OTHER), {}, False),
        (BY_KEY, {"opened_by": None}, False),
        (BY_KEY, {"voip": {"from": "+15551230000"}}, False),
        (BY_BACK_END, {"voip": {"from": "+15551230000"}, "opened_by": None}, True),
        (replace(BY_BACK_END, agent_id=OTHER), {}, True),
        (BY_BACK_END, {"chat": None}, False),
        (BY_BACK_END, {"chat": ()}, False),
        (BY_BACK_END, {"agent_config": {"privacy_settings": {"opt_out_data_collection": True}}}, False),
    ],
)
def test_who_may_continue_what(wish: ContinuationWish, changes: dict[str, Any], is_had: bool) -> None:
    assert (continued(replace(ENDED, **changes), None, wish, SOON) is not None) is is_had


@pytest.mark.parametrize(
    ("wish", "changes", "now", "is_resumed"),
    [
        (RESUMING, {}, SOON, True),
        (RESUMING, {}, SOON + 1, False),
        (BY_KEY, {}, SOON, False),
        (RESUMING, {"status": CallStatus.AGENT_ENDED}, SOON, False),
        (RESUMING, {"status": CallStatus.API_ENDED}, SOON, False),
        (RESUMING, {"status": CallStatus.ERROR}, SOON, True),
        (RESUMING, {"status": CallStatus.IN_PROGRESS, "duration_s": None}, SOON + 600, True),
        (replace(BY_BACK_END, resume=True, agent_id=OTHER), {}, SOON, False),
    ],
)
def test_what_is_resumed(wish: ContinuationWish, changes: dict[str, Any], now: float, is_resumed: bool) -> None:
    taken = continued(replace(ENDED, **changes), None, wish, now)
    assert taken is not None
    assert taken.resumed is is_resumed


def test_a_call_that_goes_on_has_its_last_checkpoint() -> None:
    going_on = replace(ENDED, status=CallStatus.IN_PROGRESS, chat=None, duration_s=None)
    taken = continued(going_on, Checkpoint(ENDED.session_id, 1050.0, CHAT), RESUMING, 1055.0)
    assert taken is not None
    assert (taken.resumed, tuple(taken.chat)) == (True, CHAT)
    assert continued(going_on, None, RESUMING, 1055.0) is None


@pytest.mark.parametrize(("chat", "owes"), [(CHAT, True), (CHAT[:1], False)])
def test_words_that_were_not_answered_are_owed_an_answer(chat: Any, owes: bool) -> None:
    taken = continued(replace(ENDED, chat=chat), None, RESUMING, SOON)
    assert taken is not None
    assert taken.owes_answer is owes


def calling(*ids: str, content: str = "") -> dict[str, Any]:
    calls = [{"id": one, "type": "function", "function": {"name": one[:4], "arguments": "{}"}} for one in ids]
    return {"role": "assistant", "content": content, "tool_calls": calls}


def result(call_id: str, content: str) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": call_id, "name": call_id[:4], "content": content}


@pytest.mark.parametrize("without", [STILL_RUNNING, CALL_ENDED])
def test_a_form_that_was_not_answered_is_open_again_when_the_session_is_resumed(without: str) -> None:
    chat = (*CHAT, calling("form1", "book2", content="Wait."), result("form1", without), result("book2", "booked"))
    taken = continued(replace(ENDED, chat=chat), None, RESUMING, SOON)
    assert taken is not None
    again = taken.with_forms_open({"form"})
    assert again.open_forms == (ToolCall("form1", "form", "{}"),)
    assert again.chat == (*CHAT, calling("book2", content="Wait."), result("book2", "booked"))
    assert again.owes_answer
    assert taken.with_forms_open({"other"}) == taken


def test_nothing_is_left_of_a_call_that_is_made_again() -> None:
    chat = (*CHAT[:1], calling("form1"), result("form1", STILL_RUNNING), {"role": "assistant", "content": "At nine."})
    again = Continued(ENDED.session_id, chat, resumed=True).with_forms_open({"form"})
    assert again.chat == (CHAT[0], chat[-1])
    assert again.owes_answer, "a form is owed to the user"


def test_a_form_that_was_answered_and_one_of_another_conversation_are_not_open() -> None:
    chat = (*CHAT, calling("form1"), result("form1", '{"email":"ann@example.com"}'))
    assert Continued(ENDED.session_id, chat, resumed=True).with_forms_open({"form"}).open_forms == ()
    unanswered = Continued(ENDED.session_id, (*chat[:-1], result("form1", CALL_ENDED)))
    assert unanswered.with_forms_open({"form"}) == unanswered


# --- earlier talk --------------------------------------------------------------------------------------


def turns(*texts: str) -> list[dict[str, str]]:
    return [{"role": ("user", "assistant")[place % 2], "content": text} for place, text in enumerate(texts)]


def test_a_short_conversation_is_known_verbatim() -> None:
    assert earlier_talk(turns("Hi. I am Ann.", "Hello Ann.")) == f"{HEADING}\nUser: Hi. I am Ann.\nAgent: Hello Ann."


def test_nothing_is_known_of_nothing() -> None:
    assert earlier_talk([{"role": "tool", "tool_call_id": "c", "name": "f", "content": "x"}]) == ""


def test_of_a_long_one_the_end_is_known_verbatim_and_of_the_rest_first_sentences_and_it_is_said() -> None:
    long = earlier_talk(turns(*(f"This is turn {number}. And it has more to say." for number in range(400))))
    lines = long.splitlines()
    assert lines[-1] == "Agent: This is turn 399. And it has more to say."
    assert lines[1].endswith("turns before that are left out.)")
    assert "(Of these turns only the first sentence stands here.)" in lines
    condensed = [line for line in lines if line.endswith(".") and "more to say" not in line]
    assert all(line.split(": ")[1].startswith("This is turn") for line in condensed)


SENTENCES = st.lists(st.sampled_from(["I am Ann.", "Is it open?", "word " * 100 + "end.", "x" * 7000]), max_size=4)


@given(st.lists(SENTENCES.map(" ".join), max_size=60))
def test_it_is_bounded_and_no_sentence_is_cut(texts: list[str]) -> None:
    told = earlier_talk(turns(*texts))
    assert len(told) <= VERBATIM_CHARS + CONDENSED_CHARS + 60 * 25 + 300
    whole = {text.strip() for text in texts} | {sentence for text in texts for sentence in ("I am Ann.", "Is it open?")}
    for line in told.splitlines()[1:]:
        assert line.startswith("(") or line.split(": ", 1)[1] in whole | {"(a long turn)"}
