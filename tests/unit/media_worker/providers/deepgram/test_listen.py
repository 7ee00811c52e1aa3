"""What Deepgram's live messages become."""

import json
from typing import Any

import pytest

from callcore.errors import ProviderError, ProviderFailure
from media_worker.ports.stt import Final, Partial, Transcript
from media_worker.providers.deepgram.listen import CLOSE_STREAM, FINALIZE, KEEP_ALIVE, ListenDialect
from media_worker.providers.dialect import QUIET_S
from media_worker.providers.utterance import ANSWER_S

SECOND = bytes(32_000)


@pytest.fixture
def dialect() -> ListenDialect:
    return ListenDialect(32_000, 0.0)


def results(text: str, end_s: float = 1.0, **flags: bool) -> str:
    said: dict[str, Any] = {"type": "Results", "start": 0.0, "duration": end_s, **flags}
    return json.dumps({**said, "channel": {"alternatives": [{"transcript": text}]}})


def heard(dialect: ListenDialect, *messages: str) -> list[Transcript]:
    return [one for message in messages for one in dialect.receive(message, 0.0).transcripts]


def test_the_parts_of_an_utterance_are_one_final(dialect: ListenDialect) -> None:
    assert heard(
        dialect,
        results("book a"),
        results("book a table", is_final=True),
        results("for"),
        results("for two", is_final=True, speech_final=True),
    ) == [
        Partial("book a"),
        Partial("book a table"),
        Partial("book a table for"),
        Final("book a table for two"),
    ]


def test_an_utterance_end_counts_only_when_there_was_no_speech_final(dialect: ListenDialect) -> None:
    end = json.dumps({"type": "UtteranceEnd", "channel": [0, 1], "last_word_end": 1.0})
    assert heard(dialect, results("yes", is_final=True), end) == [Partial("yes"), Final("yes")]
    assert heard(dialect, end) == []


def test_a_flush_is_answered_once_by_whichever_comes_first(dialect: ListenDialect) -> None:
    dialect.hear(SECOND, 0.0)
    assert dialect.flush(0.0).frames == (FINALIZE,)
    assert heard(dialect, results("yes", is_final=True, speech_final=True)) == [Final("yes")]
    assert heard(dialect, results("", is_final=True, from_finalize=True)) == []


def test_the_answer_to_an_earlier_flush_is_not_taken_for_that_of_a_later_one(dialect: ListenDialect) -> None:
    dialect.hear(SECOND, 0.0)
    dialect.flush(0.0)
    heard(dialect, results("yes", is_final=True, speech_final=True))
    dialect.hear(SECOND, 1.0)
    dialect.flush(1.0)
    assert heard(dialect, results("", is_final=True, from_finalize=True)) == []
    assert heard(dialect, results("no", 2.0, is_final=True, from_finalize=True)) == [Final("no")]


def test_a_flush_that_is_never_answered_does_not_count_for_the_next(dialect: ListenDialect) -> None:
    dialect.hear(SECOND, 0.0)
    dialect.flush(0.0)
    assert dialect.handle_deadline(ANSWER_S).transcripts == (Final(""),)
    dialect.hear(SECOND, 3.0)
    dialect.flush(3.0)
    assert heard(dialect, results("no", 2.0, is_final=True, from_finalize=True)) == [Final("no")]


def test_a_flush_right_after_the_vendors_own_end_asks_for_nothing(dialect: ListenDialect) -> None:
    dialect.hear(SECOND, 0.0)
    heard(dialect, results("yes", is_final=True, speech_final=True))
    said = dialect.flush(0.0)
    assert (said.frames, said.transcripts) == ((), (Final(""),))


def test_a_silent_microphone_keeps_the_connection(dialect: ListenDialect) -> None:
    dialect.hear(SECOND, 1.0)
    assert dialect.next_deadline() == 1.0 + QUIET_S
    assert dialect.handle_deadline(1.0 + QUIET_S).frames == (KEEP_ALIVE,)
    assert dialect.next_deadline() == 1.0 + 2 * QUIET_S


def test_it_says_goodbye_and_is_billed_for_the_connection(dialect: ListenDialect) -> None:
    dialect.hear(SECOND, 1.0)
    assert dialect.farewell() == (CLOSE_STREAM,)
    assert dialect.billed_s(12.5) == 12.5


@pytest.mark.parametrize(
    ("code", "reason", "kind"),
    [
        (1008, "DATA-0000: cannot be decoded", ProviderFailure.REJECTED),
        (1011, "NET-0000: no transcript in time", ProviderFailure.TIMEOUT),
        (1011, "NET-0001: no audio", ProviderFailure.TIMEOUT),
        (1011, "", ProviderFailure.UNAVAILABLE),
        (1000, "", ProviderFailure.UNAVAILABLE),
        (None, "", ProviderFailure.UNAVAILABLE),
    ],
)
def test_closes_are_errors(dialect: ListenDialect, code: int | None, reason: str, kind: ProviderFailure) -> None:
    error = dialect.closed(code, reason)
    assert error.failure is kind
    assert "decoded" not in str(error), "only codes are told"


def test_an_error_message_ends_it_and_is_not_repeated(dialect: ListenDialect) -> None:
    with pytest.raises(ProviderError, match="refused a message") as failed:
        dialect.receive('{"type": "Error", "variant": "SchemaError", "message": "what he said"}', 0.0)
    assert "what he said" not in str(failed.value)


def test_what_is_not_known_is_ignored(dialect: ListenDialect) -> None:
    assert heard(dialect, '{"type": "SpeechStarted", "channel": [0], "timestamp": 0.1}', '{"type": "New"}') == []
