"""What protects the API: rates, sizes, and requests that are sent twice."""

from collections.abc import Iterator
from dataclasses import replace
from uuid import uuid4

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.body_limit import MAX_BODY_BYTES
from api.composition import Workers, dependencies_on
from callcore.accounts.rate_limit import Rate, RateLimiter
from callcore.agents.agent import AgentStatus
from callcore.billing.allowance import Holder, Used, day_of, next_day
from callstore.files import FilesBlobStore
from callstore.sqlite.stores import SqliteStores
from tests.clocks import ManualClock
from tests.contract.ports import rows
from tests.peers.recording_control import RecordingControl
from tests.peers.telephony import telephony
from tests.unit.api.owners import API_URL, BOBS, PRIVATE, Caller

HEADERS = {"authorization": PRIVATE}
CALL = {"agent_config": {"prompt": "P"}}


@pytest.fixture
def slow(app: FastAPI, stores: SqliteStores, blobs: FilesBlobStore, clock: ManualClock) -> Iterator[TestClient]:
    """An API that allows three requests at once and one in two seconds."""
    on = dependencies_on(stores, blobs, API_URL, clock, Workers(RecordingControl()), telephony(stores.call_changes))
    app.state.dependencies = replace(on, limiter=RateLimiter(Rate(3, 0.5), "the key", "requests"))
    with TestClient(app) as opened:
        yield opened


def test_a_burst_is_refused_with_the_time_to_wait_and_other_keys_are_untouched(
    slow: TestClient, clock: ManualClock
) -> None:
    statuses = [slow.get("/agents", headers=HEADERS).status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    refused = slow.get("/agents", headers=HEADERS)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "2")
    assert refused.json()["message"] == "the key allows 3 requests at once and 30 a minute"
    assert slow.get("/agents", headers={"authorization": BOBS}).status_code == 200
    assert slow.get("/voices").status_code == 200
    clock.advance(float(refused.headers["retry-after"]))
    assert slow.get("/agents", headers=HEADERS).status_code == 200
    assert slow.get("/agents", headers=HEADERS).status_code == 429


@pytest.mark.parametrize("is_announced", [True, False])
def test_a_huge_body_is_refused(client: TestClient, ann: Caller, is_announced: bool) -> None:
    body = b'{"name": "' + b"x" * MAX_BODY_BYTES + b'"}'
    content = body if is_announced else iter([body[:1000], body[1000:]])
    reply = client.post("/agents", headers=HEADERS, content=content)
    assert reply.status_code == 413
    assert set(reply.json()) == {"detail", "message"}
    assert ann.get("/agents") == (200, [])


def test_the_same_request_twice_is_one_call(client: TestClient, ann: Caller, clock: ManualClock) -> None:
    headers = HEADERS | {"Idempotency-Key": "order 7"}
    first, second = (client.post("/register_call", headers=headers, json=CALL) for _ in range(2))
    assert first.status_code == second.status_code == 200
    assert first.json() == second.json()
    assert len(ann.get("/call-logs")[1]["histories"]) == 1
    other = client.post("/register_call", headers=headers, json=CALL | {"from_phone": "+1"})
    assert other.status_code == 422
    assert "Idempotency-Key" in other.json()["message"]
    assert client.post("/register_call", headers=HEADERS, json=CALL).json() != first.json()
    theirs = client.post("/register_call", headers=headers | {"authorization": BOBS}, json=CALL)
    assert theirs.json() != first.json()
    clock.advance(24 * 3600)
    assert client.post("/register_call", headers=headers, json=CALL).json() != first.json()


def test_a_refused_request_leaves_its_key_free(client: TestClient, stores: SqliteStores) -> None:
    headers = HEADERS | {"Idempotency-Key": "k"}
    body = {"agent_id": "-Agent"}
    assert client.post("/register_call", headers=headers, json=body).status_code == 404
    stores.agents.put_agent(replace(rows.agent(), status=AgentStatus.ACTIVE))
    assert client.post("/register_call", headers=headers, json=body).status_code == 200


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_an_idempotency_key_has_a_length(client: TestClient, key: str) -> None:
    reply = client.post("/register_call", headers=HEADERS | {"Idempotency-Key": key}, json=CALL)
    assert reply.status_code == 400
    assert "Idempotency-Key" in reply.json()["message"]


def test_a_day_that_is_used_up_refuses_new_calls_until_the_next(
    ann: Caller, bob: Caller, stores: SqliteStores, clock: ManualClock
) -> None:
    stores.directory.change_account(rows.ANN, lambda account: replace(account, max_minutes_per_day=2))
    stores.day_totals.add_used(Holder(rows.ANN), day_of(clock.unix_s()), Used(2 * 60_000), str(uuid4()))
    refused = ann.client.post("/register_call", json=CALL, headers=HEADERS)
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) == next_day(clock.unix_s()) - clock.unix_s()
    assert "2 minutes of this day" in refused.text
    assert bob.post("/register_call", CALL)[0] == 200
    clock.advance(next_day(clock.unix_s()) - clock.unix_s())
    assert ann.post("/register_call", CALL)[0] == 200
