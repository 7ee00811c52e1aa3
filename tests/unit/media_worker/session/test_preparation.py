"""Replies that are prepared before the turn is over: what the caller gains, and that he sees nothing else of them."""

from typing import Any

import pytest

from callcore.calls.call import CallStatus
from callcore.calls.usage import Unit, UsageLine
from callcore.wire import client as wire
from media_worker.ports.stt import Final, TurnEndLikely, TurnResumed
from tests.unit.media_worker.session.prepared_call import REPLIES, THINKING_MS, VOICE_MS, Call, Model, fixed

TICK_MS = 20


def test_the_first_sound_comes_the_moment_the_turn_is_over() -> None:
    call = Call(**fixed())
    call.hold("book a table", 0.15, Final("book a table"), 3.0)
    (prompt,) = call.sent(wire.OnMetrics)
    assert prompt.first_audio - prompt.endpointing_delay <= TICK_MS

    plain = Call(**fixed(speculation=False))
    plain.hold("book a table", 0.15, Final("book a table"), 3.0)
    (slow,) = plain.sent(wire.OnMetrics)
    assert slow.first_audio - slow.endpointing_delay >= THINKING_MS + VOICE_MS
    assert slow.endpointing_delay == prompt.endpointing_delay
    assert call.model.asked == plain.model.asked == ["book a table"]


def test_what_he_changes_is_thrown_away_and_nobody_sees_it() -> None:
    call = Call(**fixed())
    end = call.hold("book a table", 0.4, "for four", 0.15, Final("book a table for four"), 4.0)
    assert call.model.asked == ["book a table", "book a table for four"]
    assert call.rig.methods().count("StartAnswering") == 2, "the greeting and one answer"
    assert [message["content"] for message in end.chat] == ["Hi.", "book a table for four", REPLIES[0]]
    assert end.chars_used == len("Hi.") + len(REPLIES[0])
    assert call.usage()[Unit.LLM_REQUESTS, False] == call.usage()[Unit.LLM_REQUESTS, True] == 1


def test_a_hang_up_leaves_no_trace_of_it_but_the_providers_units() -> None:
    call = Call(**fixed())
    end = call.hold("book a table", 0.3)
    assert end.status is CallStatus.USER_ENDED
    assert call.model.asked == ["book a table"]
    assert call.model.left == 1
    assert [message["content"] for message in end.chat] == ["Hi.", "book a table"]
    assert end.chars_used == len("Hi.")
    assert call.sent(wire.OnResponseText)[-1].text == "Hi."
    assert UsageLine(Unit.LLM_REQUESTS, 1, discarded=True) in call.rig.memory.events[0].usage
    assert (Unit.LLM_REQUESTS, False) not in call.usage()


def test_a_preparation_that_fails_costs_nothing_and_the_turn_is_answered() -> None:
    call = Call(Model(fails=1), **fixed())
    end = call.hold("book a table", 0.15, Final("book a table"), 4.0)
    assert call.model.asked == ["book a table"] * 2
    assert [message["content"] for message in end.chat][1:] == ["book a table", REPLIES[0]]


def test_the_recognisers_expectation_starts_it_and_its_change_of_mind_ends_it() -> None:
    call = Call(flow={"endpointing": {"mode": "provider"}})
    call.hold("book a table", TurnEndLikely(), 0.2, TurnResumed(), 0.2)
    assert call.model.asked == ["book a table"]
    assert call.model.left == 1


@pytest.mark.parametrize("words", [20, 400])
def test_a_long_reply_is_read_on_when_it_is_owed(words: int) -> None:
    text = " ".join(["word"] * words) + "."
    call = Call(**fixed() | {"llm": {"replies": [text]}, "voice": {"settings": {"ms_per_character": 1}}})
    end = call.hold("book a table", 0.15, Final("book a table"), 5.0)
    assert end.chat[-1]["content"] == text
    assert call.model.asked == ["book a table"]


def test_of_a_long_reply_that_is_thrown_away_little_was_read() -> None:
    text = " ".join(["word"] * 400) + "."
    call = Call(**fixed() | {"llm": {"replies": [text]}})
    call.hold("book a table", 0.45)
    assert call.usage()[Unit.LLM_REPLY_CHARACTERS, True] <= 80 * len("word ")


BOOKING: dict[str, Any] = {
    "llm": {"replies": [[{"calls": [{"name": "book"}]}, "Booked."]], "ttft_ms": 50},
    "tools": [{"name": "book", "messages": ["One moment."]}],
}


def test_a_function_that_a_prepared_reply_calls_is_run_when_the_turn_is_over_and_not_before() -> None:
    call = Call(**BOOKING, **fixed())
    end = call.hold("book a table", 0.15, Final("book a table"), 5.0)
    sent = call.rig.leg.sent
    assert call.model.asked == ["book a table", ""], "it was prepared, and went on with the result"
    assert sent.index(wire.OnTranscript("book a table", is_final=True)) < sent.index(wire.OnFunction("book"))
    assert [message["content"] for message in end.chat if message["role"] == "assistant"] == [
        "Hi.",
        "One moment.",
        "Booked.",
    ]


def test_a_function_that_a_discarded_reply_called_has_never_been() -> None:
    call = Call(**BOOKING, **fixed())
    end = call.hold("book a table", 0.3, "for two", 0.15, Final("book a table for two"), 5.0)
    assert call.model.asked[0] != call.model.asked[-2], "one was prepared for the first words"
    assert len(call.sent(wire.OnFunction)) == 1
    assert sum(message["role"] == "tool" for message in end.chat) == 1
