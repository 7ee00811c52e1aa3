import pytest

from callcore.calls.call import END_STATUSES, TRANSITIONS, CallStatus, advance
from callcore.errors import InvalidTransition

ENDS = {
    "user-ended",
    "agent-ended",
    "api-ended",
    "voicemail-hangup",
    "voicemail-message",
    "timeout",
    "canceled",
    "busy",
    "no-answer",
    "failed",
    "error",
    "unknown",
    "chat_completion",
}


def test_every_status_has_a_row_or_is_an_end() -> None:
    assert set(TRANSITIONS) | END_STATUSES == set(CallStatus)
    assert not set(TRANSITIONS) & END_STATUSES
    assert ENDS == END_STATUSES


def test_no_row_leads_to_itself_and_every_status_can_be_reached() -> None:
    assert all(status not in following for status, following in TRANSITIONS.items())
    reached = {CallStatus.REGISTERED}.union(*TRANSITIONS.values())
    assert reached == set(CallStatus)


@pytest.mark.parametrize("live", sorted(TRANSITIONS))
def test_every_live_status_can_fail_and_be_ended_by_the_api(live: CallStatus) -> None:
    assert advance(live, CallStatus.ERROR) is CallStatus.ERROR
    assert advance(live, CallStatus.API_ENDED) is CallStatus.API_ENDED


@pytest.mark.parametrize("end", sorted(END_STATUSES))
def test_an_end_never_changes(end: CallStatus) -> None:
    for following in CallStatus:
        with pytest.raises(InvalidTransition):
            advance(end, following)


def test_a_call_goes_from_registered_to_its_end() -> None:
    status = CallStatus.REGISTERED
    for following in ("queued", "dispatching", "initiated", "ringing", "in-progress", "user-ended"):
        status = advance(status, CallStatus(following))
    assert status in END_STATUSES


def test_a_talk_cannot_end_as_never_answered() -> None:
    for never in ("busy", "no-answer", "canceled"):
        with pytest.raises(InvalidTransition, match=f"call: {never} is not allowed in state in-progress"):
            advance(CallStatus.IN_PROGRESS, CallStatus(never))
