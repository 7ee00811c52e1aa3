"""What agents know from files: told or searched, and a call that asks and speaks the fact."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from callcore.accounts.account import Account
from callcore.agents.agent import AgentConfig, parse_config
from callcore.errors import StoreError, ToolFailed
from callcore.ids import AccountId, FileId
from callcore.knowledge.files import MAX_AGENT_BYTES, KnowledgeFile
from callcore.knowledge.known import MAX_TOLD_BYTES, NO_KNOWLEDGE, SEARCH_KNOWLEDGE, Knowledge
from callcore.opening.plan import OpeningRequest, SessionPlan, begin_opening, finish_opening
from callcore.ports import Blob
from callstore.files import FilesBlobStore
from media_worker.ports.llm import CallTool, LlmCapabilities, ReplyEvent, ReplyRequest, TextDelta
from media_worker.providers.scripted import stt, tts, vad
from media_worker.session import library as shelf
from media_worker.session.casting.providers import Providers
from media_worker.session.library import LARGE_BYTES, Library
from tests.contract.ports import rows
from tests.unit.media_worker.session.play import asks
from tests.unit.media_worker.session.rig import Rig, plan
from tests.virtual_time import run_virtual

FILLER = "Nothing of interest stands here. " * 100
MENU = f"{FILLER}\n\n# Soups\nBorscht costs seven euros."


@dataclass
class Archive:
    """KnowledgeFiles and BlobStore: a directory, and how often each file was opened."""

    blobs: FilesBlobStore
    files: list[KnowledgeFile] = field(default_factory=list)
    failure: Exception | None = None
    opened: list[str] = field(default_factory=list)

    def add(self, file_id: str, text: str, account_id: AccountId = rows.ANN, **said: Any) -> KnowledgeFile:
        size = len(text.encode())
        file = KnowledgeFile(account_id, FileId(file_id), f"{file_id}.md", "", "text/plain", size, 0.0)
        self.files.append(replace(file, **said))
        writer = self.blobs.create(file.key, "text/plain")
        writer.append(text.encode())
        writer.finish(b"")
        return self.files[-1]

    def list_files(self, account_id: AccountId) -> Sequence[KnowledgeFile]:
        if self.failure:
            raise self.failure
        return [file for file in self.files if file.account_id == account_id]

    def open(self, key: str) -> Blob:
        self.opened.append(key)
        return self.blobs.open(key)

    def library(self, **bounds: Any) -> Library:
        return Library(self, self, **bounds)  # type: ignore[arg-type]  # what it has is all that is asked


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(FilesBlobStore(tmp_path))


@pytest.fixture
def library(archive: Archive) -> Iterator[Library]:
    with archive.library() as opened:
        yield opened


def knowing(*files: str, **config: Any) -> AgentConfig:
    return parse_config({"knowledge_base": {"files": list(files)}, **config})


def known(library: Library, *files: str, account_id: AccountId = rows.ANN) -> Knowledge:
    return asyncio.run(library.known(account_id, knowing(*files)))


def searched(library: Library, files: Sequence[KnowledgeFile], question: str) -> Any:
    return json.loads(asyncio.run(library.search(files, question)))


def test_an_agent_without_files_asks_nobody(archive: Archive, library: Library) -> None:
    archive.failure = AssertionError("was asked")
    assert known(library) is NO_KNOWLEDGE


def test_little_is_told_in_the_order_of_the_configuration(archive: Archive, library: Library) -> None:
    archive.add("hours", "At nine.")
    archive.add("soups", "Borscht.")
    told = known(library, "soups", "hours", "soups")
    assert told.told.endswith("## soups.md\nBorscht.\n\n## hours.md\nAt nine.")
    assert (told.searched, told.notes) == ((), ())


def test_more_is_searched(archive: Archive, library: Library) -> None:
    exactly = archive.add("exactly", "x" * MAX_TOLD_BYTES)
    assert known(library, "exactly").told
    more = archive.add("more", "y")
    assert known(library, "exactly", "more") == Knowledge(searched=(exactly, more))


def test_a_file_that_was_deleted_and_uploaded_again_is_read_again(archive: Archive, library: Library) -> None:
    """Whoever still holds the form of the first uploads to its place."""
    first = archive.add("menu", MENU)
    assert "seven euros" in searched(library, [first], "borscht")["passages"][0]["text"]
    second = archive.add("menu", MENU.replace("seven", "eight"), created_at=60.0)
    assert "eight euros" in searched(library, [second], "borscht")["passages"][0]["text"]
    assert archive.opened == [first.key] * 2


def test_what_is_not_there_or_anothers_is_noted_and_the_call_goes_on(archive: Archive, library: Library) -> None:
    archive.add("mine", "Borscht.")
    archive.add("theirs", "Secret.", rows.BOB)
    (archive.blobs.root / archive.add("lost", "Gone.").key).unlink()
    found = known(library, "mine", "theirs", "x" * 99, "lost")
    assert "Borscht" in found.told
    assert "Secret" not in found.told
    assert found.notes == (
        "the knowledge file theirs was not found",
        f"the knowledge file {'x' * 40} was not found",
        "the knowledge file lost was not found",
    )


def test_more_than_an_agent_may_know_is_left_out(archive: Archive, library: Library) -> None:
    first = archive.add("first", "a", size_bytes=MAX_AGENT_BYTES)
    archive.add("second", "b")
    assert known(library, "first", "second") == Knowledge(
        searched=(first,), notes=("the knowledge file second is more than an agent may know",)
    )


@pytest.mark.parametrize("failure", [StoreError("down", retryable=True), None])
def test_a_store_that_fails_or_hangs_costs_no_call(
    archive: Archive, library: Library, monkeypatch: pytest.MonkeyPatch, failure: Exception | None
) -> None:
    archive.add("menu", MENU)
    archive.failure = failure
    if failure is None:
        monkeypatch.setattr(shelf, "READING_S", 0.0)
    assert known(library, "menu").notes == ("the knowledge files could not be read: the call goes on without them",)


def test_a_search_tells_passages_of_all_files_and_which_could_not_be_read(archive: Archive, library: Library) -> None:
    menu, prices = archive.add("menu", MENU), archive.add("prices", "dish,cents\nborscht,700", file_type="text/csv")
    lost = replace(menu, file_id=FileId("lost"), name="lost.md")
    said = searched(library, [menu, lost, prices], "borscht")
    assert {one["file"] for one in said["passages"]} == {"menu.md", "prices.md"}
    assert {one.get("under") for one in said["passages"]} == {None, "dish,cents"}
    assert said["cannot be read"] == ["lost.md"]


def test_a_file_is_read_once_however_many_want_it(archive: Archive, library: Library) -> None:
    menu = archive.add("menu", MENU)

    async def several() -> None:
        await asyncio.gather(*(library.search([menu], "borscht") for _ in range(5)), library.known(rows.ANN, CONFIG))

    asyncio.run(several())
    assert archive.opened == [menu.key]


CONFIG = knowing("menu")


def test_what_nobody_wanted_for_longest_makes_room(archive: Archive) -> None:
    one, two, three = (archive.add(name, MENU) for name in ("one", "two", "three"))
    with archive.library(max_kept_bytes=2 * len(MENU)) as library:
        for wanted in ([one], [two], [one], [three], [one], [two]):
            searched(library, wanted, "borscht")
    assert archive.opened == [one.key, two.key, three.key, two.key]


def test_little_waits_for_no_library(archive: Archive, library: Library) -> None:
    """What is told is not made searchable, and is there while a large file is read."""
    archive.add("hours", "At nine.")
    huge = archive.add("huge", MENU * 200)
    assert huge.size_bytes > LARGE_BYTES

    async def both() -> tuple[Knowledge, Knowledge]:
        return await library.known(rows.ANN, knowing("huge")), await library.known(rows.ANN, knowing("hours"))

    much, little = asyncio.run(both())
    assert much.searched == (huge,)
    assert "At nine." in little.told


# --- a call -----------------------------------------------------------------------------------------


class QuotingModel:
    """Searches for what the user says, and says what was found last."""

    capabilities = LlmCapabilities(discardable=True)

    def __init__(self) -> None:
        self.requests: list[ReplyRequest] = []

    @asynccontextmanager
    async def reply(self, request: ReplyRequest) -> AsyncIterator[AsyncIterator[ReplyEvent]]:
        self.requests.append(request)
        yield self._told(request)

    @staticmethod
    async def _told(request: ReplyRequest) -> AsyncIterator[ReplyEvent]:
        last = request.messages[-1]
        if last["role"] == "tool":
            yield TextDelta(json.loads(last["content"])["passages"][0]["text"].splitlines()[-1])
        else:
            yield CallTool(SEARCH_KNOWLEDGE, json.dumps({"query": "price of borscht"}))


def planned(library: Library, **config: Any) -> SessionPlan:
    """As an admission makes it."""
    request = OpeningRequest(
        plan().session_id, rows.ANN, 600, stored_config={"first_message": "Hi there, how are you today?", **config}
    )
    opening = begin_opening(request)
    return finish_opening(opening, None, asyncio.run(library.known(rows.ANN, opening.config)))


def test_the_agent_says_a_message_searches_and_speaks_the_fact(archive: Archive, library: Library) -> None:
    archive.add("menu", MENU, description="What we cook")
    session_plan = planned(library, knowledge_base={"files": ["menu"], "messages": ["Let me check."]})
    model = QuotingModel()

    async def choose(plan: SessionPlan, account: Account) -> Providers:
        return Providers(stt.create(), model, tts.create(), vad.create())

    async def hold() -> Rig:
        providers = await library.serving(choose)(session_plan, rows.account())
        rig = Rig(session_plan, providers)
        await rig.hold(asks)
        return rig

    rig = run_virtual(hold())
    said = [message["content"] for message in rig.memory.checkpoints[-1].chat if message["role"] == "assistant"]
    assert said == ["Hi there, how are you today?", "Let me check.", "Borscht costs seven euros."]
    (offer,) = model.requests[0].tools
    assert "menu.md (What we cook)" in offer.description
    assert "without saying anything first" in offer.description


def test_a_file_that_is_told_needs_no_function(archive: Archive, library: Library) -> None:
    archive.add("hours", "We open at nine.")
    session_plan = planned(library, prompt="Be kind.", knowledge_base={"files": ["hours", "deleted"]})
    assert session_plan.system_prompt.startswith("Be kind.\n\nReference material from files")
    assert "We open at nine." in session_plan.system_prompt
    assert session_plan.knowledge.searched == ()
    assert session_plan.notes == ("the knowledge file deleted was not found",)


def test_there_is_no_file_without_a_library() -> None:
    async def search() -> str:
        return await Providers(stt.create(), QuotingModel(), tts.create(), vad.create()).search("x")

    with pytest.raises(ToolFailed, match="no files to search"):
        asyncio.run(search())
