from dataclasses import replace
from typing import Any

import pytest
from starlette.testclient import TestClient

from callcore.calls.call import Call, CallStatus
from callcore.errors import CallError, Conflict, LimitExceeded, NotFound, WorkerUnreachable
from callcore.ids import AccountId, SessionId
from callcore.wire.jobs import Inject, Terminate
from callstore.sqlite.stores import SqliteStores
from tests.contract.ports import rows
from tests.peers.recording_control import RecordingControl
from tests.unit.api.owners import PRIVATE, Caller

HEADERS = {"authorization": PRIVATE}
PATH = "/sessions/s-1/terminate"


@pytest.mark.parametrize(
    ("body", "message"),
    [(None, None), ("{}", None), ('{"message": null}', None), ('{"message": ""}', None), ('{"message": "Bye"}', "Bye")],
)
def test_a_session_is_told_to_end(
    client: TestClient, control: RecordingControl, body: str | None, message: str | None
) -> None:
    reply = client.post(PATH, headers=HEADERS, content=body)
    assert (reply.status_code, reply.json()) == (200, {"session_id": "s-1", "terminated": True})
    assert control.sent == [(rows.ANN, SessionId("s-1"), Terminate(message=message))]


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (NotFound("call", "s-1"), 404, "call s-1 was not found"),
        (Conflict("call s-1 has ended already"), 409, "call s-1 has ended already"),
        (WorkerUnreachable("s-1"), 503, str(WorkerUnreachable("s-1"))),
    ],
)
def test_what_is_in_the_way_is_said(
    ann: Caller, control: RecordingControl, error: CallError, status: int, message: str
) -> None:
    control.error = error
    answered, problem = ann.post(PATH, {"message": "Bye"})
    assert (answered, problem["message"]) == (status, message)


def test_a_call_that_is_taken_up_while_it_is_canceled_is_ended_by_its_worker(
    ann: Caller, control: RecordingControl, stores: SqliteStores, monkeypatch: pytest.MonkeyPatch
) -> None:
    ringing = replace(
        rows.live_call(), status=CallStatus.RINGING, voip={"direction": "outbound", "from": "+15551234567"}
    )
    stores.calls.begin_call(ringing)
    answered = replace(ringing, status=CallStatus.IN_PROGRESS)

    def send(account_id: AccountId, session_id: SessionId, command: Terminate) -> None:
        control.sent.append((account_id, session_id, command))
        if len(control.sent) == 1:
            raise Conflict("it has not begun yet")

    def taken_up(call: Call, *_: object) -> None:
        stores.calls.begin_call(answered)

    monkeypatch.setattr(control, "send", send)
    monkeypatch.setattr("api.routes.sessions.announce", taken_up)
    assert ann.post(PATH, {"message": "Bye"})[0] == 200
    assert control.sent == [(rows.ANN, ringing.session_id, Terminate(message="Bye"))] * 2
    assert stores.calls.get_call(rows.ANN, ringing.session_id).status is CallStatus.IN_PROGRESS


@pytest.mark.parametrize("body", [{"message": 5}, {"message": "x" * 2001}, [], "Bye"])
def test_a_body_of_another_form_is_refused_before_anybody_is_told(
    ann: Caller, control: RecordingControl, body: Any
) -> None:
    assert ann.post(PATH, body)[0] == 422
    assert control.sent == []


def test_the_agent_is_told_what_to_say(ann: Caller, control: RecordingControl) -> None:
    assert ann.post("/sessions/s-1/inject", {"message": "News."}) == (200, {"session_id": "s-1", "injected": True})
    assert control.sent == [(rows.ANN, SessionId("s-1"), Inject(message="News."))]
    control.error = LimitExceeded("8 messages wait to be said already")
    assert ann.post("/sessions/s-1/inject", {"message": "News."})[0] == 429


@pytest.mark.parametrize("body", [None, {}, {"message": None}, {"message": ""}, {"message": "x" * 2001}])
def test_there_must_be_something_to_say(ann: Caller, control: RecordingControl, body: Any) -> None:
    assert ann.post("/sessions/s-1/inject", body)[0] == 422
    assert control.sent == []


def test_a_key_is_needed(client_without_key: Caller, control: RecordingControl) -> None:
    for path in (PATH, "/sessions/s-1/inject"):
        assert client_without_key.post(path, {"message": "News."})[0] == 401
    assert control.sent == []
