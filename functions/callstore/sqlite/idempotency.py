"""Requests with an idempotency key on the SQLite file."""

from callcore.clock import Clock
from callcore.idempotency import REMEMBERED_S, RUNNING_S, EarlierRequest, KeyedRequest
from callstore.sqlite.database import SqliteDatabase
from callstore.sqlite.rows import upsert


class SqliteIdempotencyStore:
    """IdempotencyStore."""

    def __init__(self, database: SqliteDatabase, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def begin_request(self, request: KeyedRequest) -> EarlierRequest | None:
        """Take the key, or find who has it."""
        now = self._clock.unix_s()
        with self._database.transaction() as transaction:
            transaction.execute("DELETE FROM keyed_requests WHERE expires_at <= ?", (now,))
            row = transaction.execute(
                "SELECT fingerprint, reply FROM keyed_requests WHERE account_id = ? AND key = ?",
                (request.account_id, request.key),
            ).fetchone()
            if row is not None:
                return EarlierRequest(row["fingerprint"], row["reply"])
            upsert(transaction, "keyed_requests", "account_id, key", _fields(request, None, now + RUNNING_S))
            return None

    def finish_request(self, request: KeyedRequest, reply: str) -> None:
        """Keep the reply."""
        expires_at = self._clock.unix_s() + REMEMBERED_S
        with self._database.transaction() as transaction:
            upsert(transaction, "keyed_requests", "account_id, key", _fields(request, reply, expires_at))

    def abandon_request(self, request: KeyedRequest) -> None:
        """Give the key back while there is no reply."""
        sql = "DELETE FROM keyed_requests WHERE account_id = ? AND key = ? AND reply IS NULL"
        with self._database.transaction() as transaction:
            transaction.execute(sql, (request.account_id, request.key))


def _fields(request: KeyedRequest, reply: str | None, expires_at: float) -> dict[str, object]:
    return {
        "account_id": request.account_id,
        "key": request.key,
        "fingerprint": request.fingerprint,
        "reply": reply,
        "expires_at": expires_at,
    }
