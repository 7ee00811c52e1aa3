"""Keys are made, shown once, limited, exchanged and revoked."""

import re
from dataclasses import replace

from callauth.keys import hash_key, key_record
from callcore.accounts.account import KeyKind, KeyPolicy, KeyRecord, Overrides
from callstore.sqlite.stores import SqliteStores
from tests.contract.ports import rows
from tests.integration.console import recorded
from tests.integration.console.browser import Browser, Page
from tests.peers.accounts import BOBS, PRIVATE, PUBLIC


def id_of(key: str) -> str:
    return hash_key(key)[:16]


def shown(page: Page) -> str:
    (key,) = re.findall(r'<code id="key" class="once">(\w+)</code>', page.html)
    return str(key)


def stored(stores: SqliteStores, key: str) -> KeyRecord:
    found = stores.accounts.find_key(hash_key(key))
    assert found is not None
    return found


def make(ann: Browser, **entered: object) -> Page:
    return ann.send(ann.open("/keys/new"), "/keys/new", **entered)


def test_keys_are_listed_without_being_shown(ann: Browser) -> None:
    page = ann.open("/keys")
    assert page.status == 200
    assert f"/console/keys/{id_of(PRIVATE)}" in page.paths()
    for secret in (PRIVATE, PUBLIC, BOBS, hash_key(PRIVATE), id_of(BOBS)):
        assert secret not in page.html


def test_a_private_key_is_shown_once_and_opens_the_account(ann: Browser, stores: SqliteStores) -> None:
    page = make(ann, kind="private", label="Back office")
    key = shown(page)
    record = stored(stores, key)
    assert (record.kind, record.label, record.account_id) == (KeyKind.PRIVATE, "Back office", rows.ANN)
    assert record.policy == KeyPolicy()
    assert page.response.headers["cache-control"] == "no-store"
    assert "Back office" in ann.open("/keys").text
    assert key not in ann.open("/keys").html


def test_a_public_key_has_the_policy_that_was_entered(ann: Browser, stores: SqliteStores) -> None:
    recorded.agents(stores)
    page = make(
        ann,
        kind="public",
        label="Shop",
        any_agent=None,
        agents=[recorded.DESK],
        any_origin=None,
        origins="https://shop.example\r\nhttps://www.shop.example",
        overrides="none",
        phone="1",
        max_minutes_per_day="60",
    )
    assert stored(stores, shown(page)).policy == KeyPolicy(
        (recorded.DESK,),
        ("https://shop.example", "https://www.shop.example"),
        Overrides.NONE,
        phone=True,
        max_minutes_per_day=60,
    )
    assert "pages of https://shop.example, https://www.shop.example" in page.text
    assert "60 minutes a day (UTC)" in page.text


def test_as_it_is_offered_a_new_key_is_safe(ann: Browser, stores: SqliteStores) -> None:
    assert stored(stores, shown(make(ann, kind="public"))).policy == KeyPolicy()


WRONG: list[tuple[dict[str, object], str]] = [
    ({"kind": "master"}, "Choose one of the two"),
    ({"kind": None}, "Choose one of the two"),
    ({"label": "x" * 101}, "At most 100 characters"),
    ({"any_origin": None, "origins": "shop.example"}, "shop.example is no origin"),
    ({"any_origin": None, "origins": "https://a.example https://b.example/path"}, "https://b.example/path is no"),
    ({"any_origin": None, "origins": "\n".join(["https://a.example"] * 101)}, "at most 100"),
    ({"overrides": "everything"}, "Choose from what is offered"),
    ({"max_minutes_per_day": "many"}, "Write a whole number"),
    ({"max_spend_per_day": "-1"}, "Write a whole number"),
    ({"any_agent": None, "agents": ["x" * 129]}, "Choose from what is offered"),
]


def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_made(ann: Browser, stores: SqliteStores) -> None:
    before = list(stores.credentials.list_keys(rows.ANN))
    for entered, told in WRONG:
        page = make(ann, **{"label": "Mine"} | entered)
        assert page.status == 422
        assert told in page.text
        assert "label" in entered or 'value="Mine"' in page.html, "what was entered is still there"
    assert list(stores.credentials.list_keys(rows.ANN)) == before


def test_a_policy_is_changed_and_what_the_form_does_not_show_stays(ann: Browser, stores: SqliteStores) -> None:
    local = KeyPolicy(overrides=Overrides.ALL, loopback_only=True, max_concurrent_calls=3)
    stores.accounts.put_key(key_record("local-key", KeyKind.PUBLIC, rows.ANN, "Local", 2.0, local))
    page = ann.open(f"/keys/{id_of('local-key')}")
    assert page.form(f"/keys/{id_of('local-key')}").fields[1:] == [
        ("label", "Local"),
        ("any_agent", "1"),
        ("any_origin", "1"),
        ("origins", ""),
        ("overrides", "all"),
        ("max_concurrent_calls", "3"),
        ("max_minutes_per_day", ""),
        ("max_spend_per_day", ""),
    ]
    done = ann.send(page, f"/keys/{id_of('local-key')}", label="Here", overrides="safe", max_concurrent_calls="")
    assert "new policy" in done.text
    changed = stored(stores, "local-key")
    assert (changed.label, changed.policy) == ("Here", KeyPolicy(loopback_only=True))
    wrong = ann.send(page, f"/keys/{id_of('local-key')}", max_concurrent_calls="x")
    assert (wrong.status, stored(stores, "local-key")) == (422, changed)


def test_a_key_is_exchanged_for_another_one(ann: Browser, stores: SqliteStores) -> None:
    new = stored(stores, shown(ann.send(ann.open("/keys"), f"/keys/{id_of(PUBLIC)}/rotate")))
    old = stored(stores, PUBLIC)
    assert old.revoked_at is not None
    assert (new.kind, new.policy, new.revoked_at) == (old.kind, old.policy, None)


def test_a_key_is_revoked_once(ann: Browser, stores: SqliteStores) -> None:
    page = ann.open("/keys")
    assert "refused from now on" in ann.send(page, f"/keys/{id_of(PUBLIC)}/revoke").text
    revoked_at = stored(stores, PUBLIC).revoked_at
    assert revoked_at is not None
    ann.send(page, f"/keys/{id_of(PUBLIC)}/revoke")
    assert stored(stores, PUBLIC).revoked_at == revoked_at
    assert ann.send(page, f"/keys/{id_of(PUBLIC)}/rotate").status == 409
    assert "This key is revoked" in ann.open(f"/keys/{id_of(PUBLIC)}").text


def test_another_accounts_key_is_not_there(ann: Browser, stores: SqliteStores) -> None:
    assert ann.open(f"/keys/{id_of(BOBS)}").status == 404
    proof = dict(ann.open("/keys").form(f"/keys/{id_of(PUBLIC)}/revoke").fields)["proof"]
    refused = ann.post(f"/console/keys/{id_of(BOBS)}/revoke", [("proof", proof)])
    assert refused.status == 403, "a form is good for its own path"
    assert stored(stores, BOBS).revoked_at is None


def test_a_label_and_an_origin_are_no_markup(ann: Browser, stores: SqliteStores) -> None:
    bad = "<script>alert(1)</script>"
    policy = KeyPolicy(origins=(f"https://{bad}",))
    key = replace(key_record("k", KeyKind.PUBLIC, rows.ANN, bad, 2.0, policy), hint="<b>")
    stores.accounts.put_key(key)
    for path in ("/keys", f"/keys/{key.key_id}"):
        page = ann.open(path)
        assert page.status == 200
        assert bad not in page.html
        assert "<b>" not in page.html
