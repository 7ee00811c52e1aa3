import json
from dataclasses import replace
from typing import Any

import pytest
from starlette.testclient import TestClient

from callcore.calls.call import CallStatus
from callstore.sqlite.stores import SqliteStores
from tests.contract.ports import rows
from tests.unit.api.owners import API_URL, BOBS, PRIVATE, PUBLIC


def get(client: TestClient, path: str, key: str | None = PRIVATE) -> tuple[int, Any]:
    reply = client.get(path, headers={} if key is None else {"authorization": key})
    assert reply.headers["content-type"] == "application/json"
    assert "access-control-allow-origin" not in reply.headers
    return reply.status_code, reply.json()


def test_health_needs_no_key(client: TestClient) -> None:
    assert get(client, "/health", None) == (200, {"status": "ok"})


@pytest.mark.parametrize("header", [PRIVATE, f"Bearer {PRIVATE}", f"bEaReR {PRIVATE}"])
def test_an_agent_is_its_owners_words(client: TestClient, stores: SqliteStores, header: str) -> None:
    stores.agents.put_agent(rows.agent())
    expected = {
        "id": "-Agent",
        "name": "Front desk",
        "config": dict(rows.agent().config),
        "created_at": 1_800_000_000,
        "status": "disabled",
        "embed": {"size": 160},
    }
    assert get(client, "/agents/-Agent", header) == (200, expected)


def test_the_header_token_counts_where_there_is_no_other(client: TestClient) -> None:
    assert client.get("/agents", headers={"token": PRIVATE}).status_code == 200
    assert client.get("/agents", headers={"token": PUBLIC}).status_code == 401
    assert client.get("/agents", headers={"token": PUBLIC, "authorization": PRIVATE}).status_code == 200
    assert client.get("/agents", headers={"token": PRIVATE, "authorization": PUBLIC}).status_code == 401


def test_an_ended_call_is_a_complete_call_history(client: TestClient, stores: SqliteStores) -> None:
    stores.calls.begin_call(rows.live_call())
    stores.calls.finish_call(rows.ended_call())
    status, body = get(client, "/call-logs/s-1")
    assert status == 200
    recording = body.pop("recording")
    assert sorted(recording) == ["recording_url", "stereo_recording_url"]
    assert recording["recording_url"].startswith(f"{API_URL}/call-logs/s-1/recording?token=")
    assert json.loads(body.pop("chat")) == [{"role": "assistant", "content": "Hi Ann"}]
    assert body == {
        "agent_id": "-Agent",
        "agent_config": {"first_message": "Hi {userName}"},
        "duration": 37,
        "ts": 1_800_000_000.75,
        "chars_used": 6,
        "session_id": "s-1",
        "call_id": "c-1",
        "cost_breakdown": [{"type": "tts", "provider": "rime", "credit": 0.39, "quantity": 52.0}],
        "voip": {"from": "+15551234567", "to": "+15557654321"},
        "metadata": {"userName": "Ann"},
        "visitor_supplied": ["userName"],
        "function_calls": [{"name": "book", "params": {"at": "six"}, "result": "ok", "run_after_call": False}],
        "call_status": "user-ended",
        "session_continuation": {"session_id": "earlier"},
        "usage": [
            {"unit": "tts:characters", "quantity": 52, "provider": "", "model": "", "discarded": False},
            {"unit": "llm:requests", "quantity": 1, "provider": "openai", "model": "gpt-6-luna", "discarded": True},
        ],
        "notes": [],
        "call_analysis": {"opt_out_detection": True},
        "call_metrics": {"utterance_latency": {"avg": 612}, "turns": [{"turn_id": 1, "llm_ttft": None}]},
    }


def test_a_live_call_is_in_progress_with_explicit_nulls(client: TestClient, stores: SqliteStores) -> None:
    stores.calls.begin_call(rows.live_call())
    status, body = get(client, "/call-logs/s-1")
    assert status == 200
    assert body["call_status"] == "in-progress"
    nulls = {name for name, value in body.items() if value is None}
    assert nulls == {
        "visitor_supplied",
        "session_continuation",
        "duration",
        "chat",
        "chars_used",
        "cost_breakdown",
        "voip",
        "recording",
        "call_analysis",
        "call_metrics",
    }


def test_a_call_that_opted_out_says_so_by_nulls(client: TestClient, stores: SqliteStores) -> None:
    config = {"privacy_settings": {"opt_out_data_collection": True}}
    stores.calls.begin_call(replace(rows.live_call(), agent_config=config, metadata={}))
    stores.calls.finish_call(
        replace(rows.ended_call(), agent_config=config, metadata={}, chat=None, function_calls=(), voip=None)
    )
    status, body = get(client, "/call-logs/s-1")
    assert (status, body["metadata"], body["chat"], body["function_calls"]) == (200, None, None, None)
    assert (body["duration"], body["call_status"]) == (37, CallStatus.USER_ENDED)


def test_a_lone_surrogate_that_a_client_sent_can_be_read_back(client: TestClient, stores: SqliteStores) -> None:
    stores.calls.begin_call(replace(rows.live_call(), metadata={"userName": "\ud800"}, chat=[{"content": "\ud800é"}]))
    status, body = get(client, "/call-logs/s-1")
    assert (status, body["metadata"]) == (200, {"userName": "\ud800"})
    assert json.loads(body["chat"]) == [{"content": "\ud800é"}]


@pytest.mark.parametrize("path", ["/agents/-Agent", "/call-logs/s-1"])
@pytest.mark.parametrize(
    ("key", "expected"),
    [(None, 401), ("", 401), ("x" * 32, 401), ("Bearer", 401), (PUBLIC, 401), (BOBS, 404), (PRIVATE, 200)],
)
def test_who_may_read(client: TestClient, stores: SqliteStores, path: str, key: str | None, expected: int) -> None:
    stores.agents.put_agent(rows.agent())
    stores.calls.begin_call(rows.live_call())
    status, body = get(client, path, key)
    assert status == expected
    if expected != 200:
        assert set(body) == {"detail", "message"}
        assert body["detail"] == body["message"] != ""


def test_a_401_names_the_scheme(client: TestClient) -> None:
    assert client.get("/agents/-A").headers["www-authenticate"] == "Bearer"


def test_a_suspended_account_is_forbidden(client: TestClient, stores: SqliteStores) -> None:
    stores.accounts.put_account(rows.account())
    status, body = get(client, "/agents/-Agent")
    assert (status, body["message"]) == (403, "the account is suspended")


@pytest.mark.parametrize("path", ["/agents/-None", "/agents/%F0%9F%98%80", "/call-logs/none", "/nothing", "/", "/docs"])
def test_what_is_not_there_is_a_404(client: TestClient, path: str) -> None:
    status, body = get(client, path)
    assert status == 404
    assert set(body) == {"detail", "message"}


def test_a_wrong_method_is_a_405(client: TestClient) -> None:
    reply = client.post("/health")
    assert (reply.status_code, reply.json()["message"]) == (405, "Method Not Allowed")
    assert reply.headers["allow"] == "GET"
