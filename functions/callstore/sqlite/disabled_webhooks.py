"""Disabled webhooks on the SQLite file."""

from collections.abc import Mapping

from callcore.ids import AccountId
from callstore.sqlite.database import SqliteDatabase


class SqliteDisabledWebhooks:
    """DisabledWebhooks."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    def disable_webhook(self, account_id: AccountId, url: str, at: float) -> None:
        """The first time stays."""
        sql = "INSERT INTO disabled_webhooks (account_id, url, disabled_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
        with self._database.transaction() as transaction:
            transaction.execute(sql, (account_id, url, at))

    def enable_webhook(self, account_id: AccountId, url: str) -> None:
        """One that is not disabled is no error."""
        with self._database.transaction() as transaction:
            transaction.execute("DELETE FROM disabled_webhooks WHERE account_id = ? AND url = ?", (account_id, url))

    def list_disabled(self, account_id: AccountId) -> Mapping[str, float]:
        """Addresses, and since when."""
        rows = self._database.rows("SELECT url, disabled_at FROM disabled_webhooks WHERE account_id = ?", (account_id,))
        return {row["url"]: row["disabled_at"] for row in rows}
