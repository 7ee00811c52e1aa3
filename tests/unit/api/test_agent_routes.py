import json
from dataclasses import replace
from typing import Any

import pytest
from starlette.testclient import TestClient

from callcore.ids import AgentId
from callcore.voices import CATALOGUE_KEY, Voice, catalogue_text
from callstore.files import FilesBlobStore
from callstore.sqlite.stores import SqliteStores
from tests.clocks import ManualClock
from tests.contract.ports import rows
from tests.unit.api.owners import PRIVATE, Caller


def create(caller: Caller, **body: Any) -> dict[str, Any]:
    status, agent = caller.post("/agents", {"name": "Desk"} | body)
    assert status == 200
    assert isinstance(agent, dict)
    return agent


def test_an_agent_is_created_listed_and_deleted(ann: Caller, clock: ManualClock) -> None:
    first = create(ann, config={"prompt": "Be kind.", "unknown": {"kept": [1]}})
    assert len(first.pop("id")) == 20
    assert first == {
        "name": "Desk",
        "config": {"prompt": "Be kind.", "unknown": {"kept": [1]}},
        "created_at": 1_800_000_000,
        "status": "active",
        "embed": None,
    }
    clock.advance(1)
    second = create(ann, name="Second", config=None)
    status, listed = ann.get("/agents?page=2&limit=0&search=x")
    assert (status, [agent["name"] for agent in listed]) == (200, ["Desk", "Second"])
    assert ann.delete(f"/agents/{second['id']}") == (200, {"id": second["id"], "deleted": True})
    assert ann.delete(f"/agents/{second['id']}")[0] == 404
    assert [agent["name"] for agent in ann.get("/agents")[1]] == ["Desk"]


@pytest.mark.parametrize("content_type", [None, "", "application/x-www-form-urlencoded", "text/plain", "nonsense"])
def test_a_body_is_json_whatever_it_is_called(client: TestClient, content_type: str | None) -> None:
    body = json.dumps({"name": "Desk", "config": {}}).encode()
    headers = {"authorization": PRIVATE} | ({} if content_type is None else {"content-type": content_type})
    reply = client.post("/agents", content=body, headers=headers)
    assert (reply.status_code, reply.json()["name"]) == (200, "Desk")


def test_an_update_is_partial_and_null_clears(ann: Caller) -> None:
    agent = create(ann, config={"prompt": "P", "voice": {"voice_id": "slt"}, "language": "de", "first_message": "Hi"})
    update = {"first_message": "Hello", "language": None, "prompt": None, "voice": None}
    status, updated = ann.put(f"/agents/{agent['id']}", {"name": None, "config": update})
    assert status == 200
    assert updated["config"] == {"prompt": "P", "voice": {"voice_id": "slt"}, "first_message": "Hello"}
    assert ann.put(f"/agents/{agent['id']}", {"name": "Door"})[1] == updated | {"name": "Door"}
    assert ann.get(f"/agents/{agent['id']}")[1] == updated | {"name": "Door"}


def test_a_duplicate_is_an_active_agent_of_its_own(ann: Caller, clock: ManualClock) -> None:
    agent = create(ann, name="N" * 200, config={"prompt": "P"})
    ann.post(f"/agents/{agent['id']}/embed", {"size": 80})
    ann.post(f"/agents/{agent['id']}/status", {"status": "disabled"})
    clock.advance(5)
    status, copy = ann.post(f"/agents/{agent['id']}/duplicate")
    assert status == 200
    assert copy["id"] != agent["id"]
    assert copy["name"] == "N" * 193 + " (copy)"
    assert (copy["config"], copy["embed"], copy["status"]) == ({"prompt": "P"}, {"size": 80}, "active")
    assert copy["created_at"] == agent["created_at"] + 5
    ann.put(f"/agents/{copy['id']}", {"config": {"prompt": "Q"}})
    assert ann.get(f"/agents/{agent['id']}")[1]["config"] == {"prompt": "P"}


def test_status_and_embed_are_stored(ann: Caller, stores: SqliteStores) -> None:
    path = f"/agents/{create(ann)['id']}"
    assert ann.post(f"{path}/status", {"status": "disabled"})[1]["status"] == "disabled"
    assert ann.get(path)[1]["status"] == "disabled"
    assert ann.post(f"{path}/status", {"status": "active"})[1]["status"] == "active"
    assert ann.post(f"{path}/embed", {"titles": {"idle": "Call"}})[1]["embed"] == {"titles": {"idle": "Call"}}
    assert ann.get(path)[1]["embed"] == {"titles": {"idle": "Call"}}
    assert len(stores.agents.list_agents(rows.ANN)) == 1


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "field"),
    [
        ("POST", "/agents", {}, 422, "name"),
        ("POST", "/agents", {"name": None, "config": None}, 422, "name"),
        ("POST", "/agents", {"name": ""}, 422, "name"),
        ("POST", "/agents", {"name": "x" * 201}, 422, "name"),
        ("POST", "/agents", {"name": 5}, 422, "name"),
        ("POST", "/agents", {"name": "\ud800"}, 422, "name"),
        ("POST", "/agents", {"name": "x", "config": []}, 422, "config"),
        ("POST", "/agents", [], 422, "body"),
        ("POST", "/agents", None, 422, "body"),
        ("POST", "/agents", {"name": "x", "config": {"prompt": {"a": 1}}}, 400, "config.prompt"),
        ("POST", "/agents", {"name": "x", "config": {"prompt": "\ud800"}}, 400, "config"),
        ("POST", "/agents", {"name": "x", "config": {"llm": {"temperature": -1}}}, 400, "config.llm.temperature"),
        ("POST", "/agents", {"name": "x", "config": {"prompt": "x" * 262_144}}, 400, "config"),
        ("PUT", "/agents/-Agent", {"config": {"vad_threshold": 2}}, 400, "config.vad_threshold"),
        ("PUT", "/agents/-Agent", {"name": ["x"]}, 422, "name"),
        ("POST", "/agents/-Agent/status", {"status": "asleep"}, 422, "status"),
        ("POST", "/agents/-Agent/status", {"status": None}, 422, "status"),
        ("POST", "/agents/-Agent/embed", [], 422, "body"),
        ("POST", "/agents/-Agent/embed", {"x": "\ud800"}, 400, "embed"),
        ("POST", "/agents/-Agent/embed", {"x": "x" * 262_144}, 400, "embed"),
    ],
)
def test_a_bad_body_is_refused_by_the_fields_name(
    ann: Caller, stores: SqliteStores, method: str, path: str, body: object, status: int, field: str
) -> None:
    stores.agents.put_agent(rows.agent())
    answered, problem = ann.send(method, path, body)
    assert answered == status
    assert field in problem["message"]
    assert list(stores.agents.list_agents(rows.ANN)) == [rows.agent()]


@pytest.mark.parametrize("text", ["{", "", '{"name": NaN}', "[" * 100_000, '{"name": "x", "config": {"a": NaN}}'])
def test_broken_json_is_the_senders_fault(client: TestClient, text: str) -> None:
    reply = client.post("/agents", content=text.encode(), headers={"authorization": PRIVATE})
    assert 400 <= reply.status_code < 500
    assert set(reply.json()) == {"detail", "message"}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("PUT", "", {"name": "Mine"}),
        ("DELETE", "", None),
        ("POST", "/duplicate", None),
        ("POST", "/status", {"status": "active"}),
        ("POST", "/embed", {}),
    ],
)
def test_another_accounts_agent_does_not_exist(
    bob: Caller, stores: SqliteStores, method: str, path: str, body: object
) -> None:
    stores.agents.put_agent(rows.agent())
    assert bob.send(method, f"/agents/-Agent{path}", body)[0] == 404
    assert bob.get("/agents") == (200, [])
    assert stores.agents.get_agent(rows.ANN, AgentId("-Agent")) == rows.agent()


def test_an_agent_whose_model_has_ended_is_saved_with_a_warning(ann: Caller) -> None:
    agent = create(ann, config={"llm": "gpt-4o"})
    (warning,) = agent["warnings"]
    assert warning.startswith("llm: gpt-4o was shut down on 2027-01-14")
    status, updated = ann.put(f"/agents/{agent['id']}", {"config": {"llm": "gpt-6-luna"}})
    assert (status, "warnings" in updated) == (200, False)


def test_an_agent_whose_providers_serve_nobody_is_saved_with_a_warning_for_each(
    ann: Caller, stores: SqliteStores, blobs: FilesBlobStore
) -> None:
    writer = blobs.create(CATALOGUE_KEY, "application/json")
    writer.append(catalogue_text([Voice("Ruth", "polly", "Ruth", "en-US", "generative")]))
    writer.finish(b"")
    config = {"voice": {"provider": "rime"}, "llm": {"provider": "anthropik"}}
    model, voice = create(ann, config=config)["warnings"]
    assert model.startswith("llm.provider: no provider of that name is known; there are openai, groq")
    assert voice == "voice.provider: rime is not set up here; another voice serves"
    stores.directory.change_account(rows.ANN, lambda account: replace(account, vendor_keys={"rime": "sealed"}))
    assert "warnings" not in create(ann, config={"voice": {"provider": "rime"}})
