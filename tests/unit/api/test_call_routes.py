from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from callauth.private_reports import SealedReports
from callcore.agents.agent import AgentStatus
from callcore.ids import SessionId
from callstore.private_calls import with_its_metadata
from callstore.sqlite.stores import SqliteStores
from tests.contract.ports import rows
from tests.unit.api.owners import Caller

CONFIG = {"prompt": "P", "language": "en"}


@pytest.fixture(autouse=True)
def agent(stores: SqliteStores) -> None:
    stores.agents.put_agent(replace(rows.agent(), status=AgentStatus.ACTIVE, config=CONFIG))


def test_a_registered_call_stands_in_the_log(ann: Caller, stores: SqliteStores) -> None:
    body = {
        "agent_id": "-Agent",
        "agent_config": {"language": "de", "prompt": None},
        "metadata": {"userName": "Ann"},
        "include_metadata_in_prompt": "true",
        "from_phone": "+1555",
        "to_phone": None,
        "session_continuation": None,
    }
    status, reply = ann.post("/register_call", body)
    assert (status, set(reply)) == (200, {"call_id", "session_id"})
    assert reply["call_id"] != reply["session_id"]
    history = ann.get(f"/call-logs/{reply['session_id']}")[1]
    assert history["call_status"] == "registered"
    assert history["agent_config"] == {"prompt": "P", "language": "de"}
    assert history["metadata"] == {"userName": "Ann"}
    assert history["voip"] == {"from": "+1555", "to": None}
    assert history["ts"] == 1_800_000_000
    call = stores.calls.get_call(rows.ANN, SessionId(reply["session_id"]))
    assert call.include_metadata_in_prompt
    assert ann.delete(f"/call-logs/{reply['session_id']}")[0] == 200


def test_nulls_everywhere_but_the_agent(ann: Caller) -> None:
    nulls: dict[str, Any] = dict.fromkeys(
        ("agent_config", "metadata", "include_metadata_in_prompt", "from_phone", "to_phone", "session_continuation")
    )
    assert ann.post("/register_call", nulls | {"agent_id": "-Agent"})[0] == 200
    assert ann.post("/register_call", {"agent_config": CONFIG, "include_metadata_in_prompt": ""})[0] == 200


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({}, 400, "agent_id"),
        ({"agent_id": None, "agent_config": None}, 400, "agent_id"),
        ({"agent_id": ""}, 400, "agent_id"),
        ({"agent_id": 5}, 422, "agent_id"),
        ({"agent_id": "-None"}, 404, "-None"),
        ({"agent_id": "-Agent", "agent_config": {"vad_threshold": 2}}, 400, "agent_config.vad_threshold"),
        ({"agent_id": "-Agent", "metadata": "x"}, 422, "metadata"),
        ({"agent_id": "-Agent", "metadata": {"a": "x" * 2001}}, 400, "metadata.a"),
        ({"agent_id": "-Agent", "include_metadata_in_prompt": "perhaps"}, 422, "include_metadata_in_prompt"),
        ({"agent_id": "-Agent", "from_phone": "1" * 65}, 422, "from_phone"),
    ],
)
def test_a_bad_call_is_refused_by_the_fields_name(ann: Caller, body: object, status: int, field: str) -> None:
    answered, problem = ann.post("/register_call", body)
    assert answered == status
    assert field in problem["message"]
    assert ann.get("/call-logs")[1]["histories"] == []


def test_a_disabled_or_foreign_agent_takes_no_call(ann: Caller, bob: Caller, stores: SqliteStores) -> None:
    assert bob.post("/register_call", {"agent_id": "-Agent"})[0] == 404
    ann.post("/agents/-Agent/status", {"status": "disabled"})
    assert ann.post("/register_call", {"agent_id": "-Agent"})[0] == 403


def test_what_a_private_call_brings_along_is_in_no_row(ann: Caller, stores: SqliteStores, tmp_path: Path) -> None:
    private = {"privacy_settings": {"opt_out_data_collection": True}}
    body = {"agent_id": "-Agent", "agent_config": private, "metadata": {"userName": "Rumpelstiltskin"}}
    status, reply = ann.post("/register_call", body)
    assert status == 200
    call = stores.call_log.find_call(rows.ANN, reply["call_id"])
    assert dict(call.metadata) == {}
    assert not any(b"Rumpelstiltskin" in path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    reports = SealedReports(stores.outbox, lambda: ("k" * 32,))
    assert with_its_metadata(call, reports, call.started_at).metadata == {"userName": "Rumpelstiltskin"}
    assert dict(with_its_metadata(call, None, call.started_at).metadata) == {}
