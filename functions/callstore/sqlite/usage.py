"""Counted usage on the SQLite file: a row for each day and agent, added to in the transaction that ends a call."""

import sqlite3
from collections.abc import Sequence
from datetime import date

from callcore.billing.day_usage import COUNTED, Counts, DayUsage, usage_of_call
from callcore.calls.call import Call
from callcore.ids import AccountId, AgentId
from callstore.sqlite.database import SqliteDatabase

_COLUMNS = ", ".join(COUNTED)
_ADD = f"""
    INSERT INTO day_usage (account_id, day, agent_id, {_COLUMNS})
    VALUES (?, ?, ?, {", ".join("?" for _ in COUNTED)})
    ON CONFLICT (account_id, day, agent_id)
    DO UPDATE SET {", ".join(f"{name} = {name} + excluded.{name}" for name in COUNTED)}
"""


class SqliteUsageLog:
    """UsageLog."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    def usage_by_day(self, account_id: AccountId, first: date, last: date) -> Sequence[DayUsage]:
        """What was used from the first day to the last one."""
        sql = (
            f"SELECT day, agent_id, {_COLUMNS} FROM day_usage"
            " WHERE account_id = ? AND day BETWEEN ? AND ? ORDER BY day, agent_id"
        )
        found = self._database.rows(sql, (account_id, first.isoformat(), last.isoformat()))
        return [
            DayUsage(date.fromisoformat(row["day"]), AgentId(row["agent_id"]), Counts(*(row[name] for name in COUNTED)))
            for row in found
        ]


def count_usage(transaction: sqlite3.Connection, call: Call) -> None:
    """Add what an ended call used."""
    used = usage_of_call(call)
    if used is not None:
        counted = (getattr(used.counts, name) for name in COUNTED)
        transaction.execute(_ADD, (call.account_id, used.day.isoformat(), used.agent_id, *counted))
