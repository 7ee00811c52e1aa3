"""The shared counts on the SQLite file."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, timedelta

from callcore.billing.allowance import Holder, RunningCall, Used
from callcore.billing.ports import KEPT_DAYS
from callcore.ids import AccountId
from callstore.sqlite.database import SqliteDatabase
from callstore.sqlite.rows import upsert

_ADD = """
    INSERT INTO day_totals (account_id, key_id, day, call_ms, microcents) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (account_id, key_id, day)
    DO UPDATE SET call_ms = call_ms + excluded.call_ms, microcents = microcents + excluded.microcents
    RETURNING call_ms, microcents
"""


class SqliteAllowance:
    """DayTotals and RunningCalls."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    def add_used(self, holder: Holder, day: date, used: Used, token: str) -> Used:
        """The day's count after adding; when it raises nothing was added, whatever the token."""
        old = (holder.account_id, (day - timedelta(days=KEPT_DAYS)).isoformat())
        with self._database.transaction() as transaction:
            transaction.execute("DELETE FROM day_totals WHERE account_id = ? AND day < ?", old)
            fields = (holder.account_id, holder.key_id, day.isoformat(), used.call_ms, used.microcents)
            (row,) = transaction.execute(_ADD, fields).fetchall()
            return Used(**dict(row))

    def used(self, holder: Holder, day: date) -> Used:
        """The day's count."""
        sql = "SELECT call_ms, microcents FROM day_totals WHERE account_id = ? AND key_id = ? AND day = ?"
        rows = self._database.rows(sql, (holder.account_id, holder.key_id, day.isoformat()))
        return Used(**dict(rows[0])) if rows else Used()

    def hold(self, call: RunningCall) -> None:
        """The call goes on."""
        over = "DELETE FROM running_calls WHERE account_id = ? AND until <= ?"
        with self._database.transaction() as transaction:
            transaction.execute(over, (call.account_id, call.since))
            upsert(transaction, "running_calls", "account_id, session_id", asdict(call))

    def release(self, call: RunningCall) -> None:
        """It is over."""
        with self._database.transaction() as transaction:
            sql = "DELETE FROM running_calls WHERE account_id = ? AND session_id = ? AND since = ?"
            transaction.execute(sql, (call.account_id, call.session_id, call.since))

    def running(self, account_id: AccountId, now: float) -> Sequence[RunningCall]:
        """The account's calls that go on."""
        sql = "SELECT * FROM running_calls WHERE account_id = ? AND until > ?"
        return [RunningCall(**dict(row)) for row in self._database.rows(sql, (account_id, now))]
