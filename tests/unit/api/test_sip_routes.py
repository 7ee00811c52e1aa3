"""SIP addresses over REST: of one call, and permanent."""

import re
from dataclasses import replace
from typing import Any

import pytest
from fastapi import FastAPI

from callcore.agents.agent import AgentStatus
from callcore.ids import SessionId
from callcore.phones.sip_addresses import MAX_ADDRESSES, MAX_TOKEN_S, TOKEN_S, user_hash
from callcore.workers.worker import RESERVABLE_S, Worker
from callstore.sqlite.stores import SqliteStores
from tests.clocks import ManualClock
from tests.contract.ports import rows
from tests.peers.telephony import SECRET
from tests.unit.api.owners import Caller

AGENT = {"agent_id": "-Agent"}
GUARDED = {"init_agent": AGENT, "sources": ["203.0.113.0/24"]}


@pytest.fixture(autouse=True)
def agent(stores: SqliteStores, clock: ManualClock) -> None:
    stores.agents.put_agent(replace(rows.agent(), status=AgentStatus.ACTIVE, config={"prompt": "P"}))
    stores.workers.beat(Worker("w-1", clock.now_s, 2, "http://10.0.0.1", "203.0.113.7:5062"))
    stores.workers.beat(Worker("w-2", clock.now_s, 9, "http://10.0.0.2"))


def user_of(uri: str) -> str:
    found = re.fullmatch(r"sip:([a-z2-7]{26})@203\.0\.113\.7:5062;transport=udp", uri)
    assert found is not None
    return found[1]


def test_a_registered_call_gets_the_address_of_a_worker_with_room(
    ann: Caller, stores: SqliteStores, clock: ManualClock
) -> None:
    status, reply = ann.post("/register_sip_call", AGENT | {"metadata": {"a": "b"}, "from_phone": "+15550001111"})
    assert status == 200
    user = user_of(reply["sip_uri"])
    assert reply["sip_uri_tcp"] == reply["sip_uri"].replace("udp", "tcp")
    assert reply["expires_in"] == TOKEN_S
    token = stores.sip_tokens.claim_token(user_hash(user), "i-1", clock.now_s)
    assert token is not None
    assert (token.call_id, token.session_id) == (reply["call_id"], reply["session_id"])
    call = stores.calls.get_call(rows.ANN, SessionId(reply["session_id"]))
    assert (call.status, call.metadata) == ("registered", {"a": "b"})
    worker = stores.workers.find_worker("w-1")
    assert worker is not None
    assert set(worker.reserved) == {reply["session_id"]}


def test_nobody_is_sent_to_a_worker_without_room(ann: Caller, clock: ManualClock) -> None:
    assert [ann.post("/register_sip_call", AGENT)[0] for _ in range(3)] == [200, 200, 503]
    clock.advance(RESERVABLE_S + 6)
    status, problem = ann.post("/register_sip_call", AGENT)
    assert (status, problem["message"]) == (503, "no worker with a SIP endpoint has room")
    assert len(ann.get("/call-logs")[1]["histories"]) == 2


def test_the_owner_says_how_long_it_lasts(ann: Caller, stores: SqliteStores, clock: ManualClock) -> None:
    reply = ann.post("/register_sip_call", AGENT | {"expires_in": MAX_TOKEN_S})[1]
    assert reply["expires_in"] == MAX_TOKEN_S
    user = user_of(reply["sip_uri"])
    assert stores.sip_tokens.claim_token(user_hash(user), "i-1", clock.now_s + MAX_TOKEN_S - 1) is not None
    assert ann.post("/register_sip_call", AGENT | {"expires_in": MAX_TOKEN_S + 1})[0] == 422


@pytest.mark.parametrize(
    ("body", "status"),
    [({}, 400), ({"agent_id": "-None"}, 404), (AGENT | {"metadata": {"a": "x" * 2001}}, 400), ({"agent_id": 5}, 422)],
)
def test_what_cannot_be_registered_is_told(ann: Caller, body: dict[str, Any], status: int) -> None:
    assert ann.post("/register_sip_call", body)[0] == status
    assert ann.post("/sip", {"init_agent": body})[0] == status


def test_the_same_request_twice_is_one_call(ann: Caller) -> None:
    replies = [
        ann.client.post(
            "/register_sip_call", json=AGENT, headers={"authorization": ann.key or "", "idempotency-key": "k"}
        )
        for _ in range(2)
    ]
    assert replies[0].json() == replies[1].json()


def test_a_permanent_address_is_made_listed_and_deleted(ann: Caller, bob: Caller, stores: SqliteStores) -> None:
    wanted = GUARDED | {"region": "us-west", "user": "+15551234567"}
    status, made = ann.post("/sip", wanted | {"init_agent": AGENT | {"metadata": {"site": "north"}}})
    assert status == 200
    assert made["sip"] == "sip:+15551234567@sip.example.com:5060;transport=udp"
    assert (made["sources"], made["username"]) == (["203.0.113.0/24"], None)
    assert "password" not in made
    stored = stores.sip_addresses.find_address("+15551234567")
    assert stored is not None
    assert (stored.call_id, stored.metadata) == (made["call_id"], {"site": "north"})
    assert ann.get("/sip") == (200, [made])
    assert bob.get("/sip") == (200, [])
    assert bob.delete(f"/sip/{made['call_id']}")[0] == 404
    assert ann.post("/sip", wanted)[0] == 409
    assert ann.delete(f"/sip/{made['call_id']}")[0] == 200
    assert ann.delete(f"/sip/{made['call_id']}")[0] == 404
    assert stores.sip_addresses.find_address("+15551234567") is None


def test_an_address_without_a_guard_gets_credentials_which_are_told_once(ann: Caller, stores: SqliteStores) -> None:
    made = ann.post("/sip", {"init_agent": AGENT})[1]
    [stored] = stores.sip_addresses.list_addresses(rows.ANN)
    assert stored.username == made["username"]
    assert stored.sealed_password is not None
    assert made["password"] not in stored.sealed_password
    assert SECRET not in stored.sealed_password
    assert "password" not in ann.get("/sip")[1][0]


def test_credentials_and_networks_may_be_given_together(ann: Caller) -> None:
    made = ann.post("/sip", GUARDED | {"username": "trunk", "password": "twelve-chars"})[1]
    assert (made["username"], made["sources"]) == ("trunk", ["203.0.113.0/24"])
    assert "password" not in made


@pytest.mark.parametrize(
    "wrong",
    [
        {"sources": ["0.0.0.0/0"]},
        {"sources": ["example.com"]},
        {"username": "trunk", "password": "short"},
        {"sources": ["203.0.113.0/24"], "password": "twelve-chars"},
        {"user": "a@b"},
        {"init_agent": AGENT | {"from_phone": "+15550001111"}},
        {"init_agent": AGENT | {"session_continuation": {"session_id": "s"}}},
    ],
)
def test_a_guard_that_guards_nothing_is_refused(ann: Caller, stores: SqliteStores, wrong: dict[str, Any]) -> None:
    assert ann.post("/sip", {"init_agent": AGENT} | wrong)[0] == 400
    assert list(stores.sip_addresses.list_addresses(rows.ANN)) == []


def test_an_account_has_so_many_addresses_at_most(ann: Caller) -> None:
    assert [ann.post("/sip", GUARDED)[0] for _ in range(MAX_ADDRESSES + 1)] == [200] * MAX_ADDRESSES + [429]


def test_without_an_address_that_stays_they_are_off(ann: Caller, app: FastAPI) -> None:
    made = ann.post("/sip", GUARDED)[1]
    on = app.state.dependencies
    app.state.dependencies = replace(on, sip=replace(on.sip, permanent_host=str))
    status, problem = ann.post("/sip", GUARDED)
    assert status == 409
    assert "off here" in problem["message"]
    assert ann.get("/sip") == (200, [made | {"sip": None, "sip_tcp": None}])
    assert ann.delete(f"/sip/{made['call_id']}")[0] == 200


def test_a_private_key_is_needed(client_without_key: Caller) -> None:
    assert client_without_key.post("/register_sip_call", AGENT)[0] == 401
    assert client_without_key.post("/sip", GUARDED)[0] == 401
    assert client_without_key.get("/sip")[0] == 401
    assert client_without_key.delete("/sip/c")[0] == 401
