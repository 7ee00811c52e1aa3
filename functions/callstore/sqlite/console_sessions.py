"""Sessions of the console on the SQLite file."""

from collections.abc import Sequence

from callcore.accounts.console_sessions import ABSOLUTE_S, ConsoleSession
from callcore.ids import AccountId
from callstore.sqlite.database import SqliteDatabase
from callstore.sqlite.rows import upsert


class SqliteConsoleSessions:
    """ConsoleSessions and SignedIn."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    def put_session(self, session: ConsoleSession) -> None:
        """Store a new session, and forget those that are too old by now."""
        fields = {name: getattr(session, name) for name in session.__dataclass_fields__}
        too_old = session.created_at - ABSOLUTE_S
        with self._database.transaction() as transaction:
            transaction.execute("DELETE FROM console_sessions WHERE created_at <= ?", (too_old,))
            upsert(transaction, "console_sessions", "account_id, session_hash", fields)

    def find_session(self, account_id: AccountId, session_hash: str) -> ConsoleSession | None:
        """The session, expired or not; None when there is none."""
        sql = "SELECT * FROM console_sessions WHERE account_id = ? AND session_hash = ?"
        rows = self._database.rows(sql, (account_id, session_hash))
        return ConsoleSession(**dict(rows[0])) if rows else None

    def touch_session(self, account_id: AccountId, session_hash: str, seen_at: float) -> None:
        """Say when the session was used; one that is gone stays gone."""
        sql = "UPDATE console_sessions SET seen_at = ? WHERE account_id = ? AND session_hash = ?"
        with self._database.transaction() as transaction:
            transaction.execute(sql, (seen_at, account_id, session_hash))

    def list_sessions(self, account_id: AccountId) -> Sequence[ConsoleSession]:
        """Newest first."""
        sql = "SELECT * FROM console_sessions WHERE account_id = ? ORDER BY created_at DESC, session_hash"
        return [ConsoleSession(**dict(row)) for row in self._database.rows(sql, (account_id,))]

    def end_session(self, account_id: AccountId, session_hash: str) -> None:
        """Forget the session; one that is gone is fine."""
        sql = "DELETE FROM console_sessions WHERE account_id = ? AND session_hash = ?"
        with self._database.transaction() as transaction:
            transaction.execute(sql, (account_id, session_hash))
