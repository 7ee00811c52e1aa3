from dataclasses import replace
from typing import Any

import pytest
from starlette.testclient import TestClient

from callauth.console_key import console_key
from callauth.keys import authenticate, hash_key
from callcore.accounts.account import KeyKind, KeyPolicy
from callcore.errors import NotAllowed
from callstore.sqlite.stores import SqliteStores
from tests.clocks import ManualClock
from tests.contract.ports import rows
from tests.unit.api.owners import PRIVATE, PUBLIC, Caller

DEFAULT_POLICY = {
    **{"agents": None, "origins": None, "overrides": "safe", "phone": False, "loopback_only": False},
    **dict.fromkeys(("max_concurrent_calls", "max_minutes_per_day", "max_spend_per_day")),
}


def create(caller: Caller, **body: Any) -> dict[str, Any]:
    status, key = caller.post("/keys", {"kind": "public"} | body)
    assert status == 200
    assert isinstance(key, dict)
    return key


def test_a_key_is_shown_once_and_works(ann: Caller, client: TestClient, stores: SqliteStores) -> None:
    made = create(ann, kind="private", label="CI")
    key = made.pop("key")
    assert made == {
        "id": hash_key(key)[:16],
        "kind": "private",
        "label": "CI",
        "hint": key[:4],
        "created_at": 1_800_000_000,
        "revoked_at": None,
        "policy": None,
        "policy_means": None,
    }
    assert Caller(client, key).get("/agents")[0] == 200
    status, listed = ann.get("/keys")
    assert status == 200
    assert [one["label"] for one in listed] == ["", "", "CI"]
    assert made in listed
    assert all(secret not in str(listed) for secret in (key, PRIVATE, PUBLIC, hash_key(key)))


def test_a_public_key_has_a_policy_in_words(ann: Caller, stores: SqliteStores) -> None:
    assert create(ann)["policy"] == DEFAULT_POLICY
    policy = {"agents": ["-A"], "origins": ["https://a.example:8443"], "overrides": "none", "phone": True}
    made = create(ann, policy=policy)
    assert made["policy"] == DEFAULT_POLICY | policy
    assert set(made["policy_means"]) == set(DEFAULT_POLICY)
    assert made["policy_means"]["agents"] == "agents -A"
    record = stores.accounts.find_key(hash_key(made["key"]))
    assert record is not None
    assert record.policy.origins == ("https://a.example:8443",)
    assert create(ann, policy={"agents": [], "origins": []})["policy"] == DEFAULT_POLICY | {"agents": [], "origins": []}


def test_a_rotated_key_is_replaced_with_its_policy(ann: Caller, stores: SqliteStores, clock: ManualClock) -> None:
    old = create(ann, label="site", policy={"overrides": "all", "loopback_only": True})
    clock.advance(60)
    status, new = ann.post(f"/keys/{old['id']}/rotate")
    assert status == 200
    assert (new["label"], new["policy"]) == ("site", old["policy"])
    assert new["key"] != old["key"]
    authenticate(stores.accounts, new["key"], KeyKind.PUBLIC)
    revoked = next(key for key in ann.get("/keys")[1] if key["id"] == old["id"])
    assert revoked["revoked_at"] == 1_800_000_060
    assert ann.post(f"/keys/{old['id']}/rotate")[0] == 409


def test_a_key_may_rotate_itself_and_not_revoke_itself(ann: Caller, client: TestClient) -> None:
    own = hash_key(PRIVATE)[:16]
    status, problem = ann.delete(f"/keys/{own}")
    assert status == 409
    assert "revoke itself" in problem["message"]
    new = Caller(client, ann.post(f"/keys/{own}/rotate")[1]["key"])
    assert ann.get("/agents")[0] == 403
    assert new.get("/agents")[0] == 200


def test_a_revoked_key_is_refused(ann: Caller, client: TestClient) -> None:
    made = create(ann, kind="private")
    for _ in range(2):
        assert ann.delete(f"/keys/{made['id']}") == (200, {"id": made["id"], "revoked": True})
    assert Caller(client, made["key"]).get("/agents")[0] == 403


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({}, 422, "kind"),
        ({"kind": "secret"}, 422, "kind"),
        ({"kind": "public", "label": "x" * 101}, 422, "label"),
        ({"kind": "public", "policy": {"overrides": "some"}}, 422, "policy.overrides"),
        ({"kind": "public", "policy": {"origins": ["shop.example"]}}, 422, "policy.origins"),
        ({"kind": "public", "policy": {"origins": ["https://shop.example/path"]}}, 422, "policy.origins"),
        ({"kind": "public", "policy": {"agents": [""]}}, 422, "policy.agents"),
        ({"kind": "public", "policy": {"agents": ["x"] * 101}}, 422, "policy.agents"),
        ({"kind": "private", "policy": {}}, 400, "policy"),
        ({"kind": "public", "policy": {"orgins": ["https://shop.example"]}}, 422, "policy.orgins"),
        ({"kind": "public", "polciy": {"origins": ["https://shop.example"]}}, 422, "polciy"),
    ],
)
def test_a_bad_key_is_refused_by_the_fields_name(ann: Caller, body: object, status: int, field: str) -> None:
    answered, problem = ann.post("/keys", body)
    assert answered == status
    assert field in problem["message"]
    assert len(ann.get("/keys")[1]) == 2


def test_another_accounts_keys_do_not_exist(ann: Caller, bob: Caller) -> None:
    made = create(ann)
    assert made["id"] not in str(bob.get("/keys")[1])
    assert bob.delete(f"/keys/{made['id']}")[0] == 404
    assert bob.post(f"/keys/{made['id']}/rotate")[0] == 404
    assert ann.get("/keys")[1][-1]["revoked_at"] is None


def test_the_embed_secret_is_replaced_and_taken_away(ann: Caller, stores: SqliteStores) -> None:
    status, made = ann.post("/embed-secret")
    assert status == 200
    assert stores.accounts.get_account(rows.ANN).embed_secret == made["embed_secret"] != "secret" * 6
    assert ann.post("/embed-secret")[1] != made
    assert ann.delete("/embed-secret") == (200, {"revoked": True})
    assert stores.accounts.get_account(rows.ANN).embed_secret == ""
    assert stores.accounts.get_account(rows.BOB).embed_secret == "secret" * 6


@pytest.mark.parametrize("change", [("POST", "/embed-secret"), ("DELETE", "/embed-secret")])
def test_the_console_s_key_goes_with_the_secret_that_made_it(
    ann: Caller, stores: SqliteStores, change: tuple[str, str]
) -> None:
    stores.credentials.set_embed_secret(rows.ANN, "ann's" * 6)
    first = console_key(stores.accounts, stores.accounts.get_account(rows.ANN), 1.0)
    theirs = console_key(stores.accounts, stores.accounts.get_account(rows.BOB), 1.0)
    assert ann.send(*change)[0] == 200
    with pytest.raises(NotAllowed, match="revoked"):
        authenticate(stores.accounts, first, KeyKind.PUBLIC)
    authenticate(stores.accounts, theirs, KeyKind.PUBLIC)


def test_a_policy_as_stored_is_the_policy_as_shown(ann: Caller, stores: SqliteStores) -> None:
    stores.accounts.put_key(replace(rows.key(), policy=KeyPolicy(), revoked_at=None))
    shown = next(key for key in ann.get("/keys")[1] if key["label"] == "site")
    assert shown["policy"] == DEFAULT_POLICY
