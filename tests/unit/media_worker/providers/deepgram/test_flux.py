"""What Flux says of turns."""

import json

import pytest

from media_worker.ports.stt import Final, Partial, Transcript, TurnEnd, TurnEndLikely, TurnResumed
from media_worker.providers.deepgram.flux import SETTLE_S, FluxDialect
from media_worker.providers.dialect import QUIET_S

SECOND = bytes(32_000)


@pytest.fixture
def dialect() -> FluxDialect:
    return FluxDialect(32_000, 0.0)


def heard(dialect: FluxDialect, event: str, text: str, until_s: float = 1.0) -> list[Transcript]:
    said = {"type": "TurnInfo", "event": event, "transcript": text, "audio_window_end": until_s}
    return list(dialect.receive(json.dumps(said), 0.0).transcripts)


def test_a_turn_with_its_likely_and_its_certain_end(dialect: FluxDialect) -> None:
    assert heard(dialect, "StartOfTurn", "book") == [Partial("book")]
    assert heard(dialect, "Update", "book a") == [Partial("book a")]
    assert heard(dialect, "EagerEndOfTurn", "book a table") == [Partial("book a table"), TurnEndLikely()]
    assert heard(dialect, "TurnResumed", "book a table") == [TurnResumed()]
    assert heard(dialect, "Update", "book a table for") == [Partial("book a table for")]
    assert heard(dialect, "EndOfTurn", "Book a table for two.") == [Final("Book a table for two."), TurnEnd()]


def test_the_end_of_the_turn_answers_the_flush_that_came_before(dialect: FluxDialect) -> None:
    dialect.hear(SECOND, 0.0)
    heard(dialect, "StartOfTurn", "yes")
    dialect.flush(0.0)
    assert heard(dialect, "EndOfTurn", "Yes.") == [Final("Yes."), TurnEnd()]
    assert dialect.handle_deadline(SETTLE_S).transcripts == ()


def test_a_flush_in_the_middle_of_a_turn_has_the_words_so_far_and_the_rest_comes_with_its_end(
    dialect: FluxDialect,
) -> None:
    heard(dialect, "StartOfTurn", "book a")
    dialect.flush(0.0)
    assert dialect.handle_deadline(SETTLE_S).transcripts == (Final("book a"),)
    assert heard(dialect, "Update", "book a") == []
    assert heard(dialect, "Update", "book a table") == [Partial("table")]
    assert heard(dialect, "EndOfTurn", "Book a table.") == [Final("table."), TurnEnd()]
    assert heard(dialect, "StartOfTurn", "for two") == [Partial("for two")]


def test_the_end_of_a_turn_that_was_told_says_only_that(dialect: FluxDialect) -> None:
    heard(dialect, "StartOfTurn", "yes")
    dialect.flush(0.0)
    dialect.handle_deadline(SETTLE_S)
    assert heard(dialect, "EndOfTurn", "Yes.") == [TurnEnd()]


def test_a_silent_microphone_sends_silence_which_is_no_audio_of_ours(dialect: FluxDialect) -> None:
    dialect.hear(SECOND, 0.0)
    (frame,) = dialect.handle_deadline(QUIET_S).frames
    assert frame == bytes(3_200)
    dialect.hear(SECOND, 5.0)
    assert dialect.sent_s == 2.0
    (final, _) = heard(dialect, "EndOfTurn", "Yes.", until_s=2.1)
    assert isinstance(final, Final)
    assert final.until_s == pytest.approx(2.0)
