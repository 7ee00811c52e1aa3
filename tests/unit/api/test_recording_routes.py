"""The sound of a call: for its account's key, or whoever has the address, and nobody else."""

from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from callauth.recording_tokens import LIFETIME_S
from callcore.accounts.account import AccountStatus
from callcore.calls.call import Call
from callcore.ports import Blob
from callstore.files import FilesBlobStore
from callstore.sqlite.stores import SqliteStores
from tests.clocks import ManualClock
from tests.contract.ports import rows
from tests.unit.api.owners import API_URL, PRIVATE, Caller

SOUND = bytes(range(250)) * 40
PATH = "/call-logs/s-1/recording"


def store(stores: SqliteStores, blobs: FilesBlobStore, session_id: str = "s-1") -> Call:
    keys = {form: f"recordings/acc_ann/{session_id}.{form}.wav" for form in ("mixed", "stereo")}
    for form, key in keys.items():
        writer = blobs.create(key, "audio/wav")
        writer.append(SOUND + form.encode())
        writer.finish(b"")
    call = replace(rows.ended_call(session_id), recording=keys)
    stores.calls.begin_call(call)
    return call


@pytest.fixture(autouse=True)
def call(stores: SqliteStores, blobs: FilesBlobStore) -> Call:
    """Ann's, which is recorded."""
    return store(stores, blobs)


def links(caller: Caller) -> dict[str, str]:
    """The addresses as the call log gives them, without our own origin."""
    status, history = caller.get("/call-logs/s-1")
    assert status == 200
    assert all(url.startswith(API_URL + "/") for url in history["recording"].values())
    return {name: url.removeprefix(API_URL) for name, url in history["recording"].items()}


@pytest.mark.parametrize(
    ("path", "form"), [(PATH, b"mixed"), ("/histories/s-1/recording", b"mixed"), (f"{PATH}/stereo", b"stereo")]
)
def test_the_owners_key_opens_it(client: TestClient, path: str, form: bytes) -> None:
    reply = client.get(path, headers={"authorization": PRIVATE})
    assert (reply.status_code, reply.content) == (200, SOUND + form)
    assert reply.headers["content-type"] == "audio/wav"
    assert reply.headers["content-length"] == str(len(reply.content))
    assert reply.headers["accept-ranges"] == "bytes"
    assert "no-store" in reply.headers["cache-control"]


def test_the_addresses_of_the_call_log_need_no_key(client: TestClient, ann: Caller) -> None:
    found = links(ann)
    assert client.get(found["recording_url"]).content == SOUND + b"mixed"
    assert client.get(found["stereo_recording_url"]).content == SOUND + b"stereo"
    (listed,) = ann.get("/call-logs")[1]["histories"]
    (of_agent,) = ann.get("/call-logs?agent_id=-Agent")[1]["histories"]
    assert listed["recording"] == of_agent["recording"] == {name: API_URL + url for name, url in found.items()}


def test_a_part_is_given_as_a_player_asks_for_it(client: TestClient, ann: Caller) -> None:
    url = links(ann)["recording_url"]
    part = client.get(url, headers={"range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, SOUND[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(SOUND) + 5}"
    assert client.get(url, headers={"range": "bytes=-5"}).content == b"mixed"
    beyond = client.get(url, headers={"range": "bytes=99999-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(SOUND) + 5}")


def test_others_are_refused(client: TestClient, ann: Caller, bob: Caller, client_without_key: Caller) -> None:
    assert client_without_key.get(PATH)[0] == 401
    assert bob.get(PATH) == (404, {"detail": "call s-1 was not found", "message": "call s-1 was not found"})
    token = links(ann)["recording_url"].partition("token=")[2]
    assert bob.get(f"{PATH}?token={token}")[0] == 404, "a key counts more than a token"
    for bad in ("x", "a.b.c", token[:-4] + "AAAA", token + "x" * 2000, "%00", "é"):
        assert client_without_key.get(f"{PATH}?token={bad}")[0] == 401


def test_a_token_opens_one_recording_of_one_account(
    client_without_key: Caller, stores: SqliteStores, blobs: FilesBlobStore, ann: Caller
) -> None:
    store(stores, blobs, "s-2")
    token = links(ann)["recording_url"].partition("token=")[2]
    status, body = client_without_key.get(f"/call-logs/s-2/recording?token={token}")
    assert (status, body["message"]) == (403, "the token is for another recording")
    assert client_without_key.get(f"/call-logs/s-1?token={token}")[0] == 401


def test_an_address_expires_and_dies_with_the_secret(
    client: TestClient, ann: Caller, client_without_key: Caller, stores: SqliteStores, clock: ManualClock
) -> None:
    url = links(ann)["recording_url"]
    clock.advance(LIFETIME_S - 1)
    assert client.get(url).status_code == 200
    clock.advance(3602)
    status, body = client_without_key.get(url)
    assert (status, body["message"]) == (401, "the recording's address has expired: read the call again")
    fresh = links(ann)["recording_url"]
    assert client.get(fresh).status_code == 200
    stores.credentials.set_embed_secret(rows.ANN, "another" * 5)
    assert client_without_key.get(fresh)[0] == 401


def test_without_an_embed_secret_the_addresses_need_the_key(
    client: TestClient, ann: Caller, stores: SqliteStores
) -> None:
    stores.credentials.set_embed_secret(rows.ANN, "")
    url = links(ann)["recording_url"]
    assert url == PATH
    assert client.get(url).status_code == 401
    assert client.get(url, headers={"authorization": PRIVATE}).status_code == 200


def test_a_suspended_accounts_addresses_open_nothing(
    client_without_key: Caller, ann: Caller, stores: SqliteStores
) -> None:
    url = links(ann)["recording_url"]
    account = stores.accounts.get_account(rows.ANN)
    stores.accounts.put_account(replace(account, status=AccountStatus.SUSPENDED))
    assert client_without_key.get(url)[0] == 403


def test_a_call_that_was_not_recorded_has_none(ann: Caller, stores: SqliteStores) -> None:
    stores.calls.begin_call(replace(rows.ended_call("s-3"), recording=None))
    assert ann.get("/call-logs/s-3")[1]["recording"] is None
    status, body = ann.get("/call-logs/s-3/recording")
    assert (status, body["message"]) == (404, "the recording of call s-3 was not found")


def test_the_recording_goes_with_its_call(
    client: TestClient, ann: Caller, bob: Caller, client_without_key: Caller, blobs: FilesBlobStore, call: Call
) -> None:
    url = links(ann)["recording_url"]
    assert bob.delete("/call-logs/s-1")[0] == 404
    assert client.get(url).status_code == 200
    assert ann.delete("/call-logs/s-1")[0] == 200
    assert client_without_key.get(url)[0] == 404
    assert [path for path in blobs.root.rglob("*") if path.is_file()] == []


def test_a_store_that_publishes_is_asked_for_an_address_each_time(client: TestClient, app: FastAPI) -> None:
    asked: list[int] = []

    class Published(FilesBlobStore):
        def open(self, key: str) -> Blob:  # type: ignore[override]  # any blob will do
            found = super().open(key)

            def url(lifetime_s: int) -> str:
                asked.append(lifetime_s)
                return f"https://bucket.example/{key}?signed={len(asked)}"

            found.url = url  # type: ignore[method-assign]
            return found

    there = app.state.dependencies
    app.state.dependencies = replace(there, blobs=Published(there.blobs.root))
    for number in (1, 2):
        reply = client.get(PATH, headers={"authorization": PRIVATE}, follow_redirects=False)
        assert reply.status_code == 302
        parts = urlsplit(reply.headers["location"])
        assert (parts.hostname, parts.query) == ("bucket.example", f"signed={number}")
        assert "no-store" in reply.headers["cache-control"]
    assert asked == [300, 300]
