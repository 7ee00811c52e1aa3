"""Checkpoints and used tokens on the SQLite file."""

import json

from callcore.calls.call import Checkpoint
from callcore.clock import Clock
from callcore.ids import AccountId, SessionId
from callstore.sqlite.database import SqliteDatabase
from callstore.sqlite.rows import upsert
from callstore.stored_json import to_json


class SqliteCheckpointStore:
    """CheckpointStore."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    def save_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Replace the session's checkpoint. Raises Conflict when its call has not begun."""
        fields = {
            "session_id": checkpoint.session_id,
            "saved_at": checkpoint.saved_at,
            "chat": to_json(checkpoint.chat),
            "chars_used": checkpoint.chars_used,
            "call_metrics": to_json(checkpoint.call_metrics),
            "after_call": to_json(checkpoint.after_call),
        }
        with self._database.transaction() as transaction:
            upsert(transaction, "checkpoints", "session_id", fields)

    def load_checkpoint(self, session_id: SessionId) -> Checkpoint | None:
        """The last one, or None."""
        rows = self._database.rows("SELECT * FROM checkpoints WHERE session_id = ?", (session_id,))
        if not rows:
            return None
        written = ("chat", "call_metrics", "after_call")
        return Checkpoint(**dict(rows[0]) | {name: json.loads(rows[0][name]) for name in written})


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
