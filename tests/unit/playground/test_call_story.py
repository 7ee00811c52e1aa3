from dataclasses import replace
from typing import Any

import pytest

from callcore.calls.call import CallStatus, EndCode
from callcore.deliveries.delivery import DeliveryState
from playground.call_story import Ran, Spoken, first_words, story_of
from playground.turn_parts import series_of, turns_of
from playground.words import DELIVERIES, END_CODES, OUTCOMES, end_reason, length, money
from tests.contract.ports import rows


def run(call_id: str, name: str, arguments: str = "{}") -> dict[str, Any]:
    return {"id": call_id, "function": {"name": name, "arguments": arguments}}


def test_words_and_functions_stand_in_their_order_with_their_times() -> None:
    chat: list[dict[str, Any]] = [
        {"role": "system", "content": "Be kind."},
        {"role": "assistant", "content": "Hello."},
        {"role": "user", "content": "Book it."},
        {"role": "assistant", "content": "", "tool_calls": [run("1", "book", '{"at": 6}'), run("2", "end_call")]},
        {"role": "tool", "tool_call_id": "1", "content": "done"},
        {"role": "tool", "tool_call_id": "2", "content": ""},
        {"role": "assistant", "content": "Booked."},
    ]
    spoken = [{"message": 1, "start_ms": 0, "end_ms": 900}, {"message": 2, "start_ms": 1000, "end_ms": None}]
    assert story_of(chat, {"spoken": spoken}) == [
        Spoken("assistant", "Hello.", 0, 900),
        Spoken("user", "Book it.", 1000, None),
        Ran("book", '{\n  "at": 6\n}', "done", False),
        Ran("end_call", "{}", "", True),
        Spoken("assistant", "Booked."),
    ]


def test_the_time_of_a_reply_is_that_of_its_first_words() -> None:
    chat: list[dict[str, Any]] = [
        {"role": "user", "content": "Book it."},
        {"role": "assistant", "content": "", "tool_calls": [run("1", "book")]},
        {"role": "assistant", "content": "Booked."},
        {"role": "assistant", "content": "Else?"},
    ]
    spoken = [{"message": 1, "start_ms": 500, "end_ms": 900}]
    times = [one.start_ms for one in story_of(chat, {"spoken": spoken}) if isinstance(one, Spoken)]
    assert times == [None, 500, None]


def test_a_run_that_was_repeated_for_the_model_stands_once() -> None:
    chat: list[dict[str, Any]] = [
        {"role": "assistant", "content": "", "tool_calls": [run("1", "book")]},
        {"role": "tool", "tool_call_id": "1", "content": "done"},
        {"role": "assistant", "content": "", "tool_calls": [run("1-repeated", "book")]},
        {"role": "tool", "tool_call_id": "1-repeated", "content": "done"},
    ]
    assert [type(one) for one in story_of(chat, None)] == [Ran]


@pytest.mark.parametrize("chat", [[{}], [{"role": "user"}], [{"role": "assistant", "tool_calls": [{}]}]])
def test_a_chat_of_another_shape_is_no_accident(chat: list[dict[str, Any]]) -> None:
    story_of(chat, {"turns": [{}]})
    assert first_words(chat) == ""


def test_arguments_that_are_no_json_are_shown_as_they_are() -> None:
    chat = [{"role": "assistant", "tool_calls": [run("1", "book", "{at")]}]
    assert story_of(chat, None) == [Ran("book", "{at", "", False)]


def test_the_parts_of_a_turn_add_up_to_what_the_caller_waited() -> None:
    rows = [
        {"first_audio": 900, "endpointing_delay": 500, "first_segment": 200, "tts_ttfb": 150},
        {"first_audio": 600, "endpointing_delay": 500, "first_segment": 400, "tts_ttfb": 80},
        {"first_audio": 300, "endpointing_delay": 500, "first_segment": None, "tts_ttfb": None},
        {"first_audio": None},
    ]
    turns = turns_of({"turns": rows})
    assert [turn.parts for turn in turns] == [(500, 200, 150, 50), (500, 20, 80, 0), (300, 0, 0, 0)]
    assert all(sum(turn.parts) == turn.first_audio for turn in turns)
    assert list(series_of(turns)[0].values) == [500, 500, 300]
    assert turns_of(None) == []


def test_everything_that_can_become_of_a_call_has_a_word() -> None:
    assert OUTCOMES.keys() == set(CallStatus)
    assert DELIVERIES.keys() == set(DeliveryState)
    assert END_CODES.keys() == set(EndCode)


@pytest.mark.parametrize(
    ("stored", "told"),
    [
        *((code.value, words) for code, words in END_CODES.items()),
        *((status.value, None) for status in CallStatus),  # the outcome beside it says so
        ("the store failed", "the store failed"),
        ("", None),
        (None, None),
    ],
)
def test_why_a_call_ended_is_never_told_by_its_code(stored: str | None, told: str | None) -> None:
    assert end_reason(replace(rows.ended_call(), error_message=stored)) == told


@pytest.mark.parametrize(
    ("seconds", "told"), [(None, "–"), (0, "0:00"), (7.4, "0:07"), (59.6, "1:00"), (750, "12:30"), (3_723, "1:02:03")]
)
def test_lengths(seconds: float | None, told: str) -> None:
    assert length(seconds) == told


@pytest.mark.parametrize(
    ("cents", "told"), [(None, "–"), (0, "$0.00"), (0.84, "$0.0084"), (99.99, "$0.9999"), (123_456, "$1,234.56")]
)
def test_amounts(cents: float | None, told: str) -> None:
    assert money(cents) == told
