"""Calls that are ordered; what becomes of them the integration tests tell."""

from dataclasses import replace

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from callcore.agents.agent import AgentStatus
from callcore.calls.call import CallStatus
from callcore.errors import StoreError
from callstore.sqlite.stores import SqliteStores
from tests.contract.ports import rows
from tests.unit.api.owners import PRIVATE

BODY = {"agent_id": "-Agent", "from_phone": "+15550001111", "to_phone": "+15550002222"}
HEADERS = {"authorization": PRIVATE, "idempotency-key": "order 7"}


@pytest.fixture(autouse=True)
def caller(stores: SqliteStores) -> None:
    stores.agents.put_agent(replace(rows.agent(), status=AgentStatus.ACTIVE, config={"prompt": "P"}))
    phone = rows.phone(BODY["from_phone"])
    stores.phones.change_phone(rows.ANN, phone.number, lambda _: phone)


def test_an_order_that_nobody_can_be_told_of_stands_and_is_not_made_twice(
    app: FastAPI, client: TestClient, stores: SqliteStores
) -> None:
    def wake() -> None:
        raise StoreError("the queue is away", retryable=True)

    dependencies = app.state.dependencies
    app.state.dependencies = replace(dependencies, telephony=replace(dependencies.telephony, wake=wake))
    first, second = (client.post("/start_outbound_call", headers=HEADERS, json=BODY) for _ in range(2))
    assert (first.status_code, second.json()) == (200, first.json())
    (call,) = stores.calls.list_live_calls()
    assert (call.session_id, call.status) == (first.json()["session_id"], CallStatus.QUEUED)
