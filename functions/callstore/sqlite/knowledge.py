"""Knowledge files on the SQLite file."""

import sqlite3
from collections.abc import Sequence

from callcore.errors import NotFound
from callcore.ids import AccountId, FileId
from callcore.knowledge.files import KnowledgeFile
from callstore.sqlite.database import SqliteDatabase
from callstore.sqlite.rows import upsert


class SqliteKnowledgeFiles:
    """KnowledgeFiles."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    def put_file(self, file: KnowledgeFile) -> None:
        """Create or replace."""
        fields = {name: getattr(file, name) for name in file.__dataclass_fields__}
        with self._database.transaction() as transaction:
            upsert(transaction, "knowledge_files", "account_id, file_id", fields)

    def get_file(self, account_id: AccountId, file_id: FileId) -> KnowledgeFile:
        """Raises NotFound, also for another account's file."""
        sql = "SELECT * FROM knowledge_files WHERE account_id = ? AND file_id = ?"
        rows = self._database.rows(sql, (account_id, file_id))
        if not rows:
            raise NotFound("knowledge file", file_id)
        return _to_file(rows[0])

    def list_files(self, account_id: AccountId) -> Sequence[KnowledgeFile]:
        """Oldest first."""
        sql = "SELECT * FROM knowledge_files WHERE account_id = ? ORDER BY created_at, file_id"
        return [_to_file(row) for row in self._database.rows(sql, (account_id,))]

    def delete_file(self, account_id: AccountId, file_id: FileId) -> None:
        """Raises NotFound."""
        sql = "DELETE FROM knowledge_files WHERE account_id = ? AND file_id = ?"
        with self._database.transaction() as transaction:
            if transaction.execute(sql, (account_id, file_id)).rowcount == 0:
                raise NotFound("knowledge file", file_id)


def _to_file(row: sqlite3.Row) -> KnowledgeFile:
    return KnowledgeFile(**dict(row))
