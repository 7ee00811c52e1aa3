from dataclasses import replace

import pytest

from callcore.calls.call import Call, CallStatus
from callcore.ids import AccountId, AgentId, CallId, SessionId
from callcore.opening.continuation import ContinuationWish, continued
from callcore.phones.phone import Carrier
from callcore.telephony.transfers import (
    MAX_SUMMARY_CHARS,
    MAX_TRANSFERS,
    TRANSFER_STATUS,
    TRANSFER_SUMMARY,
    TRANSFERS,
    TransferStatus,
    came_back,
    destination,
    handed_over,
    is_known_soon,
    is_open,
    obstacle,
    outcome,
)

TWILIO, VONAGE = Carrier.TWILIO, Carrier.VONAGE
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
        ({**VOIP, "provider": "vonage"}, True),
        ({**VOIP, "provider": "plivo"}, False),
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
    ("carrier", "word", "is_gone", "status"),
    [
        (TWILIO, "completed", False, TransferStatus.COMPLETED),
        (TWILIO, "answered", True, TransferStatus.COMPLETED),
        (TWILIO, "busy", False, TransferStatus.BUSY),
        (TWILIO, "no-answer", False, TransferStatus.NO_ANSWER),
        (TWILIO, "canceled", True, TransferStatus.CANCELED),
        (TWILIO, "no-answer", True, TransferStatus.CANCELED),
        (TWILIO, "canceled", False, TransferStatus.FAILED),
        (TWILIO, "a word of next year", False, TransferStatus.FAILED),
        (TWILIO, None, False, TransferStatus.FAILED),
        (VONAGE, "ringing", False, None),
        (VONAGE, "answered", False, TransferStatus.ANSWERED),
        (VONAGE, "completed", False, TransferStatus.COMPLETED),
        (VONAGE, "busy", False, TransferStatus.BUSY),
        (VONAGE, "timeout", False, TransferStatus.NO_ANSWER),
        (VONAGE, "unanswered", False, TransferStatus.NO_ANSWER),
        (VONAGE, "rejected", False, TransferStatus.FAILED),
        (VONAGE, "cancelled", False, TransferStatus.CANCELED),
        (VONAGE, "a word of next year", False, None),
    ],
)
def test_the_carriers_words(carrier: Carrier, word: str | None, is_gone: bool, status: TransferStatus | None) -> None:
    assert outcome(carrier, word, caller_is_gone=is_gone) is status


def test_who_hangs_up_on_what_he_hears_first_has_taken_nobody_over() -> None:
    assert outcome(TWILIO, "completed", was_bridged=False) is TransferStatus.NO_ANSWER


def test_it_is_waited_for_what_becomes_of_a_transfer_while_it_rings() -> None:
    call = handed_over(CALL, "+15550003333")
    assert is_known_soon(call, 1000.0, 1044.0)
    assert not is_known_soon(call, 1000.0, 1045.0)
    assert is_open(replace(call, voip={**(call.voip or {}), TRANSFER_STATUS: "answered"}))
    for status in ("answered", "completed", "busy"):
        assert not is_known_soon(replace(call, voip={**(call.voip or {}), TRANSFER_STATUS: status}), 1000.0, 1001.0)
    assert not is_known_soon(CALL, 1000.0, 1001.0)


def test_what_is_said_to_whoever_takes_over_is_of_this_transfer() -> None:
    call = handed_over(CALL, "+15550003333", f" {'x' * 2 * MAX_SUMMARY_CHARS}")
    assert len((call.voip or {})[TRANSFER_SUMMARY]) == MAX_SUMMARY_CHARS
    assert TRANSFER_SUMMARY not in (handed_over(call, "+15550004444").voip or {})
    assert TRANSFER_SUMMARY not in (came_back(call, 1040.0).voip or {})


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
