"""Sessions of the console in the DynamoDB table: a row each, in a partition of the account."""

import contextlib
import math
from collections.abc import Sequence

from callcore.accounts.console_sessions import ABSOLUTE_S, ConsoleSession
from callcore.ids import AccountId
from callstore.dynamo import keys as keys
from callstore.dynamo.rows import doc_of, unpacked
from callstore.dynamo.table import PRESENT, DynamoTable, Refused, Row, delete, put, update


class DynamoConsoleSessions:
    """ConsoleSessions and SignedIn."""

    def __init__(self, table: DynamoTable) -> None:
        self._table = table

    def put_session(self, session: ConsoleSession) -> None:
        """Store a new session; the table forgets it when it is too old."""
        row = {
            "doc": doc_of(session),
            "seen_at": session.seen_at,
            "ttl": math.ceil(session.created_at + ABSOLUTE_S),
        }
        self._table.write(put(keys.console_session(session.account_id, session.session_hash), row))

    def find_session(self, account_id: AccountId, session_hash: str) -> ConsoleSession | None:
        """The session, expired or not; None when there is none."""
        row = self._table.get(keys.console_session(account_id, session_hash))
        return None if row is None else _to_session(row)

    def touch_session(self, account_id: AccountId, session_hash: str, seen_at: float) -> None:
        """Say when the session was used; one that is gone stays gone."""
        key = keys.console_session(account_id, session_hash)
        with contextlib.suppress(Refused):
            self._table.write(update(key, "SET #seen_at = :seen_at", {"seen_at": seen_at}, PRESENT))

    def list_sessions(self, account_id: AccountId) -> Sequence[ConsoleSession]:
        """Newest first."""
        found = map(_to_session, self._table.query(keys.console_sessions_partition(account_id)))
        return sorted(found, key=lambda session: (-session.created_at, session.session_hash))

    def end_session(self, account_id: AccountId, session_hash: str) -> None:
        """Forget the session; one that is gone is fine."""
        self._table.write(delete(keys.console_session(account_id, session_hash)))


def _to_session(row: Row) -> ConsoleSession:
    return ConsoleSession(**unpacked(row["doc"]) | {"seen_at": float(row["seen_at"])})
