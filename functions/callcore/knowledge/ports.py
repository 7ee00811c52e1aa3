"""What knowledge files ask of storage."""

from collections.abc import Sequence
from typing import Protocol

from callcore.ids import AccountId, FileId
from callcore.knowledge.files import KnowledgeFile, UploadForm


class KnowledgeFiles(Protocol):
    """The files of accounts, without their texts."""

    def put_file(self, file: KnowledgeFile) -> None:
        """Create or replace."""
        ...

    def get_file(self, account_id: AccountId, file_id: FileId) -> KnowledgeFile:
        """Raises NotFound, also for another account's file."""
        ...

    def list_files(self, account_id: AccountId) -> Sequence[KnowledgeFile]:
        """Oldest first."""
        ...

    def delete_file(self, account_id: AccountId, file_id: FileId) -> None:
        """Raises NotFound."""
        ...


class UploadForms(Protocol):
    """Lets a client send a blob without passing through us."""

    def form(self, key: str, max_bytes: int, lifetime_s: int) -> UploadForm:
        """Takes one blob of this key, of 1 to `max_bytes` bytes, until it expires."""
        ...
