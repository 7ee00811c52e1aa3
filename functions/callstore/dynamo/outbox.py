"""The outbox in a DynamoDB table of its own, without point-in-time recovery: what is deleted there is gone.

A report's row, and a pointer in the order of the times at which they expire; TTL deletes both should nobody else.
"""

import math

from callcore.deliveries.private_report import SealedReport
from callcore.ids import AccountId, SessionId
from callstore.dynamo.keys import Key, call, position
from callstore.dynamo.table import DynamoTable, Row, delete, put

_EXPIRES = "EXPIRES"


class DynamoOutbox:
    """Outbox."""

    def __init__(self, table: DynamoTable) -> None:
        """`table` has the keys and the TTL attribute of infra/adr/0007."""
        self._table = table

    def put_report(self, report: SealedReport) -> None:
        """Create or replace. Raises InvalidInput above the size of a row."""
        row = {
            "account_id": report.account_id,
            "session_id": report.session_id,
            "expires_at": report.expires_at,
            "ttl": math.ceil(report.expires_at),
        }
        pointer = _pointer(row)
        self._table.write(put(_key(report.session_id), {**row, "sealed": report.sealed}), put(pointer, row))

    def find_report(self, account_id: AccountId, session_id: SessionId, now: float) -> bytes | None:
        """What was sealed, or None."""
        row = self._table.get(_key(session_id))
        if row is None or row["account_id"] != account_id or row["expires_at"] <= now:
            return None
        return bytes(row["sealed"])

    def delete_report(self, account_id: AccountId, session_id: SessionId) -> None:
        """One that is not there is fine."""
        row = self._table.get(_key(session_id))
        if row is not None and row["account_id"] == account_id:
            self._table.write(delete(_key(session_id)), delete(_pointer(row)))

    def delete_expired(self, now: float) -> int:
        """Delete what has expired; how many."""
        expired = list(self._table.query(_EXPIRES, "#SK < :latest", {"latest": _place(now) + "$"}))
        for row in expired:
            self._table.write(delete(_key(SessionId(row["session_id"]))), delete(Key(row["PK"], row["SK"])))
        return len(expired)


def _key(session_id: SessionId) -> Key:
    return Key(call(session_id).pk, "REPORT")


def _pointer(row: Row) -> Key:
    return Key(_EXPIRES, f"{_place(row['expires_at'])}#{_key(row['session_id']).pk}")


def _place(time_s: float) -> str:
    return position(int(time_s * 1_000_000))
