import pytest
from pydantic import ValidationError

from callcore.calls.call import CallStatus
from callcore.ids import AccountId, SessionId
from callcore.wire.events import CallEnded


def test_an_event_survives_the_queue() -> None:
    event = CallEnded(
        account_id=AccountId("acc_1"), session_id=SessionId("s"), status=CallStatus.USER_ENDED, duration_s=37
    )
    assert CallEnded.model_validate_json(event.model_dump_json()) == event


def test_unknown_fields_are_ignored_and_unknown_statuses_are_not() -> None:
    known = {"account_id": "a", "session_id": "s", "status": "error", "duration_s": 0}
    assert CallEnded.model_validate({**known, "future": 1}).status is CallStatus.ERROR
    with pytest.raises(ValidationError):
        CallEnded.model_validate({**known, "status": "evaporated"})
    with pytest.raises(ValidationError):
        CallEnded.model_validate({**known, "duration_s": -1})
