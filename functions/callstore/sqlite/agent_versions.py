"""Versions of agents on the SQLite file."""

import json
import sqlite3
from collections.abc import Sequence

from callcore.agents.versions import MAX_VERSIONS, AgentVersion, Saved
from callcore.ids import AccountId, AgentId
from callstore.sqlite.database import SqliteDatabase
from callstore.sqlite.rows import upsert
from callstore.stored_json import to_json

_OF_AGENT = "FROM agent_versions WHERE account_id = ? AND agent_id = ?"


class SqliteAgentVersions:
    """AgentVersions."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    def add_version(self, account_id: AccountId, agent_id: AgentId, saved: Saved) -> int:
        """Store it behind the newest, and return its number."""
        fields = {name: getattr(saved, name) for name in saved.__dataclass_fields__}
        fields |= {"config": to_json(saved.config), "account_id": account_id, "agent_id": agent_id}
        with self._database.transaction() as transaction:
            (newest,) = transaction.execute(f"SELECT max(number) {_OF_AGENT}", (account_id, agent_id)).fetchone()
            number = int(newest or 0) + 1
            upsert(transaction, "agent_versions", "account_id, agent_id, number", fields | {"number": number})
            old = number - MAX_VERSIONS
            transaction.execute(f"DELETE {_OF_AGENT} AND number <= ?", (account_id, agent_id, old))
        return number

    def newest_version(self, account_id: AccountId, agent_id: AgentId) -> AgentVersion | None:
        """None when there is none."""
        rows = self._database.rows(f"SELECT * {_OF_AGENT} ORDER BY number DESC LIMIT 1", (account_id, agent_id))
        return _to_version(rows[0]) if rows else None

    def list_versions(self, account_id: AccountId, agent_id: AgentId) -> Sequence[AgentVersion]:
        """Newest first."""
        rows = self._database.rows(f"SELECT * {_OF_AGENT} ORDER BY number DESC", (account_id, agent_id))
        return [_to_version(row) for row in rows]

    def forget_versions(self, account_id: AccountId, agent_id: AgentId) -> None:
        """All of the agent's."""
        with self._database.transaction() as transaction:
            transaction.execute(f"DELETE {_OF_AGENT}", (account_id, agent_id))


def _to_version(row: sqlite3.Row) -> AgentVersion:
    return AgentVersion(row["number"], Saved(row["name"], json.loads(row["config"]), row["saved_at"], row["saved_by"]))
