from typing import Any

import pytest

from callstore.sqlite.stores import SqliteStores
from tests.contract.ports import rows
from tests.unit.api.owners import Caller

NUMBER = "+15551234567"


def import_one(caller: Caller, **body: Any) -> dict[str, Any]:
    status, phone = caller.post("/phones/import", {"provider": "twilio", "phone": NUMBER} | body)
    assert status == 200
    assert isinstance(phone, dict)
    return phone


def test_a_number_is_imported_once_and_keeps_what_was_set(ann: Caller, stores: SqliteStores) -> None:
    body = {"country": "US", "region": "us-west", "api_key": None, "api_secret": "", "auth_id": None}
    phone = import_one(ann, **body)
    assert phone == {
        "id": NUMBER,
        "create_at": 1_800_000_000,
        "status": "inactive",
        "agent_id": None,
        "agent_config_override": None,
        "tags": [],
        "provider": "twilio",
        "country": "US",
        "region": "us-west",
    }
    ann.post(f"/phones/{NUMBER}/tags", {"tags": ["a"]})
    again = import_one(ann, provider="vanage", country=None, region="eu-west")
    assert again == phone | {"tags": ["a"], "provider": "vonage", "country": None, "region": "eu-west"}
    assert ann.get("/phones") == (200, [again])


def test_several_numbers_at_once(ann: Caller) -> None:
    status, phones = ann.post(
        "/phones/import", {"provider": "exotel", "phones": ["+1 555 1", "1 555 2"], "phone": None}
    )
    assert (status, [phone["id"] for phone in phones]) == (200, ["+15551", "+15552"])


@pytest.mark.parametrize("path", [NUMBER, "%2B15551234567", "15551234567", "+1-555-123-4567"])
@pytest.mark.parametrize("plural", ["/phones", "/phone"])
def test_a_number_in_a_path_is_raw_or_escaped(ann: Caller, plural: str, path: str) -> None:
    phone = import_one(ann)
    assert ann.get(f"{plural}/{path}") == (200, phone)
    assert ann.put(f"{plural}/{path}", {"tags": ["x", "y", "x"]}) == (200, phone | {"tags": ["x", "y"]})
    assert ann.put(f"{plural}/{path}", {"tags": None})[1]["tags"] == ["x", "y"]
    assert ann.delete(f"{plural}/{path}") == (200, {"id": NUMBER, "deleted": True})
    assert ann.get(f"{plural}/{path}")[0] == ann.delete(f"{plural}/{path}")[0] == 404


def test_an_agent_answers_a_number_by_every_alias(ann: Caller, stores: SqliteStores) -> None:
    import_one(ann)
    stores.agents.put_agent(rows.agent())
    for path, body in (
        (f"/phones/{NUMBER}/set_agent", {"agent_id": "-Agent"}),
        (f"/phones/{NUMBER}/set_agent", {"agentId": "-Agent"}),
        ("/set_phone_agent", {"phone": NUMBER, "agent_id": "-Agent"}),
    ):
        assert ann.post(path, body)[1]["agent_id"] == "-Agent"
        assert ann.get(f"/phones/{NUMBER}")[1]["agent_id"] == "-Agent"
        assert ann.post("/set_phone_agent", {"phone": NUMBER, "agent_id": None})[1]["agent_id"] is None


def test_an_override_is_stored_and_taken_away(ann: Caller) -> None:
    import_one(ann)
    path = f"/phones/{NUMBER}/agent-config-override"
    assert ann.post(path, {"language": "de", "x": 1})[1]["agent_config_override"] == {"language": "de", "x": 1}
    assert ann.get(f"/phones/{NUMBER}")[1]["agent_config_override"] == {"language": "de", "x": 1}
    assert ann.send("POST", path, ...)[1]["agent_config_override"] is None


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "field"),
    [
        ("POST", "/phones/import", {}, 422, "provider"),
        ("POST", "/phones/import", {"provider": "acme", "phone": NUMBER}, 422, "provider"),
        ("POST", "/phones/import", {"provider": "twilio"}, 400, "phone"),
        ("POST", "/phones/import", {"provider": "twilio", "phone": None, "phones": []}, 400, "phone"),
        ("POST", "/phones/import", {"provider": "twilio", "phone": "none"}, 400, "phone"),
        ("POST", "/phones/import", {"provider": "twilio", "phones": [NUMBER, "x"]}, 400, "phone"),
        ("POST", "/phones/import", {"provider": "twilio", "phone": NUMBER, "region": "mars"}, 400, "eu-west, us-west"),
        ("GET", "/phones/x", None, 400, "phone"),
        ("POST", f"/phones/{NUMBER}/set_agent", {}, 422, "agent_id"),
        ("POST", f"/phones/{NUMBER}/set_agent", {"agent_id": "-None"}, 404, "-None"),
        ("POST", "/set_phone_agent", {"agent_id": "-None"}, 422, "phone"),
        ("POST", f"/phones/{NUMBER}/tags", {"tags": [""]}, 422, "tags"),
        ("POST", f"/phones/{NUMBER}/tags", {"tags": ["x"] * 51}, 422, "tags"),
        ("POST", f"/phones/{NUMBER}/agent-config-override", {"vad_threshold": 2}, 400, "vad_threshold"),
        ("POST", f"/phones/{NUMBER}/agent-config-override", [], 422, "body"),
    ],
)
def test_a_bad_request_is_refused_by_the_fields_name(
    ann: Caller, method: str, path: str, body: object, status: int, field: str
) -> None:
    phone = import_one(ann)
    answered, problem = ann.send(method, path, body)
    assert answered == status
    assert field in problem["message"]
    assert ann.get("/phones") == (200, [phone])


def test_another_accounts_number_does_not_exist(ann: Caller, bob: Caller) -> None:
    phone = import_one(ann)
    assert bob.get("/phones") == (200, [])
    assert bob.get(f"/phones/{NUMBER}")[0] == 404
    assert bob.put(f"/phones/{NUMBER}", {"tags": ["x"]})[0] == 404
    assert bob.post(f"/phones/{NUMBER}/set_agent", {"agent_id": None})[0] == 404
    assert bob.post(f"/phones/{NUMBER}/agent-config-override", {})[0] == 404
    assert bob.delete(f"/phones/{NUMBER}")[0] == 404
    assert ann.get("/phones") == (200, [phone])


def test_no_agent_of_another_account_answers(ann: Caller, bob: Caller, stores: SqliteStores) -> None:
    import_one(ann)
    stores.agents.put_agent(rows.agent(account_id=rows.BOB))
    assert ann.post(f"/phones/{NUMBER}/set_agent", {"agent_id": "-Agent"})[0] == 404
