"""Versions of agents in the DynamoDB table: a row each, in a partition of the agent."""

from collections.abc import Sequence

from callcore.agents.versions import MAX_VERSIONS, AgentVersion, Saved
from callcore.errors import StoreError
from callcore.ids import AccountId, AgentId
from callstore.dynamo import keys as keys
from callstore.dynamo.rows import doc_of, unpacked
from callstore.dynamo.table import ABSENT, DynamoTable, Refused, Row, delete, put

_ATTEMPTS = 20


class DynamoAgentVersions:
    """AgentVersions."""

    def __init__(self, table: DynamoTable) -> None:
        self._table = table

    def add_version(self, account_id: AccountId, agent_id: AgentId, saved: Saved) -> int:
        """Store it behind the newest, and return its number."""
        doc = doc_of(saved)
        for attempt in range(_ATTEMPTS):
            if attempt:
                self._table.pause_before(attempt)
            newest = self.newest_version(account_id, agent_id)
            number = (newest.number if newest else 0) + 1
            row = {"number": number, "doc": doc}
            try:
                self._table.write(put(keys.agent_version(account_id, agent_id, number), row, ABSENT))
            except Refused:
                continue
            if number > MAX_VERSIONS:
                self._table.write(delete(keys.agent_version(account_id, agent_id, number - MAX_VERSIONS)))
            return number
        raise StoreError("versions of an agent are added again and again", retryable=True)

    def newest_version(self, account_id: AccountId, agent_id: AgentId) -> AgentVersion | None:
        """None when there is none."""
        rows = self._table.query(keys.agent_versions_partition(account_id, agent_id), limit=1, newest=True)
        row = next(rows, None)
        return None if row is None else _to_version(row)

    def list_versions(self, account_id: AccountId, agent_id: AgentId) -> Sequence[AgentVersion]:
        """Newest first."""
        rows = self._table.query(keys.agent_versions_partition(account_id, agent_id), newest=True)
        return [_to_version(row) for row in rows]

    def forget_versions(self, account_id: AccountId, agent_id: AgentId) -> None:
        """All of the agent's."""
        rows = self._table.query(keys.agent_versions_partition(account_id, agent_id))
        self._table.write_many([delete(keys.agent_version(account_id, agent_id, row["number"])) for row in rows])


def _to_version(row: Row) -> AgentVersion:
    return AgentVersion(row["number"], Saved(**unpacked(row["doc"])))
