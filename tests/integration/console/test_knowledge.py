"""The files that an agent knows."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from callcore.agents.agent import Agent
from callcore.ids import AgentId
from callstore.sqlite.stores import SqliteStores
from playground.forms import MAX_UPLOAD_KIB
from tests.contract.ports import rows
from tests.integration.console.browser import Browser, Page

PATH = "/agents/-Desk/knowledge"
MENU = "# Soups\nBorscht costs seven euros.\n\n# Parking\nThe garage is behind the house."


@pytest.fixture(autouse=True)
def desk(stores: SqliteStores) -> Agent:
    agent = Agent(AgentId("-Desk"), rows.ANN, "Front desk", {"prompt": "P"}, 0.0)
    stores.agents.put_agent(agent)
    return agent


def uploaded(ann: Browser, content: bytes, name: str = "menü.md", description: str = "What we cook") -> Page:
    """Choose the file and send the form, as a browser does."""
    form = ann.open(PATH).form(f"{PATH}/files")
    fields: dict[str, Any] = {**dict(form.fields), "description": description}
    fields.pop("content", None)
    return Page(ann.client.post(form.action, data=fields, files={"content": (name, content)}))


def known(stores: SqliteStores) -> Any:
    return stores.agents.get_agent(rows.ANN, AgentId("-Desk")).config.get("knowledge_base")


def test_a_file_is_added_searched_and_deleted(ann: Browser, stores: SqliteStores) -> None:
    assert "There are no files yet" in ann.open(PATH).text
    page = uploaded(ann, MENU.encode())
    assert (page.status, page.path) == (200, f"/console{PATH}")
    assert "The agent knows the file from its next call on." in page.text
    (file,) = stores.knowledge.list_files(rows.ANN)
    assert (file.name, file.description, file.size_bytes) == ("menü.md", "What we cook", len(MENU))
    assert known(stores) == {"files": [file.file_id], "messages": []}
    assert "Up to 2,000 bytes stand in the prompt whole" in page.text
    assert f"{len(MENU)} bytes" in page.text
    assert "Front desk" in page.text
    found = ann.open(f"{PATH}?q=price+of+borscht")
    assert "Borscht costs seven euros." in found.text
    assert "The garage" not in found.text
    assert "Nothing in its files fits these words." in ann.open(f"{PATH}?q=quantum").text
    gone = ann.send(page, f"{PATH}/files/{file.file_id}/delete")
    assert "The file is deleted." in gone.text
    assert f"The file {file.file_id} was deleted." in gone.text
    assert list(stores.knowledge.list_files(rows.ANN)) == []
    ann.send(gone, f"{PATH}/chosen")
    assert known(stores) == {"files": [], "messages": []}


def test_files_are_chosen_and_messages_are_said_in_turn(ann: Browser, stores: SqliteStores) -> None:
    for name in ("a.txt", "b.txt"):
        uploaded(ann, b"text " * 500, name)
    one, two = (file.file_id for file in stores.knowledge.list_files(rows.ANN))
    page = ann.open(PATH)
    assert "searches them when it needs to" in page.text
    page = ann.send(page, f"{PATH}/chosen", file=[two], messages="Let me see.\n\n One moment. ")
    assert known(stores) == {"files": [two], "messages": ["Let me see.", "One moment."]}
    assert ("file", one) not in page.form(f"{PATH}/chosen").fields
    newest = stores.agent_versions.newest_version(rows.ANN, AgentId("-Desk"))
    assert newest is not None
    assert newest.saved.config["knowledge_base"]["files"] == [two]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"caf\xe9", "the file is no text in UTF-8: byte 4 of it is wrong"),
        (b"%PDF-1.7", "the file is a PDF"),
        (b"", "the file holds no text"),
        (b"x" * (MAX_UPLOAD_KIB * 1024 + 1), "here a file has at most 700 KiB; REST takes larger ones"),
    ],
)
def test_what_is_not_taken_is_told(ann: Browser, stores: SqliteStores, content: bytes, told: str) -> None:
    page = uploaded(ann, content)
    assert page.status == 422
    assert f"Not taken: {told}" in page.text
    assert list(stores.knowledge.list_files(rows.ANN)) == []


def test_a_path_is_no_name(ann: Browser, stores: SqliteStores) -> None:
    uploaded(ann, b"text", "..\\..\\etc/passwd")
    assert [file.name for file in stores.knowledge.list_files(rows.ANN)] == ["passwd"]


def test_another_accounts_files_are_neither_shown_nor_chosen_nor_deleted(ann: Browser, stores: SqliteStores) -> None:
    theirs = rows.knowledge_file(account_id=rows.BOB)
    stores.knowledge.put_file(theirs)
    page = ann.open(PATH)
    assert "menü.md" not in page.text
    refused = ann.send(page, f"{PATH}/chosen", file=[theirs.file_id])
    assert refused.status == 422
    assert "was not found" in refused.text
    assert known(stores) is None
    uploaded(ann, b"text", "mine.txt")
    (mine,) = stores.knowledge.list_files(rows.ANN)
    forged = ann.open(PATH).form(f"{PATH}/files/{mine.file_id}/delete")
    action = forged.action.replace(mine.file_id, theirs.file_id)
    assert ann.post(action, forged.fields).status == 403
    assert stores.knowledge.get_file(rows.BOB, theirs.file_id) == theirs


def test_a_form_with_a_file_needs_its_proof(ann: Browser, client: TestClient, stores: SqliteStores) -> None:
    ann.open(PATH)
    reply = client.post(f"/console{PATH}/files", data={"description": ""}, files={"content": ("x", b"text")})
    assert reply.status_code == 403
    assert list(stores.knowledge.list_files(rows.ANN)) == []
