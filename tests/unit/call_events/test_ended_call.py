from dataclasses import replace
from typing import Any

import pytest

from call_events.ended_call import ended, is_lost, lost
from callcore.calls.call import CallStatus
from callcore.wire.events import CallEnded
from tests.contract.ports import rows

CALL = rows.live_call()
START = CALL.started_at
OPT_OUT = replace(CALL, agent_config={"privacy_settings": {"opt_out_data_collection": True}})
EVENT = CallEnded(
    account_id=CALL.account_id, session_id=CALL.session_id, status=CallStatus.AGENT_ENDED, duration_s=9, chars_used=4
)


def test_an_ended_call_is_the_report_and_the_last_checkpoint() -> None:
    assert ended(CALL, EVENT, rows.checkpoint()) == replace(
        CALL,
        status=CallStatus.AGENT_ENDED,
        duration_s=9,
        chars_used=4,
        chat=rows.checkpoint().chat,
        call_metrics=rows.checkpoint().call_metrics,
    )


def test_the_recording_of_the_report_is_kept_unless_the_agent_opted_out() -> None:
    event = EVENT.model_copy(update={"recording": {"mixed": "recordings/a/s.mixed.wav"}})
    assert ended(CALL, event, None).recording == {"mixed": "recordings/a/s.mixed.wav"}
    assert ended(OPT_OUT, event, None).recording is None


def test_an_ended_call_without_checkpoint_has_an_empty_chat() -> None:
    assert ended(CALL, EVENT, None).chat == ()


def test_the_functions_that_were_called_are_those_of_the_chat() -> None:
    function = {"name": "book", "arguments": '{"party":2}'}
    chat = (
        {"role": "assistant", "content": "", "tool_calls": [{"id": "c1", "type": "function", "function": function}]},
        {"role": "tool", "tool_call_id": "c1", "name": "book", "content": "booked"},
    )
    checkpoint = replace(rows.checkpoint(), chat=chat)
    expected = ({"name": "book", "params": {"party": 2}, "result": "booked", "run_after_call": False},)
    assert ended(CALL, EVENT, checkpoint).function_calls == expected
    assert lost(CALL, checkpoint).function_calls == expected


def test_what_was_watched_for_is_kept_even_of_a_call_that_opted_out() -> None:
    event = EVENT.model_copy(update={"call_analysis": {"opt_out_detection": True}})
    assert ended(OPT_OUT, event, None).call_analysis == {"opt_out_detection": True}


def test_the_error_of_the_report_is_kept() -> None:
    event = EVENT.model_copy(update={"status": CallStatus.ERROR, "error_message": "stt: unavailable"})
    assert ended(CALL, event, None).error_message == "stt: unavailable"


@pytest.mark.parametrize("checkpoint", [None, rows.checkpoint()])
def test_nothing_is_kept_of_a_call_that_opted_out(checkpoint: Any) -> None:
    for call in (ended(OPT_OUT, EVENT, checkpoint), lost(OPT_OUT, checkpoint)):
        assert (call.chat, call.metadata, call.function_calls) == (None, {}, ())


@pytest.mark.parametrize(
    ("started_at", "last_beat", "expected"),
    [
        (START, None, False),
        (START - 45, None, False),
        (START - 45.1, None, True),
        (START - 500, START - 45, False),
        (START - 500, START - 45.1, True),
        (START - 45, START - 500, False),
        (START + 5, None, False),
    ],
)
def test_when_a_call_is_lost(started_at: float, last_beat: float | None, expected: bool) -> None:
    assert is_lost(replace(CALL, started_at=started_at), last_beat, now=START) is expected


@pytest.mark.parametrize("status", [status for status in CallStatus if status is not CallStatus.IN_PROGRESS])
def test_only_a_call_in_progress_can_be_lost(status: CallStatus) -> None:
    assert not is_lost(replace(CALL, status=status), None, now=START + 10_000)


@pytest.mark.parametrize(("saved_after_s", "duration_s"), [(0.0, 0), (12.4, 12), (12.6, 13), (-3.0, 0)])
def test_a_lost_call_lasted_until_its_last_checkpoint(saved_after_s: float, duration_s: int) -> None:
    checkpoint = rows.checkpoint(saved_at=START + saved_after_s)
    assert lost(CALL, checkpoint) == replace(
        CALL,
        status=CallStatus.ERROR,
        duration_s=duration_s,
        chars_used=12,
        call_metrics=checkpoint.call_metrics,
        chat=checkpoint.chat,
        error_message="worker-lost",
    )


def test_a_lost_call_without_checkpoint_is_empty() -> None:
    call = lost(CALL, None)
    assert (call.duration_s, call.chat, call.chars_used) == (0, (), 0)
