"""The outbox on the SQLite file."""

from dataclasses import asdict

from callcore.deliveries.private_report import SealedReport
from callcore.ids import AccountId, SessionId
from callstore.sqlite.database import SqliteDatabase
from callstore.sqlite.rows import upsert


class SqliteOutbox:
    """Outbox."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    def put_report(self, report: SealedReport) -> None:
        """Create or replace."""
        with self._database.transaction() as transaction:
            upsert(transaction, "sealed_reports", "account_id, session_id", asdict(report))

    def find_report(self, account_id: AccountId, session_id: SessionId, now: float) -> bytes | None:
        """What was sealed, or None."""
        sql = "SELECT sealed FROM sealed_reports WHERE account_id = ? AND session_id = ? AND expires_at > ?"
        rows = self._database.rows(sql, (account_id, session_id, now))
        return bytes(rows[0]["sealed"]) if rows else None

    def delete_report(self, account_id: AccountId, session_id: SessionId) -> None:
        """One that is not there is fine."""
        sql = "DELETE FROM sealed_reports WHERE account_id = ? AND session_id = ?"
        with self._database.transaction() as transaction:
            transaction.execute(sql, (account_id, session_id))

    def delete_expired(self, now: float) -> int:
        """Delete what has expired; how many."""
        with self._database.transaction() as transaction:
            return transaction.execute("DELETE FROM sealed_reports WHERE expires_at <= ?", (now,)).rowcount
