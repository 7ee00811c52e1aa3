"""What pages and WHIP clients may ask, from anywhere, with a public key."""

import base64
import hashlib
import hmac
from dataclasses import replace
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from callauth.turn_credentials import LIFETIME_S, TurnServers
from callcore.errors import CallError, LimitExceeded, NotAllowed, NotFound, NotSupported
from callcore.ids import SessionId
from callcore.wire.client import AgentChoice, Initiate
from callcore.wire.jobs import Caller, Connect, Done, HangUp, Trickle
from callcore.workers.worker import place_of
from tests.clocks import ManualClock
from tests.contract.ports import rows
from tests.peers.recording_control import RecordingControl
from tests.unit.api.owners import BOBS, PRIVATE, PUBLIC

ANSWERED = Done(worker_id="w-1", session_id=SessionId("s-9"), sdp="v=0\r\nanswer")
SESSION = f"/webrtc/sessions/s-9.{place_of('w-1')}"
OFFER = {"sdp": "v=0\r\n", "type": "offer"}
BEARER = {"authorization": f"Bearer {PUBLIC}"}
PAGE = {"origin": "https://shop.example"}


@pytest.fixture
def answering(control: RecordingControl) -> RecordingControl:
    control.done = ANSWERED
    return control


@pytest.fixture
def turn(app: FastAPI, client: TestClient) -> None:
    servers = TurnServers(("turn:turn.example:3478", "turns:turn.example:443?transport=tcp"), "", lambda: "shared")
    app.state.dependencies = replace(app.state.dependencies, turn=servers)


def test_a_page_begins_a_call_as_initiate_does(client: TestClient, answering: RecordingControl) -> None:
    wanted = {"public_key": PUBLIC, "agent": {"agent_id": "-a"}, "metadata": {"userName": "Ann"}, "token": "t"}
    reply = client.post("/webrtc/initiate", json={"offer": OFFER, "initiate": wanted}, headers=PAGE)
    answer = {"sdp": ANSWERED.sdp, "type": "answer"}
    assert reply.status_code == 200
    assert reply.json() == {**answer, "answer": answer, "session_id": "s-9", "session_url": SESSION}
    assert reply.headers["access-control-allow-origin"] == "*"
    ((account_id, _, command),) = answering.sent
    assert account_id == rows.ANN
    caller = Caller(host="testclient", origin="https://shop.example", forwarded=False)
    assert command == Connect(sdp="v=0\r\n", initiate=Initiate.model_validate(wanted), caller=caller)


def test_what_came_through_a_proxy_is_told_as_such(client: TestClient, answering: RecordingControl) -> None:
    body = {"offer": OFFER, "initiate": {"public_key": PUBLIC, "agent": {"agent_id": "-a"}}}
    client.post("/webrtc/initiate", json=body, headers={"x-forwarded-for": "192.0.2.1"})
    command = answering.sent[0][2]
    assert isinstance(command, Connect)
    assert command.caller == Caller(host="testclient", forwarded=True)


@pytest.mark.parametrize("key", [None, "", "x" * 32, PRIVATE])
def test_only_a_public_key_begins_one(client: TestClient, answering: RecordingControl, key: str | None) -> None:
    body = {"offer": OFFER, "initiate": {"public_key": key, "agent": {"agent_id": "-a"}}}
    reply = client.post("/webrtc/initiate", json=body)
    assert reply.status_code == 401
    assert reply.headers["access-control-allow-origin"] == "*", "a page can read why"
    assert client.post("/webrtc/whip/-a", content="v=0", headers={"authorization": key or ""}).status_code == 401
    assert answering.sent == []


def test_a_client_of_whip_gets_its_answer(client: TestClient, answering: RecordingControl, turn: None) -> None:
    reply = client.post(
        "/webrtc/whip/-a?token=signed", content="v=0\r\noffer", headers=BEARER | {"content-type": "application/sdp"}
    )
    assert (reply.status_code, reply.text) == (201, ANSWERED.sdp)
    assert reply.headers["content-type"].startswith("application/sdp")
    assert reply.headers["location"] == SESSION
    assert reply.headers["accept-patch"] == "application/trickle-ice-sdpfrag"
    links = reply.headers.get_list("link")
    assert [link.partition(";")[0] for link in links] == [
        "<turn:turn.example:3478>",
        "<turns:turn.example:443?transport=tcp>",
    ]
    assert all('rel="ice-server"' in link and 'credential-type="password"' in link for link in links)
    command = answering.sent[0][2]
    assert isinstance(command, Connect)
    assert command.initiate == Initiate(public_key=PUBLIC, agent=AgentChoice(agent_id="-a"), token="signed")


def test_the_session_takes_candidates_and_is_hung_up(client: TestClient, control: RecordingControl) -> None:
    patched = client.patch(SESSION, content="a=mid:0\r\na=candidate:1", headers=BEARER)
    assert (patched.status_code, patched.content) == (204, b"")
    deleted = client.delete(SESSION, headers={"authorization": PRIVATE})
    assert (deleted.status_code, deleted.json()) == (200, {"session_id": "s-9", "ended": True})
    place = place_of("w-1")
    assert control.sent == [
        (rows.ANN, SessionId("s-9"), Trickle(place=place, fragment="a=mid:0\r\na=candidate:1")),
        (rows.ANN, SessionId("s-9"), HangUp(place=place)),
    ]
    client.delete(SESSION, headers={"authorization": BOBS})
    assert control.sent[-1][0] == rows.BOB, "another account's session is not there for it"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotAllowed("key policy origins refuses https://shop.example"), 403),
        (LimitExceeded("the server is full", 30.0), 429),
        (NotFound("agent", "-a"), 404),
        (NotSupported("offer anew"), 422),
    ],
)
def test_a_page_can_read_why_it_was_refused(
    client: TestClient, control: RecordingControl, error: CallError, status: int
) -> None:
    control.error = error
    for reply in (
        client.post("/webrtc/whip/-a", content="v=0", headers=BEARER | PAGE),
        client.patch(SESSION, content="a=ice-ufrag:x", headers=BEARER | PAGE),
    ):
        assert (reply.status_code, reply.json()["message"]) == (status, str(error))
        assert reply.headers["access-control-allow-origin"] == "*"
        assert "retry-after" in reply.headers["access-control-expose-headers"]


@pytest.mark.parametrize(
    ("path", "is_open"),
    [
        ("/webrtc/initiate", True),
        ("/webrtc/whip/-a", True),
        (SESSION, True),
        ("/webrtc/ice_servers", True),
        ("/webrtc/offer", False),
        ("/agents", False),
    ],
)
def test_pages_of_other_sites_may_call_what_a_public_key_opens(client: TestClient, path: str, is_open: bool) -> None:
    asked = {**PAGE, "access-control-request-method": "POST", "access-control-request-headers": "authorization"}
    reply = client.options(path, headers=asked)
    assert (reply.status_code == 204) is is_open
    assert reply.headers.get("access-control-allow-origin") == ("*" if is_open else None)
    if is_open:
        assert reply.headers["accept-post"] == "application/sdp"


def test_a_client_gets_credentials_of_its_own(client: TestClient, clock: ManualClock, turn: None) -> None:
    (server,) = client.get("/webrtc/ice_servers", headers=BEARER).json()["iceServers"]
    until, _, who = server["username"].partition(":")
    assert (int(until), who) == (int(clock.unix_s()) + LIFETIME_S, rows.ANN)
    expected = hmac.new(b"shared", server["username"].encode(), hashlib.sha1).digest()
    assert base64.b64decode(server["credential"]) == expected
    assert server["urls"][0] == "turn:turn.example:3478"


@pytest.mark.parametrize(
    ("servers", "expected"),
    [
        (TurnServers(), []),
        (TurnServers(("stun:stun.example",)), [{"urls": ["stun:stun.example"]}]),
        (
            TurnServers(("turn:t.example",), "user", lambda: "word"),
            [{"urls": ["turn:t.example"], "username": "user", "credential": "word"}],
        ),
    ],
)
def test_servers_without_credentials_of_their_own(servers: TurnServers, expected: list[dict[str, Any]]) -> None:
    assert servers.for_client("acc", 0.0) == expected


@pytest.mark.parametrize("content", ["", "v" * 40_000])
def test_a_body_of_the_wrong_size_reaches_no_worker(
    client: TestClient, control: RecordingControl, content: str
) -> None:
    assert client.post("/webrtc/whip/-a", content=content, headers=BEARER).status_code == 400
    assert client.patch(SESSION, content=content, headers=BEARER).status_code == 400
    assert client.delete("/webrtc/sessions/s-9", headers=BEARER).status_code == 404
    assert control.sent == []
