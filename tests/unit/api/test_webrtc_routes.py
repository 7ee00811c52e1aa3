from typing import Any

import pytest

from callcore.calls.call import CallStatus
from callcore.errors import CallError, Conflict, InvalidInput, LimitExceeded, WorkerUnreachable
from callcore.ids import SessionId
from callcore.wire.client import Continuation, Initiate
from callcore.wire.jobs import MAX_SDP_CHARS, Connect, Done
from callstore.sqlite.stores import SqliteStores
from tests.contract.ports import rows
from tests.peers.recording_control import RecordingControl
from tests.unit.api.owners import Caller

OFFER = {"sdp": "v=0\r\n", "type": "offer"}
BODY = {"agent_config": {"prompt": "P"}, "offer": OFFER}


def test_an_offer_is_answered_in_both_places(ann: Caller, control: RecordingControl, stores: SqliteStores) -> None:
    control.done = Done(worker_id="w-1", session_id=SessionId("s-9"), sdp="v=0\r\nanswer")
    back = {"session_id": "s-1", "resume": True}
    more = {"metadata": {"userName": "Ann"}, "session_continuation": back, "web_forms": True, "voice": False}
    status, said = ann.post("/webrtc/offer", BODY | more)
    ((account_id, session_id, command),) = control.sent
    call = stores.calls.get_call(account_id, session_id)
    answer = {"sdp": "v=0\r\nanswer", "type": "answer"}
    assert (status, said) == (200, {**answer, "answer": answer, "session_id": "s-9", "call_id": call.call_id})
    wanted = Initiate(session_continuation=Continuation(**back), web_forms=True, voice=False)
    assert command == Connect(sdp="v=0\r\n", initiate=wanted)
    assert (call.status, call.metadata, call.continues) == (CallStatus.REGISTERED, {"userName": "Ann"}, "s-1")


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (InvalidInput("offer.sdp has no audio"), 400, "offer.sdp has no audio"),
        (LimitExceeded("the server is full", 30), 429, "the server is full"),
        (Conflict("begun"), 409, "begun"),
        (WorkerUnreachable("s-1"), 503, "the worker"),
    ],
)
def test_what_the_worker_refuses_is_told_and_no_call_is_left_waiting(
    ann: Caller, control: RecordingControl, stores: SqliteStores, error: CallError, status: int, message: str
) -> None:
    control.error = error
    answered, said = ann.post("/webrtc/offer", BODY)
    assert answered == status
    assert said["message"].startswith(message)
    ((_, session_id, _),) = control.sent
    assert stores.calls.get_call(rows.ANN, session_id).status is CallStatus.CANCELED


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"agent_config": {"prompt": "P"}}, 422),
        ({**BODY, "offer": {"sdp": "", "type": "offer"}}, 422),
        ({**BODY, "offer": {"sdp": "v=0", "type": "answer"}}, 422),
        ({**BODY, "offer": {"sdp": "v" * (MAX_SDP_CHARS + 1), "type": "offer"}}, 422),
        ({"offer": OFFER}, 400),
        ({"offer": OFFER, "agent_id": "-none"}, 404),
    ],
)
def test_a_wrong_request_reaches_no_worker(
    ann: Caller, control: RecordingControl, body: dict[str, Any], status: int
) -> None:
    assert ann.post("/webrtc/offer", body)[0] == status
    assert control.sent == []
