"""Agents on the SQLite file."""

import json
import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

from callcore.agents.agent import Agent, AgentStatus
from callcore.errors import NotFound
from callcore.ids import AccountId, AgentId
from callstore.sqlite.database import SqliteDatabase
from callstore.sqlite.rows import upsert
from callstore.stored_json import from_json_or_null, to_json, to_json_or_null


class SqliteAgentStore:
    """AgentStore and AgentChanges."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    def put_agent(self, agent: Agent) -> None:
        """Create or replace."""
        fields = _agent_fields(agent)
        with self._database.transaction() as transaction:
            upsert(transaction, "agents", "account_id, agent_id", fields)

    def get_agent(self, account_id: AccountId, agent_id: AgentId) -> Agent:
        """Raises NotFound, also for another account's agent."""
        rows = self._database.rows(_ONE, (account_id, agent_id))
        if not rows:
            raise NotFound("agent", agent_id)
        return _to_agent(rows[0])

    def list_agents(self, account_id: AccountId) -> Sequence[Agent]:
        """Oldest first."""
        rows = self._database.rows(
            "SELECT * FROM agents WHERE account_id = ? ORDER BY created_at, agent_id", (account_id,)
        )
        return [_to_agent(row) for row in rows]

    def delete_agent(self, account_id: AccountId, agent_id: AgentId) -> None:
        """Raises NotFound."""
        with self._database.transaction() as transaction:
            deleted = transaction.execute(
                "DELETE FROM agents WHERE account_id = ? AND agent_id = ?", (account_id, agent_id)
            )
            if deleted.rowcount == 0:
                raise NotFound("agent", agent_id)

    def change_agent(self, account_id: AccountId, agent_id: AgentId, change: Callable[[Agent], Agent]) -> Agent:
        """Store what `change` makes of the agent. Raises NotFound and whatever `change` raises."""
        with self._database.transaction() as transaction:
            row = transaction.execute(_ONE, (account_id, agent_id)).fetchone()
            if row is None:
                raise NotFound("agent", agent_id)
            changed = change(_to_agent(row))
            upsert(transaction, "agents", "account_id, agent_id", _agent_fields(changed))
            return changed


_ONE = "SELECT * FROM agents WHERE account_id = ? AND agent_id = ?"


def _agent_fields(agent: Agent) -> dict[str, Any]:
    fields = {name: getattr(agent, name) for name in agent.__dataclass_fields__}
    return fields | {"config": to_json(agent.config), "embed": to_json_or_null(agent.embed)}


def _to_agent(row: sqlite3.Row) -> Agent:
    fields = dict(row)
    parsed = {"config": json.loads(fields["config"]), "embed": from_json_or_null(fields["embed"])}
    return Agent(**fields | parsed | {"status": AgentStatus(fields["status"])})
