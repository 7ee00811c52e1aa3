"""What OpenAI's live transcription becomes."""

import base64
import json
from typing import Any

import pytest

from callcore.agents.agent import SpeechToTextConfig
from callcore.errors import ProviderError, ProviderFailure
from media_worker.ports.stt import Final, Partial, SttRequest, Transcript
from media_worker.providers.dialect import QUIET_S
from media_worker.providers.openai.transcription import (
    ANSWER_S,
    COMMIT,
    EMPTY,
    RATE_HZ,
    TranscriptionDialect,
    session_update,
)

SECOND = bytes(32_000)


@pytest.fixture
def dialect() -> TranscriptionDialect:
    return TranscriptionDialect(32_000, 0.0)


def heard(dialect: TranscriptionDialect, kind: str, **about: Any) -> list[Transcript]:
    return list(dialect.receive(json.dumps({"type": kind, **about}), 0.0).transcripts)


def transcribed(dialect: TranscriptionDialect, kind: str, item: str, **about: Any) -> list[Transcript]:
    return heard(dialect, f"conversation.item.input_audio_transcription.{kind}", item_id=item, **about)


def say(dialect: TranscriptionDialect, item: str) -> None:
    dialect.hear(SECOND, 0.0)
    assert dialect.flush(0.0).frames == (COMMIT,)
    heard(dialect, "input_audio_buffer.committed", item_id=item)


def test_an_item_is_partials_and_a_final(dialect: TranscriptionDialect) -> None:
    say(dialect, "a")
    assert transcribed(dialect, "delta", "a", delta="book") == [Partial("book")]
    assert transcribed(dialect, "delta", "a", delta=" a table") == [Partial("book a table")]
    assert transcribed(dialect, "completed", "a", transcript="Book a table.") == [Final("Book a table.")]


def test_texts_are_told_in_the_order_of_the_commits(dialect: TranscriptionDialect) -> None:
    say(dialect, "a")
    say(dialect, "b")
    assert transcribed(dialect, "delta", "b", delta="two") == []
    assert transcribed(dialect, "completed", "b", transcript="two") == []
    assert transcribed(dialect, "completed", "a", transcript="one") == [Final("one"), Final("two")]


def test_what_is_too_short_is_not_committed_and_waits_its_turn(dialect: TranscriptionDialect) -> None:
    assert dialect.flush(0.0).transcripts == (Final(""),)
    say(dialect, "a")
    dialect.hear(bytes(640), 0.0)
    said = dialect.flush(0.0)
    assert (said.frames, said.transcripts) == ((), ())
    assert transcribed(dialect, "completed", "a", transcript="yes") == [Final("yes"), Final("")]


def test_a_commit_that_the_vendor_finds_too_short_is_an_empty_final(dialect: TranscriptionDialect) -> None:
    dialect.hear(SECOND, 0.0)
    dialect.flush(0.0)
    assert heard(dialect, "error", error={"type": "invalid_request_error", "code": EMPTY}) == [Final("")]


def test_an_item_that_fails_is_what_was_provisional(dialect: TranscriptionDialect) -> None:
    say(dialect, "a")
    transcribed(dialect, "delta", "a", delta="book")
    assert transcribed(dialect, "failed", "a", error={"code": "audio_unintelligible"}) == [Final("book")]


def test_a_commit_without_an_answer_is_a_lost_connection(dialect: TranscriptionDialect) -> None:
    dialect.hear(SECOND, 0.0)
    dialect.flush(0.0)
    with pytest.raises(ProviderError) as failed:
        dialect.handle_deadline(ANSWER_S)
    assert failed.value.failure is ProviderFailure.TIMEOUT


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"type": "invalid_request_error", "code": "model_not_found"}, ProviderFailure.REJECTED),
        ({"type": "server_error", "code": None}, ProviderFailure.UNAVAILABLE),
        ({"type": "tokens", "code": "rate_limit_exceeded"}, ProviderFailure.RATE_LIMIT),
        ({"type": "invalid_request_error", "code": "insufficient_quota"}, ProviderFailure.REJECTED),
    ],
)
def test_errors_have_their_kind(dialect: TranscriptionDialect, error: dict[str, Any], kind: ProviderFailure) -> None:
    with pytest.raises(ProviderError) as failed:
        heard(dialect, "error", error=error | {"message": "what he said"})
    assert failed.value.failure is kind
    assert "what he said" not in str(failed.value)


def test_an_item_that_nobody_committed_makes_no_sense(dialect: TranscriptionDialect) -> None:
    with pytest.raises(LookupError):
        transcribed(dialect, "completed", "z", transcript="who?")


def test_audio_goes_out_at_its_rate(dialect: TranscriptionDialect) -> None:
    frames = [frame for _ in range(50) for frame in dialect.hear(bytes(640), 0.0).frames]
    pcm = b"".join(base64.b64decode(json.loads(frame)["audio"]) for frame in frames)
    assert len(pcm) == RATE_HZ * 2


def test_nothing_is_sent_while_the_microphone_is_silent(dialect: TranscriptionDialect) -> None:
    assert dialect.handle_deadline(QUIET_S).frames == ()
    assert dialect.billed_s(100.0) == 0.0


WORDS = {"Parley": 2.0, "Ann": None}


def asked(model: str | None = None, *, multilingual: bool = False) -> dict[str, Any]:
    config = SpeechToTextConfig(model=model, multilingual=multilingual)
    request = SttRequest(sample_rate_hz=16_000, language="de-CH", keywords=WORDS, config=config)
    session: dict[str, Any] = json.loads(session_update(request))["session"]
    assert session["audio"]["input"]["turn_detection"] is None
    transcription: dict[str, Any] = session["audio"]["input"]["transcription"]
    return transcription


def test_the_session_is_told_whom_to_hear() -> None:
    assert asked() == {"model": "gpt-live-transcribe", "language": "de", "keywords": ["Parley", "Ann"]}
    assert asked("gpt-realtime-whisper") == {"model": "gpt-realtime-whisper", "language": "de"}
    assert asked(multilingual=True) == {"model": "gpt-live-transcribe", "keywords": ["Parley", "Ann"]}


@pytest.mark.parametrize("sent_at", [0.1 * at for at in range(200)])
def test_a_deadline_that_was_handled_is_over(dialect: TranscriptionDialect, sent_at: float) -> None:
    dialect.hear(SECOND, sent_at)
    deadline = dialect.next_deadline()
    dialect.handle_deadline(deadline)
    assert dialect.next_deadline() > deadline
