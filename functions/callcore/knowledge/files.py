"""Files that agents know (protocol.md 7.8): what one is, where it lies, how much an account may have.

A file is uploaded to one place, and stands in another once its text was read and found good: whoever still holds
the form of the upload cannot change what was accepted.
"""

import re
from dataclasses import dataclass

from callcore.errors import NotFound
from callcore.ids import AccountId, FileId

MAX_FILE_BYTES = 2 * 1024 * 1024
"""Of one upload; a thousand pages of text."""
MAX_ACCOUNT_FILES = 200
MAX_AGENT_FILES = 50
MAX_AGENT_BYTES = 10 * 1024 * 1024
"""Of all files of one agent: a worker keeps what it searches in memory."""
MAX_FILE_NAME_CHARS = 200
MAX_DESCRIPTION_CHARS = 2_000
FORM_LIFETIME_S = 900
"""How long an upload may begin."""
UPLOADS = "uploads."
"""Begins the keys of what was uploaded and may still be refused: gone after a day."""
_MAX_KEY_NAME_CHARS = 100
_UNSAFE = re.compile(r"[^A-Za-z0-9.-]+")
_UPLOADED = re.compile(r"([0-9a-f]{32})_[A-Za-z0-9.-]*")


@dataclass(frozen=True)
class KnowledgeFile:
    """One file of an account."""

    account_id: AccountId
    file_id: FileId
    name: str
    description: str
    """What is in it, for its owner and for the model."""
    file_type: str
    """As its owner called it."""
    size_bytes: int
    """Of its text."""
    created_at: float
    """Unix seconds."""

    @property
    def key(self) -> str:
        """Where its text lies."""
        return f"knowledge/{self.account_id}/{self.file_id}"


@dataclass(frozen=True)
class UploadForm:
    """What a file is sent with: a form of these fields, then `file`, to this address."""

    url: str
    fields: dict[str, str]


def upload_key(account_id: AccountId, file_id: FileId, file_name: str) -> str:
    """Where a file is uploaded to. Clients read its id between the slash and the first `_`; no name is a path."""
    return f"{UPLOADS}{account_id}/{file_id}_{_UNSAFE.sub('-', file_name)[-_MAX_KEY_NAME_CHARS:]}"


def uploaded_file(account_id: AccountId, object_key: str) -> FileId:
    """The id of a file that the account has uploaded there. Raises NotFound, also for another account's key."""
    found = _UPLOADED.fullmatch(object_key.removeprefix(f"{UPLOADS}{account_id}/"))
    if found is None:
        raise NotFound("the upload", object_key[:MAX_FILE_NAME_CHARS])
    return FileId(found[1])
