"""The knowledge files of an account as its owner manages them, over REST or in the console (protocol.md 7.8)."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from callcore.agents.agent import Agent, parse_config
from callcore.clock import Clock
from callcore.desks.agent_edits import AgentEdits
from callcore.errors import Conflict, InvalidInput, NotFound
from callcore.ids import AccountId, AgentId, FileId, new_file_id
from callcore.knowledge.files import (
    FORM_LIFETIME_S,
    MAX_ACCOUNT_FILES,
    MAX_AGENT_BYTES,
    MAX_AGENT_FILES,
    MAX_FILE_BYTES,
    KnowledgeFile,
    UploadForm,
    upload_key,
    uploaded_file,
)
from callcore.knowledge.ports import KnowledgeFiles, UploadForms
from callcore.ports import BlobStore


@dataclass(frozen=True)
class NewFile:
    """What its owner says of a file."""

    name: str
    description: str = ""
    file_type: str = ""


class NoUploads:
    """UploadForms of an installation that takes none."""

    def form(self, key: str, max_bytes: int, lifetime_s: int) -> UploadForm:
        """Raises Conflict."""
        raise Conflict("this installation takes no uploads")


@dataclass(frozen=True)
class KnowledgeDesk:
    """Synchronous, as its ports are."""

    files: KnowledgeFiles
    blobs: BlobStore
    uploads: UploadForms
    clock: Clock

    def begin_upload(self, account_id: AccountId, file_name: str) -> UploadForm:
        """What a new file is sent with. Raises Conflict when the account has as many as it may."""
        self._check_room(account_id)
        key = upload_key(account_id, new_file_id(), file_name)
        return self.uploads.form(key, MAX_FILE_BYTES, FORM_LIFETIME_S)

    def add(self, account_id: AccountId, object_key: str, new: NewFile) -> KnowledgeFile:
        """Take in what was uploaded, once however often it is asked for.

        Raises NotFound when nothing was uploaded there, InvalidInput for what is no text that is read here: a file
        that is none is gone, too.
        """
        file_id = uploaded_file(account_id, object_key)
        try:
            return self.files.get_file(account_id, file_id)
        except NotFound:
            self._check_room(account_id)
        kind = _kind(new)
        try:
            file = self._store(account_id, file_id, new, _text(self._uploaded(object_key), kind))
        except NotFound:
            with suppress(NotFound):  # the same request, sent twice at once: the other one was quicker
                return self.files.get_file(account_id, file_id)
            raise
        except InvalidInput:
            self.blobs.delete(object_key)
            raise
        self.blobs.delete(object_key)
        return file

    def take(self, account_id: AccountId, new: NewFile, data: bytes) -> KnowledgeFile:
        """A file that came with the request itself. Raises InvalidInput and Conflict."""
        self._check_room(account_id)
        return self._store(account_id, new_file_id(), new, _text(data, _kind(new)))

    def delete(self, account_id: AccountId, file_id: FileId) -> None:
        """Calls of agents that still name it go on without it, and say so. Raises NotFound."""
        file = self.files.get_file(account_id, file_id)
        # The row last: should the rest fail, the file is still there to be deleted again.
        self.blobs.delete(file.key)
        self.files.delete_file(account_id, file_id)

    def set_agent_files(
        self,
        edits: AgentEdits,
        account_id: AccountId,
        agent_id: AgentId,
        files: Sequence[FileId],
        messages: Sequence[str],
        by: str,
    ) -> Agent:
        """Have the agent know these files and no others, and say one of `messages` while it searches them.

        Raises NotFound for an agent or a file that is not the account's, InvalidInput for more than an agent may know.
        """
        chosen = _shelf(self.files.list_files(account_id), files)

        def changed(agent: Agent) -> Agent:
            return _knowing(agent, chosen, messages)

        return edits.update(account_id, agent_id, changed, by)

    def attach(self, edits: AgentEdits, account_id: AccountId, agent_id: AgentId, file_id: FileId, by: str) -> Agent:
        """Have the agent know this file beside those that it knows. Raises as `set_agent_files`."""
        # Before the change: it happens within a transaction of the store.
        there = self.files.list_files(account_id)
        ids = {file.file_id for file in there}

        def changed(agent: Agent) -> Agent:
            known = parse_config(agent.config).knowledge_base
            others = [FileId(each) for each in known.files if each in ids]
            return _knowing(agent, _shelf(there, [*others, file_id]), known.messages)

        return edits.update(account_id, agent_id, changed, by)

    def _check_room(self, account_id: AccountId) -> None:
        if len(self.files.list_files(account_id)) >= MAX_ACCOUNT_FILES:
            raise Conflict(f"an account has at most {MAX_ACCOUNT_FILES} knowledge files: delete one first")

    def _store(self, account_id: AccountId, file_id: FileId, new: NewFile, text: str) -> KnowledgeFile:
        body, file_type = text.encode(), new.file_type.strip() or "text/plain"
        now = self.clock.unix_s()
        file = KnowledgeFile(account_id, file_id, new.name, new.description, file_type, len(body), now)
        writer = self.blobs.create(file.key, "text/plain; charset=utf-8")
        writer.append(body)
        writer.finish(b"")
        # The row last: what is listed can be read.
        self.files.put_file(file)
        return file

    def _uploaded(self, key: str) -> bytes:
        try:
            blob = self.blobs.open(key)
        except NotFound:
            raise NotFound("the upload", key) from None
        if blob.size_bytes > MAX_FILE_BYTES:
            raise InvalidInput(f"a knowledge file has at most {MAX_FILE_BYTES // 2**20} MiB")
        return b"".join(blob.chunks(0, blob.size_bytes))


def _shelf(there: Sequence[KnowledgeFile], wanted: Sequence[FileId]) -> Sequence[KnowledgeFile]:
    """The wanted ones, each once. Raises NotFound, and InvalidInput for more than an agent may know."""
    named = {file.file_id: file for file in there}
    files: list[KnowledgeFile] = []
    for file_id in dict.fromkeys(wanted):
        if file_id not in named:
            raise NotFound("knowledge file", file_id)
        files.append(named[file_id])
    if len(files) > MAX_AGENT_FILES:
        raise InvalidInput(f"an agent knows at most {MAX_AGENT_FILES} files")
    if sum(file.size_bytes for file in files) > MAX_AGENT_BYTES:
        raise InvalidInput(f"the files of an agent have at most {MAX_AGENT_BYTES // 2**20} MiB together")
    return files


def _knowing(agent: Agent, files: Sequence[KnowledgeFile], messages: Sequence[str]) -> Agent:
    knowledge = {"files": [file.file_id for file in files], "messages": list(messages)}
    return replace(agent, config={**agent.config, "knowledge_base": knowledge})


def _kind(new: NewFile) -> str:
    # Only here: few requests bring a file.
    from callcore.knowledge.text import kind_of

    return kind_of(new.file_type, new.name)


def _text(data: bytes, kind: str) -> str:
    from callcore.knowledge.text import text_of

    return text_of(data, kind)
