"""Knowledge files in the DynamoDB table: a row each, beside the account."""

from collections.abc import Sequence

from callcore.errors import NotFound
from callcore.ids import AccountId, FileId
from callcore.knowledge.files import KnowledgeFile
from callstore.dynamo import keys as keys
from callstore.dynamo.rows import doc_of, require_account, unpacked
from callstore.dynamo.table import PRESENT, DynamoTable, Refused, Row, delete, put


class DynamoKnowledgeFiles:
    """KnowledgeFiles."""

    def __init__(self, table: DynamoTable) -> None:
        self._table = table

    def put_file(self, file: KnowledgeFile) -> None:
        """Create or replace."""
        require_account(self._table, file.account_id)
        self._table.write(put(keys.knowledge_file(file.account_id, file.file_id), {"doc": doc_of(file)}))

    def get_file(self, account_id: AccountId, file_id: FileId) -> KnowledgeFile:
        """Raises NotFound, also for another account's file."""
        row = self._table.get(keys.knowledge_file(account_id, file_id))
        if row is None:
            raise NotFound("knowledge file", file_id)
        return _to_file(row)

    def list_files(self, account_id: AccountId) -> Sequence[KnowledgeFile]:
        """Oldest first."""
        partition, prefix = keys.account_partition(account_id), {"prefix": keys.KNOWLEDGE}
        found = self._table.query(partition, "begins_with(#SK, :prefix)", prefix)
        return sorted(map(_to_file, found), key=lambda file: (file.created_at, file.file_id))

    def delete_file(self, account_id: AccountId, file_id: FileId) -> None:
        """Raises NotFound."""
        try:
            self._table.write(delete(keys.knowledge_file(account_id, file_id), PRESENT))
        except Refused:
            raise NotFound("knowledge file", file_id) from None


def _to_file(row: Row) -> KnowledgeFile:
    return KnowledgeFile(**unpacked(row["doc"]))
