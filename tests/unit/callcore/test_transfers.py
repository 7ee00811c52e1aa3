from dataclasses import replace

import pytest

from callcore.calls import Call, CallStatus
from callcore.continuation import ContinuationWish, continued
from callcore.ids import AccountId, AgentId, CallId, SessionId
from callcore.transfers import (
    MAX_TRANSFERS,
    TRANSFER_STATUS,
    TRANSFERS,
    TransferStatus,
    came_back,
    destination,
    handed_over,
    obstacle,
    outcome,
)

VOIP = {"provider": "twilio", "direction": "inbound", "from": "+15550002222", "to": "+15550001111"}
CHAT = (
    {"role": "user", "content": "sales please"},
    {"role": "assistant", "content": "Wait.", "tool_calls": [{"id": "c1"}]},
    {"role": "tool", "tool_call_id": "c1", "name": "transfer_call", "content": "{}"},
)
CALL = Call(
    SessionId("s1-of-the-first"),
    CallId("c1"),
    AccountId("acc"),
    CallStatus.AGENT_ENDED,
    1000.0,
    agent_id=AgentId("-a"),
    duration_s=30,
    chat=CHAT,
    voip=VOIP,
)


@pytest.mark.parametrize(
    ("voip", "is_possible"),
    [
        (VOIP, True),
        ({**VOIP, TRANSFERS: MAX_TRANSFERS - 1}, True),
        ({**VOIP, TRANSFERS: MAX_TRANSFERS}, False),
        ({**VOIP, "provider": "vonage"}, False),
        ({"provider": "twilio", "call_sid": "CA1"}, False),
        ({"from": "+15550002222"}, False),
        (None, False),
    ],
)
def test_which_calls_can_be_transferred(voip: dict[str, object] | None, is_possible: bool) -> None:
    assert (obstacle(voip) is None) is is_possible


def test_the_number_is_dialled_until_it_is_known_what_became_of_it() -> None:
    assert destination(CALL) is None
    call = handed_over(CALL, "+15550003333")
    assert destination(call) == "+15550003333"
    assert destination(replace(call, voip={**(call.voip or {}), TRANSFER_STATUS: "busy"})) is None


@pytest.mark.parametrize(
    ("word", "is_gone", "status"),
    [
        ("completed", False, TransferStatus.COMPLETED),
        ("answered", True, TransferStatus.COMPLETED),
        ("busy", False, TransferStatus.BUSY),
        ("no-answer", False, TransferStatus.NO_ANSWER),
        ("canceled", True, TransferStatus.CANCELED),
        ("no-answer", True, TransferStatus.CANCELED),
        ("canceled", False, TransferStatus.FAILED),
        ("a word of next year", False, TransferStatus.FAILED),
        (None, False, TransferStatus.FAILED),
    ],
)
def test_twilios_words(word: str | None, is_gone: bool, status: TransferStatus) -> None:
    assert outcome(word, caller_is_gone=is_gone) is status


def test_who_comes_back_goes_on_and_the_model_knows_why() -> None:
    call = handed_over(CALL, "+15550003333")
    call = replace(call, voip={**(call.voip or {}), "dispatched_at": 7.0, TRANSFER_STATUS: "busy"})
    returned = came_back(call, 1040.0)
    assert (returned.status, returned.continues, returned.voip) == (
        CallStatus.RINGING,
        call.session_id,
        {**VOIP, TRANSFERS: 1},
    )
    wish = ContinuationWish(call.session_id, resume=True, agent_id=call.agent_id)
    taken_over = continued(call, None, wish, 1040.0)
    assert taken_over is not None
    assert taken_over.owes_answer
    assert taken_over.chat[:1] == CHAT[:1]
    assert taken_over.chat[-1]["content"] == '{"error":"the call could not be transferred: the line was busy"}'


def test_who_was_taken_over_does_not_come_back() -> None:
    call = handed_over(CALL, "+15550003333")
    call = replace(call, voip={**(call.voip or {}), TRANSFER_STATUS: "completed"})
    wish = ContinuationWish(call.session_id, resume=True, agent_id=call.agent_id)
    taken_over = continued(call, None, wish, 1040.0)
    assert taken_over is not None
    assert not taken_over.resumed
