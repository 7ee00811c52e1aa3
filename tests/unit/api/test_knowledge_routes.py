import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.dependencies import Dependencies
from callauth.upload_forms import SignedUploadForms
from callcore.desks import knowledge as knowledge_desk
from callcore.desks.knowledge import KnowledgeDesk
from callcore.knowledge.files import MAX_AGENT_FILES, MAX_FILE_BYTES
from callstore.files import FilesBlobStore
from callstore.sqlite.stores import SqliteStores
from infra.local.uploads import PATH, uploads_app
from tests.clocks import ManualClock
from tests.contract.ports import rows
from tests.unit.api.owners import API_URL, Caller

TEXT = "Our soup of the day is borscht."


@pytest.fixture
def uploads(client: TestClient, blobs: FilesBlobStore, clock: ManualClock) -> Iterator[TestClient]:
    """Where forms lead to."""
    forms = SignedUploadForms(API_URL + PATH, "s" * 32, clock)
    stands_on: Dependencies = client.app.state.dependencies  # type: ignore[attr-defined]
    desk = replace(stands_on.knowledge, uploads=forms)
    client.app.state.dependencies = replace(stands_on, knowledge=desk)  # type: ignore[attr-defined]
    with TestClient(uploads_app(forms, blobs)) as opened:
        yield opened


def upload(caller: Caller, uploads: TestClient, content: bytes = TEXT.encode(), name: str = "menu.txt") -> str:
    """The client's first two steps; the key of what was uploaded."""
    status, form = caller.post("/knowledge/generate_presigned_url", {"filename": name})
    assert status == 200
    assert form["url"] == API_URL + PATH
    reply = uploads.post(PATH, data=form["fields"], files={"file": (name, content, "text/plain")})
    assert reply.status_code == 204
    return str(form["fields"]["key"])


def create(caller: Caller, key: str, **said: Any) -> tuple[int, Any]:
    body = {"object_key": key, "description": "What we cook", "name": "menu.txt", "file_type": "text/plain", "size": 3}
    return caller.post("/knowledge/create_file", body | said)


def created(caller: Caller, uploads: TestClient, **said: Any) -> str:
    status, file = create(caller, upload(caller, uploads), **said)
    assert status == 200
    return str(file["id"])


def agent(caller: Caller, knowledge: object = None) -> str:
    config = {"prompt": "Be kind.", "knowledge_base": knowledge}
    return str(caller.post("/agents", {"name": "Desk", "config": config})[1]["id"])


def test_the_clients_dance(ann: Caller, uploads: TestClient, blobs: FilesBlobStore) -> None:
    key = upload(ann, uploads)
    file_id = key.split("/")[1].split("_")[0]
    file = {
        "id": file_id,
        "name": "menu.txt",
        "file_type": "text/plain",
        "create_at": 1_800_000_000,
        "description": "What we cook",
        "size": len(TEXT),
    }
    assert create(ann, key) == (200, file)
    assert create(ann, key) == (200, file), "a client may ask again"
    assert ann.get("/knowledge/list_files") == (200, [file])
    agent_id = agent(ann)
    wanted = {"agent_id": agent_id, "files": [file_id, file_id], "messages": ["let me check"]}
    status, changed = ann.post("/knowledge/set_agent_files", wanted)
    assert status == 200
    assert changed["config"] == {
        "prompt": "Be kind.",
        "knowledge_base": {"files": [file_id], "messages": ["let me check"]},
    }
    assert ann.get(f"/agents/{agent_id}")[1] == changed
    assert ann.post("/knowledge/delete_file", {"id": file_id}) == (
        200,
        {"id": file_id, "deleted": True, "agents": [agent_id]},
    )
    assert ann.get("/knowledge/list_files") == (200, [])
    assert ann.post("/knowledge/delete_file", {"id": file_id})[0] == 404
    assert [path for path in blobs.root.rglob("*") if path.is_file()] == []


def test_what_is_taken_in_twice_at_once_is_one_file(
    ann: Caller, uploads: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, read = upload(ann, uploads), KnowledgeDesk._uploaded
    quicker: list[tuple[int, Any]] = []

    def late(desk: KnowledgeDesk, key: str) -> bytes:
        monkeypatch.undo()
        quicker.append(create(ann, key))
        return read(desk, key)

    monkeypatch.setattr(KnowledgeDesk, "_uploaded", late)
    assert create(ann, key) == quicker[0]
    assert quicker[0][0] == 200


def test_the_agent_of_create_file_knows_it_beside_the_others(
    ann: Caller, uploads: TestClient, stores: SqliteStores
) -> None:
    first = created(ann, uploads)
    agent_id = agent(ann, {"files": [first, "deleted"], "messages": ["one moment"]})
    second = created(ann, uploads, agent_id=agent_id)
    known = ann.get(f"/agents/{agent_id}")[1]["config"]["knowledge_base"]
    assert known == {"files": [first, second], "messages": ["one moment"]}
    assert ann.post("/knowledge/set_agent_files", {"agent_id": agent_id, "files": [], "messages": None})[0] == 200
    assert ann.get(f"/agents/{agent_id}")[1]["config"]["knowledge_base"] == {"files": [], "messages": []}
    versions = [one.saved.saved_by for one in stores.agent_versions.list_versions(rows.ANN, agent_id)]  # type: ignore[arg-type]
    assert len(versions) == 3
    assert all(by.startswith("REST, private key") for by in versions)


def test_another_accounts_files_are_not_found(ann: Caller, bob: Caller, uploads: TestClient) -> None:
    key = upload(ann, uploads)
    assert create(bob, key)[0] == 404
    file_id = create(ann, key)[1]["id"]
    assert create(bob, key.replace("acc_ann", "acc_bob"))[0] == 404
    assert bob.get("/knowledge/list_files") == (200, [])
    assert bob.post("/knowledge/delete_file", {"id": file_id})[0] == 404
    theirs = agent(bob)
    assert bob.post("/knowledge/set_agent_files", {"agent_id": theirs, "files": [file_id]})[0] == 404
    assert ann.post("/knowledge/set_agent_files", {"agent_id": theirs, "files": [file_id]})[0] == 404
    assert bob.get(f"/agents/{theirs}")[1]["config"]["knowledge_base"] is None


@pytest.mark.parametrize(
    "key",
    ["menu.txt", "knowledge/acc_ann/0a", "uploads.acc_ann/0a_x", "uploads.acc_ann/../../parley.db", f"{'0' * 32}_x"],
)
def test_only_what_was_uploaded_is_taken_in(ann: Caller, key: str) -> None:
    assert create(ann, key)[0] == 404


def test_nothing_was_uploaded_yet(ann: Caller, uploads: TestClient) -> None:
    key = ann.post("/knowledge/generate_presigned_url", {"filename": "x"})[1]["fields"]["key"]
    assert create(ann, key)[0] == 404


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b\\c", ".", "menü 1_2.md", "x" * 200, "_", "中文.txt"])
def test_the_name_of_a_file_is_no_path(ann: Caller, uploads: TestClient, name: str) -> None:
    key = upload(ann, uploads, name=name)
    folder, _, rest = key.partition("/")
    assert folder == "uploads.acc_ann"
    assert "/" not in rest
    assert len(key.split("/")[1].split("_")[0]) == 32
    assert create(ann, key, name=name)[1]["name"] == name


@pytest.mark.parametrize(
    ("content", "said", "told"),
    [
        (b"%PDF-1.7\n", {}, "the file is a PDF, which is not read here: upload its text"),
        (b"caf\xe9", {}, "the file is no text in UTF-8: byte 4 of it is wrong"),
        (b"PK\x03\x04", {}, "the file is no text: it holds control characters"),
        (b" \n", {}, "the file holds no text"),
        (b"{", {"file_type": "application/json"}, "the file is not JSON"),
    ],
)
def test_what_is_no_text_is_refused_and_gone(
    ann: Caller, uploads: TestClient, content: bytes, said: dict[str, str], told: str
) -> None:
    key = upload(ann, uploads, content)
    status, problem = create(ann, key, **said)
    assert status == 400
    assert told in problem["message"]
    assert create(ann, key, **said)[0] == 404
    assert ann.get("/knowledge/list_files") == (200, [])


def test_a_type_that_is_not_read_can_be_corrected(ann: Caller, uploads: TestClient) -> None:
    key = upload(ann, uploads)
    status, problem = create(ann, key, file_type="application/pdf")
    assert status == 400
    assert "file_type application/pdf is not read here; these are: text/plain" in problem["message"]
    assert create(ann, key)[0] == 200


def test_counts_and_sizes_are_bounded(
    ann: Caller, uploads: TestClient, stores: SqliteStores, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = [rows.knowledge_file(f"{number:032x}") for number in range(MAX_AGENT_FILES + 1)]
    for file in large:
        stores.knowledge.put_file(replace(file, size_bytes=MAX_FILE_BYTES))
    agent_id, ids = agent(ann), [file.file_id for file in large]
    too_many = ann.post("/knowledge/set_agent_files", {"agent_id": agent_id, "files": ids})
    assert (too_many[0], too_many[1]["message"]) == (400, "an agent knows at most 50 files")
    too_much = ann.post("/knowledge/set_agent_files", {"agent_id": agent_id, "files": ids[:6]})
    assert (too_much[0], too_much[1]["message"]) == (400, "the files of an agent have at most 10 MiB together")
    assert ann.post("/knowledge/set_agent_files", {"agent_id": agent_id, "files": ids[:5]})[0] == 200
    key = upload(ann, uploads)
    monkeypatch.setattr(knowledge_desk, "MAX_ACCOUNT_FILES", len(large))
    assert ann.post("/knowledge/generate_presigned_url", {"filename": "x"})[0] == create(ann, key)[0] == 409


def test_a_key_is_needed(client_without_key: Caller) -> None:
    assert client_without_key.get("/knowledge/list_files")[0] == 401
    assert client_without_key.post("/knowledge/generate_presigned_url", {"filename": "x"})[0] == 401


def test_an_installation_without_uploads_says_so(ann: Caller) -> None:
    status, problem = ann.post("/knowledge/generate_presigned_url", {"filename": "x"})
    assert (status, problem["message"]) == (409, "this installation takes no uploads")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("generate_presigned_url", {"filename": ""}),
        ("create_file", {"object_key": "x", "name": "y" * 201}),
        ("delete_file", {"id": None}),
        ("set_agent_files", {"agent_id": "x", "files": None}),
        ("set_agent_files", {"agent_id": "x", "files": [1]}),
    ],
)
def test_bad_bodies(ann: Caller, path: str, body: dict[str, object]) -> None:
    status, problem = ann.post(f"/knowledge/{path}", body)
    assert status == 422
    assert json.dumps(problem)
