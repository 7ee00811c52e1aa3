"""What Amazon Transcribe's results become."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcore.agents.agent import SpeechToTextConfig
from callcore.errors import ProviderError, ProviderFailure
from media_worker.ports.stt import Final, Partial, SttRequest, Transcript
from media_worker.providers.aws.event_stream import EventMessage, decode, encode
from media_worker.providers.aws.stt import asked_for
from media_worker.providers.aws.transcription import END_OF_STREAM, SETTLE_S, TranscriptionDialect
from media_worker.providers.dialect import QUIET_S

SECOND = bytes(32_000)
EVENT = {":message-type": "event", ":event-type": "TranscriptEvent"}


@pytest.fixture
def dialect() -> TranscriptionDialect:
    return TranscriptionDialect(32_000, 0.0)


def heard(dialect: TranscriptionDialect, text: str, end_s: float, *, partial: bool = True) -> list[Transcript]:
    """Words of a tenth of a second each, the last one at `end_s`; a mark of punctuation is an item of its own."""
    words = text.replace(",", " ,").replace(".", " .").split()
    starts = [end_s - (len(words) - at) / 10 for at in range(len(words))]
    kinds = ["punctuation" if word in ",." else "pronunciation" for word in words]
    items = [
        {"Content": word, "Type": kind, "StartTime": start, "EndTime": start + 0.1}
        for word, kind, start in zip(words, kinds, starts, strict=True)
    ]
    result: dict[str, Any] = {"ResultId": "r1", "EndTime": end_s, "IsPartial": partial}
    body = json.dumps({"Transcript": {"Results": [result | {"Alternatives": [{"Transcript": text, "Items": items}]}]}})
    return list(dialect.receive(encode(EVENT, body.encode()), 0.0).transcripts)


@given(st.dictionaries(st.text(min_size=1, max_size=20), st.text(max_size=50), max_size=5), st.binary(max_size=500))
def test_a_message_is_what_aws_own_reader_makes_of_it(headers: dict[str, str], payload: bytes) -> None:
    assert decode(encode(headers, payload) * 2) == (EventMessage(headers, payload),) * 2


def test_a_damaged_message_is_refused() -> None:
    with pytest.raises(ValueError, match="damaged"):
        decode(encode(EVENT, b"payload").replace(b"payload", b"damaged"))


def test_a_segment_grows_and_ends(dialect: TranscriptionDialect) -> None:
    assert heard(dialect, "book a", 1.0) == [Partial("book a")]
    assert heard(dialect, "book a table", 1.1) == [Partial("book a table")]
    assert heard(dialect, "Book a table, please.", 1.6, partial=False) == [Final("Book a table, please.")]


def test_a_flush_has_the_words_so_far_and_they_are_not_told_again(dialect: TranscriptionDialect) -> None:
    heard(dialect, "book a table", 1.0)
    dialect.hear(SECOND, 0.0)
    dialect.flush(0.0)
    assert dialect.handle_deadline(SETTLE_S).transcripts == (Final("book a table"),)
    assert heard(dialect, "book a table for two", 1.2) == [Partial("for two")]
    assert heard(dialect, "Book a table for two.", 1.3, partial=False) == [Final("for two.")]


def test_the_end_of_a_segment_answers_the_flush(dialect: TranscriptionDialect) -> None:
    dialect.hear(SECOND, 0.0)
    dialect.flush(0.0)
    assert heard(dialect, "Yes.", 0.9, partial=False) == [Final("Yes.")]
    assert dialect.handle_deadline(SETTLE_S).transcripts == ()


def test_audio_goes_out_in_pieces_that_it_likes_and_whole_at_a_flush(dialect: TranscriptionDialect) -> None:
    frames = [frame for at in range(10) for frame in dialect.hear(bytes([at, 0] * 320), 0.0).frames]
    frames += dialect.flush(0.0).frames
    sizes = [len(decode(bytes(frame))[0].payload) for frame in frames if isinstance(frame, bytes)]
    assert sizes == [1_920, 1_920, 1_920, 640]


def test_a_silent_microphone_sends_silence(dialect: TranscriptionDialect) -> None:
    assert dialect.handle_deadline(QUIET_S).frames
    assert dialect.sent_s == 0.0


def test_it_says_that_the_audio_is_over_and_bills_fifteen_seconds_at_least(dialect: TranscriptionDialect) -> None:
    assert dialect.farewell() == (END_OF_STREAM,)
    assert dialect.billed_s(0.0) == 15.0
    for _ in range(20):
        dialect.hear(SECOND + bytes(640), 0.0)
    assert dialect.billed_s(0.0) == 21.0


@pytest.mark.parametrize(
    ("exception", "kind"),
    [
        ("BadRequestException", ProviderFailure.REJECTED),
        ("LimitExceededException", ProviderFailure.RATE_LIMIT),
        ("ServiceUnavailableException", ProviderFailure.UNAVAILABLE),
        ("SomethingNew", ProviderFailure.UNAVAILABLE),
    ],
)
def test_exceptions_are_errors_and_what_they_quote_is_not_told(
    dialect: TranscriptionDialect, exception: str, kind: ProviderFailure
) -> None:
    headers = {":message-type": "exception", ":exception-type": exception}
    with pytest.raises(ProviderError) as failed:
        dialect.receive(encode(headers, b'{"Message": "a secret"}'), 0.0)
    assert failed.value.failure is kind
    assert "secret" not in str(failed.value)


@pytest.mark.parametrize(("language", "code"), [("en", "en-US"), ("de-CH", "de-CH"), ("pt", "pt-BR")])
def test_the_language_has_a_region(language: str, code: str) -> None:
    config = SpeechToTextConfig(model="our-own")
    asked = asked_for(SttRequest(sample_rate_hz=8_000, language=language, config=config))
    assert asked["language-code"] == code
    assert (asked["sample-rate"], asked["language-model-name"]) == ("8000", "our-own")
