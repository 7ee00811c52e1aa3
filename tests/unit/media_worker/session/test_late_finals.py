"""Final texts that come after their turn was answered, in a whole session."""

import pytest

from callcore.calls.usage import Unit
from callcore.wire import client as wire
from media_worker.ports.stt import Final
from tests.unit.media_worker.session.prepared_call import REPLIES, Call, fixed

UNTIL_ANSWERED_S = 1.7
"""Of silence: the recogniser had its time, and the model is being asked."""


@pytest.mark.parametrize("late", ["book a cable", "book a table today"])
def test_a_correction_while_nothing_is_heard_is_what_is_answered(late: str) -> None:
    call = Call(**fixed(speculation=False))
    end = call.hold("book a table", UNTIL_ANSWERED_S, Final(late), 4.0)
    assert call.model.asked == ["book a table", late]
    assert call.model.left == 1, "the wrong reply is left"
    assert [message["content"] for message in end.chat] == ["Hi.", late, REPLIES[0]]
    assert call.rig.methods().count("StartAnswering") == 2, "the greeting and one answer"
    assert call.usage()[Unit.LLM_REQUESTS, True] == 1


def test_the_same_words_change_nothing_but_how_they_are_written() -> None:
    call = Call(**fixed(speculation=False))
    end = call.hold("book a table", UNTIL_ANSWERED_S, Final("Book a table."), 4.0)
    assert call.model.asked == ["book a table"]
    assert [message["content"] for message in end.chat] == ["Hi.", "Book a table.", REPLIES[0]]


def test_a_correction_while_the_answer_is_heard_is_remembered() -> None:
    call = Call(**fixed(speculation=False))
    end = call.hold("book a table", UNTIL_ANSWERED_S + 0.4, Final("book a table today"), 4.0)
    assert call.model.asked == ["book a table"]
    assert [message["content"] for message in end.chat] == ["Hi.", "book a table today", REPLIES[0]]
    assert not [message for message in call.rig.leg.sent if isinstance(message, wire.Clear)]
