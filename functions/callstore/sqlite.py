"""The stores of callcore.ports on one SQLite file."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from callcore.accounts import Account, AccountStatus, KeyKind, KeyPolicy, KeyRecord, Overrides
from callcore.agents import Agent
from callcore.calls import END_STATUSES, Call, CallStatus, Checkpoint, advance
from callcore.clock import Clock
from callcore.errors import Conflict, InvalidInput, InvalidTransition, NotFound
from callcore.ids import AccountId, AgentId, SessionId
from callstore.sqlite_database import SqliteDatabase
from callstore.sqlite_queue import SqliteQueue

_WORKER_ROW_S = 24 * 3600
"""A worker that has been silent for so long is of no interest to anybody."""


class SqliteStores:
    """Every store of one file. Call `close` (or leave the `with` block) when done."""

    def __init__(self, path: Path, clock: Clock) -> None:
        """Open or create the file. Raises StoreError."""
        self._database = SqliteDatabase(path)
        self._clock = clock
        self.accounts = SqliteAccountStore(self._database)
        self.agents = SqliteAgentStore(self._database)
        self.calls = SqliteCallStore(self._database)
        self.checkpoints = SqliteCheckpointStore(self._database)
        self.used_tokens = SqliteUsedTokens(self._database, clock)

    def queue(self, name: str) -> SqliteQueue:
        """The queue of that name."""
        return SqliteQueue(self._database, name, self._clock)

    def close(self) -> None:
        """Closing twice is fine."""
        self._database.close()

    def __enter__(self) -> "SqliteStores":
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


class SqliteAccountStore:
    """AccountStore."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    def put_account(self, account: Account) -> None:
        """Create or replace."""
        with self._database.transaction() as transaction:
            _upsert(transaction, "accounts", "account_id", asdict(account))

    def get_account(self, account_id: AccountId) -> Account:
        """Raises NotFound."""
        rows = self._database.rows("SELECT * FROM accounts WHERE account_id = ?", (account_id,))
        if not rows:
            raise NotFound("account", account_id)
        fields = dict(rows[0])
        return Account(**fields | {"status": AccountStatus(fields["status"])})

    def put_key(self, key: KeyRecord) -> None:
        """Create or replace the row of `key.key_hash`."""
        with self._database.transaction() as transaction:
            _upsert(transaction, "keys", "key_hash", asdict(key) | {"policy": _to_json(asdict(key.policy))})

    def find_key(self, key_hash: str) -> KeyRecord | None:
        """The row, revoked or not; None when there is none."""
        rows = self._database.rows("SELECT * FROM keys WHERE key_hash = ?", (key_hash,))
        if not rows:
            return None
        fields = dict(rows[0])
        return KeyRecord(**fields | {"kind": KeyKind(fields["kind"]), "policy": _to_policy(fields["policy"])})


def _to_policy(text: str) -> KeyPolicy:
    fields = json.loads(text)
    return KeyPolicy(
        agents=None if fields["agents"] is None else tuple(fields["agents"]),
        origins=None if fields["origins"] is None else tuple(fields["origins"]),
        overrides=Overrides(fields["overrides"]),
        phone=fields["phone"],
        loopback_only=fields["loopback_only"],
    )


class SqliteAgentStore:
    """AgentStore."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    def put_agent(self, agent: Agent) -> None:
        """Create or replace."""
        fields = {
            "account_id": agent.account_id,
            "agent_id": agent.agent_id,
            "name": agent.name,
            "config": _to_json(agent.config),
            "created_at": agent.created_at,
        }
        with self._database.transaction() as transaction:
            _upsert(transaction, "agents", "account_id, agent_id", fields)

    def get_agent(self, account_id: AccountId, agent_id: AgentId) -> Agent:
        """Raises NotFound, also for another account's agent."""
        rows = self._database.rows("SELECT * FROM agents WHERE account_id = ? AND agent_id = ?", (account_id, agent_id))
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


def _to_agent(row: sqlite3.Row) -> Agent:
    return Agent(**dict(row) | {"config": json.loads(row["config"])})


class SqliteCallStore:
    """CallStore."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    def begin_call(self, call: Call) -> None:
        """Store a call that has just begun. Raises Conflict when the session id is taken."""
        fields = _call_fields(call)
        with self._database.transaction() as transaction:
            taken = transaction.execute("SELECT 1 FROM calls WHERE session_id = ?", (call.session_id,)).fetchone()
            if taken:
                raise Conflict(f"session {call.session_id} has begun already")
            _upsert(transaction, "calls", "session_id", fields)

    def get_call(self, account_id: AccountId, session_id: SessionId) -> Call:
        """Raises NotFound, also for another account's call."""
        rows = self._database.rows(
            "SELECT * FROM calls WHERE account_id = ? AND session_id = ?", (account_id, session_id)
        )
        if not rows:
            raise NotFound("call", session_id)
        return _to_call(rows[0])

    def finish_call(self, call: Call) -> bool:
        """Replace a live call by its ended form; False (and no change) when it had ended already.

        Raises NotFound, also for another account's call, and InvalidTransition.
        """
        fields = _call_fields(call)
        with self._database.transaction() as transaction:
            row = transaction.execute(
                "SELECT status FROM calls WHERE account_id = ? AND session_id = ?", (call.account_id, call.session_id)
            ).fetchone()
            if row is None:
                raise NotFound("call", call.session_id)
            current = CallStatus(row["status"])
            if current in END_STATUSES:
                return False
            if call.status not in END_STATUSES:
                raise InvalidTransition("call", current, call.status)
            advance(current, call.status)
            _upsert(transaction, "calls", "session_id", fields)
            return True

    def list_live_calls(self) -> Sequence[Call]:
        """Every call that has begun and not ended, of all accounts: for the sweeper."""
        return [_to_call(row) for row in self._database.rows("SELECT * FROM calls WHERE live ORDER BY started_at")]


_CALL_JSON_FIELDS = ("agent_config", "metadata", "chat", "function_calls", "voip")


def _call_fields(call: Call) -> dict[str, Any]:
    fields = {name: getattr(call, name) for name in call.__dataclass_fields__}
    fields |= {name: _to_json_or_null(fields[name]) for name in _CALL_JSON_FIELDS}
    return fields | {"live": call.status not in END_STATUSES}


def _to_call(row: sqlite3.Row) -> Call:
    fields = dict(row)
    del fields["live"]
    fields |= {name: _from_json_or_null(fields[name]) for name in _CALL_JSON_FIELDS}
    return Call(**fields | {"status": CallStatus(fields["status"]), "function_calls": tuple(fields["function_calls"])})


class SqliteCheckpointStore:
    """CheckpointStore."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    def save_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Replace the session's checkpoint. Raises Conflict when its call has not begun."""
        fields = {
            "session_id": checkpoint.session_id,
            "saved_at": checkpoint.saved_at,
            "chat": _to_json(checkpoint.chat),
            "chars_used": checkpoint.chars_used,
        }
        with self._database.transaction() as transaction:
            _upsert(transaction, "checkpoints", "session_id", fields)

    def load_checkpoint(self, session_id: SessionId) -> Checkpoint | None:
        """The last one, or None."""
        rows = self._database.rows("SELECT * FROM checkpoints WHERE session_id = ?", (session_id,))
        return Checkpoint(**dict(rows[0]) | {"chat": json.loads(rows[0]["chat"])}) if rows else None

    def beat(self, worker_id: str, unix_s: float) -> None:
        """Say that the worker lives."""
        with self._database.transaction() as transaction:
            _upsert(transaction, "workers", "worker_id", {"worker_id": worker_id, "beat_at": unix_s})
            transaction.execute("DELETE FROM workers WHERE beat_at < ?", (unix_s - _WORKER_ROW_S,))

    def last_beat(self, worker_id: str) -> float | None:
        """When it last said so, unix seconds; None = never, or more than a day ago."""
        rows = self._database.rows("SELECT beat_at FROM workers WHERE worker_id = ?", (worker_id,))
        return float(rows[0]["beat_at"]) if rows else None


class SqliteUsedTokens:
    """UsedTokens."""

    def __init__(self, database: SqliteDatabase, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def use_once(self, account_id: AccountId, jti: str, expires_at: float) -> bool:
        """Take the token; True the first time, False again until `expires_at` has passed."""
        with self._database.transaction() as transaction:
            transaction.execute("DELETE FROM used_tokens WHERE expires_at <= ?", (self._clock.unix_s(),))
            taken = transaction.execute(
                "INSERT INTO used_tokens (account_id, jti, expires_at) VALUES (?, ?, ?) "
                "ON CONFLICT (account_id, jti) DO NOTHING",
                (account_id, jti, expires_at),
            )
            return taken.rowcount == 1


def _upsert(transaction: sqlite3.Connection, table: str, key_columns: str, fields: dict[str, Any]) -> None:
    columns = ", ".join(fields)
    values = ", ".join("?" for _ in fields)
    updates = ", ".join(f"{column} = excluded.{column}" for column in fields)
    transaction.execute(
        f"INSERT INTO {table} ({columns}) VALUES ({values}) ON CONFLICT ({key_columns}) DO UPDATE SET {updates}",
        tuple(fields.values()),
    )


def _to_json(value: object) -> str:
    # ASCII escapes keep even a lone surrogate, which JSON can carry and UTF-8 cannot.
    try:
        return json.dumps(value, allow_nan=False, separators=(",", ":"), default=_plain)
    except (TypeError, ValueError, RecursionError):
        raise InvalidInput("a value cannot be stored as JSON") from None


def _plain(value: object) -> dict[Any, Any]:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError


def _to_json_or_null(value: object) -> str | None:
    return None if value is None else _to_json(value)


def _from_json_or_null(text: str | None) -> Any:
    return None if text is None else json.loads(text)
