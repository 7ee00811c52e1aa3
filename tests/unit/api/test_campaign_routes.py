from typing import Any

import pytest

from callstore.sqlite import SqliteStores
from tests.contract.ports import rows
from tests.unit.api.owners import Caller

NUMBER = "+15551234567"


def create(caller: Caller, name: str = "Spring") -> dict[str, Any]:
    status, campaign = caller.post("/campaigns", {"name": name})
    assert status == 200
    assert isinstance(campaign, dict)
    return campaign


def test_a_campaign_is_created_listed_and_deleted(ann: Caller) -> None:
    campaign = create(ann)
    assert len(campaign["id"]) == 20
    assert campaign == {
        "id": campaign["id"],
        "name": "Spring",
        "status": "idle",
        "created_at": 1_800_000_000,
        "include_metadata_in_prompt": False,
        "caller": None,
        "records": [],
    }
    assert ann.get("/campaigns") == (200, [campaign])
    assert ann.delete(f"/campaigns/{campaign['id']}") == (200, campaign)
    assert ann.get(f"/campaigns/{campaign['id']}")[0] == ann.delete(f"/campaigns/{campaign['id']}")[0] == 404


def test_its_info_is_changed_in_parts(ann: Caller) -> None:
    path = f"/campaigns/{create(ann)['id']}"
    assert ann.put(f"{path}/info", {"name": "Autumn"})[1]["name"] == "Autumn"
    status, info = ann.put(f"{path}/info", {"name": None, "include_metadata_in_prompt": True})
    assert status == 200
    assert (info["name"], info["include_metadata_in_prompt"]) == ("Autumn", True)
    assert ann.get(f"{path}/info") == (200, info)
    assert ann.get(path) == (200, info | {"records": []})


def test_its_caller_is_a_number_of_the_account(ann: Caller, bob: Caller, stores: SqliteStores) -> None:
    path = f"/campaigns/{create(ann)['id']}/set_caller"
    assert ann.post(path, {"caller": NUMBER})[0] == 404
    stores.phones.change_phone(rows.ANN, rows.phone().number, lambda _: rows.phone())
    assert ann.post(path, {"caller": "1 555 123 4567"})[1]["caller"] == NUMBER
    assert ann.post(path, {"caller": None})[1]["caller"] is None
    theirs = create(bob)
    assert bob.post(f"/campaigns/{theirs['id']}/set_caller", {"caller": NUMBER})[0] == 404


def test_records_are_added_replaced_and_taken_out(ann: Caller) -> None:
    path = f"/campaigns/{create(ann)['id']}"
    status, campaign = ann.post(
        f"{path}/records",
        [{"phone": "+1 555 1", "metadata": {"userName": "Ann"}}, {"phone": "+15552", "metadata": None}],
    )
    assert status == 200
    first = {"phone": "+15551", "metadata": {"userName": "Ann"}, "call_status": "not_started"}
    assert campaign["records"] == [first, {"phone": "+15552", "metadata": {}, "call_status": "not_started"}]
    ann.post(f"{path}/records", [{"phone": "+15551", "metadata": {"userName": "Bo"}}])
    assert ann.delete(f"{path}/records/%2B15552") == (200, {"phone": "+15552", "deleted": True})
    assert ann.delete(f"{path}/records/+15552")[0] == 404
    assert ann.get(path)[1]["records"] == [first | {"metadata": {"userName": "Bo"}}]
    assert ann.get("/campaigns")[1][0] == ann.get(path)[1]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "field"),
    [
        ("POST", "/campaigns", {"name": None}, 422, "name"),
        ("PUT", "/info", {"name": ""}, 422, "name"),
        ("PUT", "/info", {"include_metadata_in_prompt": "perhaps"}, 422, "include_metadata_in_prompt"),
        ("POST", "/set_caller", {}, 422, "caller"),
        ("POST", "/set_caller", {"caller": "x"}, 400, "phone"),
        ("POST", "/records", {}, 422, "body"),
        ("POST", "/records", [{"metadata": {}}], 422, "phone"),
        ("POST", "/records", [{"phone": "+15551"}, {"phone": "x"}], 400, "phone"),
        ("POST", "/records", [{"phone": "+15551", "metadata": {"": "x"}}], 400, "metadata"),
        ("DELETE", "/records/x", None, 400, "phone"),
    ],
)
def test_a_bad_request_is_refused_by_the_fields_name(
    ann: Caller, method: str, path: str, body: object, status: int, field: str
) -> None:
    campaign = create(ann)
    whole_path = path if path.startswith("/campaigns") else f"/campaigns/{campaign['id']}{path}"
    answered, problem = ann.send(method, whole_path, body)
    assert answered == status
    assert field in problem["message"]
    assert ann.get("/campaigns") == (200, [campaign])


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("DELETE", "", None),
        ("GET", "/info", None),
        ("PUT", "/info", {"name": "Mine"}),
        ("POST", "/set_caller", {"caller": None}),
        ("POST", "/records", [{"phone": NUMBER}]),
        ("DELETE", f"/records/{NUMBER}", None),
    ],
)
def test_another_accounts_campaign_does_not_exist(
    ann: Caller, bob: Caller, method: str, path: str, body: object
) -> None:
    own = f"/campaigns/{create(ann)['id']}"
    ann.post(f"{own}/records", [{"phone": NUMBER}])
    campaign = ann.get(own)[1]
    assert bob.send(method, own + path, body)[0] == 404
    assert bob.get("/campaigns") == (200, [])
    assert ann.get(own) == (200, campaign)
