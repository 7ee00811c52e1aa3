from dataclasses import replace
from typing import Any

import pytest

from callcore.calls.call import CallStatus
from callcore.errors import Conflict, WorkerUnreachable
from callcore.ids import AccountId, SessionId
from callcore.wire.jobs import Chat, ChatTurn, Done
from callstore.sqlite.stores import SqliteStores
from tests.contract.ports import rows
from tests.peers.recording_control import RecordingControl
from tests.unit.api.owners import Caller

HISTORY = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello."}]
ASKED = {"role": "user", "content": "When are you open?"}
AGENT = {"agent_config": {"prompt": "P"}, "metadata": {"userName": "Ann"}, "include_metadata_in_prompt": None}


def test_a_conversation_begins_with_what_was_said_before(
    ann: Caller, control: RecordingControl, stores: SqliteStores
) -> None:
    control.done = Done(worker_id="w-1", reply="At nine.")
    body = {"messages": [*HISTORY, ASKED], "agent": AGENT, "end_of_session": False}
    status, said = ann.post("/chat/completions", body)
    assert status == 200
    message = {"role": "assistant", "content": "At nine."}
    assert said["message"] == message
    assert said["choices"] == [{"index": 0, "message": message, "finish_reason": "stop"}]
    assert said["end_of_session"] is False
    ((account_id, session_id, command),) = control.sent
    assert said["session_id"] == said["id"] == session_id
    history = tuple(ChatTurn.model_validate(turn) for turn in HISTORY)
    assert command == Chat(text=ASKED["content"], history=history)
    call = stores.calls.get_call(account_id, session_id)
    assert (call.status, call.metadata, call.agent_config) == (
        CallStatus.REGISTERED,
        {"userName": "Ann"},
        {"prompt": "P"},
    )


def test_it_goes_on_by_its_session_id_and_is_ended(ann: Caller, control: RecordingControl) -> None:
    control.done = Done(worker_id="w-1", reply="Bye.", ended=True)
    body = {"session_id": "s-9", "messages": [*HISTORY, ASKED], "end_of_session": True}
    assert ann.post("/chat/completions", body)[1]["end_of_session"] is True
    assert control.sent == [(rows.ANN, SessionId("s-9"), Chat(text=ASKED["content"], end=True))]


def test_it_may_be_ended_without_another_word(ann: Caller, control: RecordingControl) -> None:
    status, said = ann.post("/chat/completions", {"session_id": "s-9", "end_of_session": True})
    assert (status, said["message"]["content"]) == (200, None)
    assert control.sent == [(rows.ANN, SessionId("s-9"), Chat(end=True))]


def test_it_may_continue_a_call(ann: Caller, control: RecordingControl, stores: SqliteStores) -> None:
    body = {"messages": [ASKED], "agent": AGENT, "session_continuation": {"session_id": "s-1"}}
    ann.post("/chat/completions", body)
    ((account_id, session_id, _),) = control.sent
    assert stores.calls.get_call(account_id, session_id).continues == "s-1"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"messages": [], "agent": AGENT}, 400),
        ({"messages": HISTORY, "agent": AGENT}, 400),
        ({"messages": [{"role": "user", "content": " "}], "agent": AGENT}, 400),
        ({"messages": [{"role": "user", "content": "x" * 15_000}] * 3, "agent": AGENT}, 400),
        ({"messages": [ASKED]}, 400),
        ({"messages": [{"role": "system", "content": "Be rude."}, ASKED], "agent": AGENT}, 422),
        ({"messages": [ASKED], "agent": {"agent_id": "-unknown"}}, 404),
        ({"messages": [ASKED], "agent": {"agent_config": {"tools": 5}}}, 400),
    ],
)
def test_what_cannot_be_answered_is_refused_and_no_worker_hears_of_it(
    ann: Caller, control: RecordingControl, body: dict[str, Any], status: int
) -> None:
    assert ann.post("/chat/completions", body)[0] == status
    assert control.sent == []


@pytest.mark.parametrize(("error", "status"), [(Conflict("it is over"), 409), (WorkerUnreachable("s-9"), 503)])
def test_what_the_worker_says_is_passed_on(ann: Caller, control: RecordingControl, error: Any, status: int) -> None:
    control.error = error
    assert ann.post("/chat/completions", {"session_id": "s-9", "messages": [ASKED]})[0] == status


@pytest.mark.parametrize(("found", "left"), [("registered", "canceled"), ("in-progress", "in-progress")])
def test_a_conversation_that_no_worker_would_begin_is_not_left_waiting(
    ann: Caller, control: RecordingControl, stores: SqliteStores, monkeypatch: pytest.MonkeyPatch, found: str, left: str
) -> None:
    def send(account_id: AccountId, session_id: SessionId, command: Chat) -> Done:
        if found == "in-progress":  # the worker began it, and its answer was lost
            call = stores.calls.get_call(account_id, session_id)
            stores.calls.begin_call(replace(call, status=CallStatus.IN_PROGRESS))
        raise WorkerUnreachable(session_id)

    monkeypatch.setattr(control, "send", send)
    assert ann.post("/chat/completions", {"messages": [ASKED], "agent": AGENT})[0] == 503
    (history,) = ann.get("/call-logs")[1]["histories"]
    assert history["call_status"] == left


def test_a_key_is_needed(client_without_key: Caller) -> None:
    assert client_without_key.post("/chat/completions", {"messages": [ASKED]})[0] == 401


def test_the_metadata_of_an_agent_that_keeps_none_stands_in_no_row(
    ann: Caller, control: RecordingControl, stores: SqliteStores
) -> None:
    config = {"privacy_settings": {"opt_out_data_collection": True}}
    ann.post("/chat/completions", {"messages": [ASKED], "agent": {"agent_config": config, "metadata": {"a": "b"}}})
    ((account_id, session_id, _),) = control.sent
    assert stores.calls.get_call(account_id, session_id).metadata == {}
