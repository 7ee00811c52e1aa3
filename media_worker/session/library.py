"""The knowledge files of this process's sessions: read once, made searchable beside the calls, kept within a bound."""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Lock
from types import TracebackType
from typing import Self

from callcore.accounts.account import Account
from callcore.agents.agent import AgentConfig
from callcore.errors import CallError, NotFound
from callcore.ids import AccountId, FileId
from callcore.knowledge.answer import Searchable, answer, read_file, text_of_file
from callcore.knowledge.files import MAX_AGENT_BYTES, MAX_AGENT_FILES, KnowledgeFile
from callcore.knowledge.known import MAX_TOLD_BYTES, NO_KNOWLEDGE, Knowledge, told
from callcore.knowledge.ports import KnowledgeFiles
from callcore.opening.plan import SessionPlan
from callcore.ports import BlobStore
from media_worker.session.casting.providers import ChooseProviders, Providers

MAX_KEPT_BYTES = 32 * 1024 * 1024
"""Of texts; with its index one takes two to twelve times its size (tests/bench/reports/knowledge.txt)."""
LARGE_BYTES = 256 * 1024
"""What is larger is read in a line of its own: nobody's page waits behind somebody's library."""
READING_S = 3.0
"""How long a session waits for what its agent is told of files; without it the call goes on."""
_MAX_SHOWN_ID = 40
log = logging.getLogger(__name__)


class Library:
    """What is read stays until others need its room: a file never changes.

    One that was deleted, and is uploaded again with the form of the first, is another file at the same place.
    """

    def __init__(self, files: KnowledgeFiles, blobs: BlobStore, max_kept_bytes: int = MAX_KEPT_BYTES) -> None:
        self._files = files
        self._blobs = blobs
        self._max_kept_bytes = max_kept_bytes
        # One at a time in each: reading and splitting a large file takes a processor's second, which calls share.
        self._small, self._large = ThreadPoolExecutor(1, "knowledge"), ThreadPoolExecutor(1, "knowledge-large")
        self._guard = Lock()
        self._kept: OrderedDict[str, tuple[KnowledgeFile, Searchable]] = OrderedDict()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for reader in (self._small, self._large):
            reader.shutdown(wait=False, cancel_futures=True)

    async def known(self, account_id: AccountId, config: AgentConfig) -> Knowledge:
        """What an agent knows from its files; of those that cannot be had a note says so. Never raises CallError."""
        wanted = tuple(dict.fromkeys(config.knowledge_base.files))
        if not wanted:
            return NO_KNOWLEDGE
        try:
            async with asyncio.timeout(READING_S):
                return await self._known(account_id, wanted)
        except (CallError, TimeoutError) as error:
            log.warning("knowledge files cannot be read", extra={"error": type(error).__name__})
            return Knowledge(notes=("the knowledge files could not be read: the call goes on without them",))

    def serving(self, choose: ChooseProviders) -> ChooseProviders:
        """The same adapters, and with them the files of the plan."""

        async def chosen(plan: SessionPlan, account: Account) -> Providers:
            async def search(question: str) -> str:
                return await self.search(plan.knowledge.searched, question)

            return replace(await choose(plan, account), search=search)

        return chosen

    async def search(self, files: Sequence[KnowledgeFile], question: str) -> str:
        """What the files say to the question, for the model."""
        found: list[Searchable] = []
        unread: list[str] = []
        for file in files:
            try:
                found.append(await self._searchable(file))
            except CallError as error:
                log.warning("a knowledge file cannot be read", extra={"error": type(error).__name__})
                unread.append(file.name)
        return await asyncio.to_thread(answer, found, question, unread)

    async def _known(self, account_id: AccountId, wanted: Sequence[str]) -> Knowledge:
        there = {file.file_id: file for file in await asyncio.to_thread(self._files.list_files, account_id)}
        files, notes = _shelf([(name, there.get(FileId(name))) for name in wanted])
        if sum(file.size_bytes for file in files) > MAX_TOLD_BYTES:
            for file in files:
                self._begin(file)
            return Knowledge(searched=tuple(files), notes=tuple(notes))
        return await asyncio.to_thread(self._told, files, notes)

    def _told(self, files: Sequence[KnowledgeFile], notes: Sequence[str]) -> Knowledge:
        texts: list[tuple[str, str]] = []
        lost: list[str] = []
        for file in files:
            try:
                texts.append((file.name, text_of_file(self._blobs, file)))
            except NotFound:
                lost.append(_not_found(file.file_id))
        return Knowledge(told=told(texts), notes=(*notes, *lost))

    def _reader(self, file: KnowledgeFile) -> ThreadPoolExecutor:
        return self._large if file.size_bytes > LARGE_BYTES else self._small

    def _begin(self, file: KnowledgeFile) -> None:
        """Have it read before it is asked for."""
        if self._kept_one(file) is None:
            self._reader(file).submit(self._read, file)

    async def _searchable(self, file: KnowledgeFile) -> Searchable:
        """Raises NotFound and StoreError."""
        kept = self._kept_one(file)
        if kept is not None:
            return kept
        return await asyncio.get_running_loop().run_in_executor(self._reader(file), self._read, file)

    def _kept_one(self, file: KnowledgeFile) -> Searchable | None:
        with self._guard:
            kept, read = self._kept.get(file.key, (None, None))
            if kept != file:
                return None
            self._kept.move_to_end(file.key)
            return read

    def _read(self, file: KnowledgeFile) -> Searchable:
        """In the reader's thread. Whoever wanted it may be gone by now: it is kept for the next one."""
        kept = self._kept_one(file)
        if kept is not None:
            return kept
        # A rest lets the event loop go on, which else waits five milliseconds for a thread that only computes.
        read = read_file(self._blobs, file, rest=lambda: time.sleep(0))
        with self._guard:
            self._kept[file.key] = file, read
            while len(self._kept) > 1 and sum(one.size_bytes for one, _ in self._kept.values()) > self._max_kept_bytes:
                self._kept.popitem(last=False)
        return read


def _shelf(wanted: Sequence[tuple[str, KnowledgeFile | None]]) -> tuple[list[KnowledgeFile], list[str]]:
    """Which of these an agent knows, and what is to be said of the others."""
    files: list[KnowledgeFile] = []
    notes: list[str] = []
    for name, file in wanted:
        if file is None:
            notes.append(_not_found(name))
        elif len(files) == MAX_AGENT_FILES or sum(one.size_bytes for one in (*files, file)) > MAX_AGENT_BYTES:
            notes.append(f"the knowledge file {name} is more than an agent may know")
        else:
            files.append(file)
    return files, notes


def _not_found(file_id: str) -> str:
    return f"the knowledge file {file_id[:_MAX_SHOWN_ID]} was not found"
