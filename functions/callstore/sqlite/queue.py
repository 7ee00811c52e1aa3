"""Queue on a table of the SQLite file: the embedded twin of SQS."""

from collections.abc import Sequence

from callcore.clock import Clock
from callcore.errors import InvalidInput
from callcore.ports import MAX_MESSAGE_BYTES, Delivery
from callstore.sqlite.database import SqliteDatabase

_CLAIM = """
    UPDATE messages
    SET visible_at = :hidden_until, attempt = attempt + 1, receipt = lower(hex(randomblob(16)))
    WHERE message_id IN (
        SELECT message_id FROM messages WHERE queue = :queue AND visible_at <= :now ORDER BY visible_at LIMIT :limit
    )
    RETURNING receipt, body, attempt
"""


class SqliteQueue:
    """Queue. Several names share the table; each is a queue of its own."""

    def __init__(self, database: SqliteDatabase, name: str, clock: Clock) -> None:
        self._database = database
        self._name = name
        self._clock = clock

    def send(self, body: str) -> None:
        """Returns when the message is durable. Raises InvalidInput above MAX_MESSAGE_BYTES."""
        if len(body.encode(errors="surrogatepass")) > MAX_MESSAGE_BYTES:
            raise InvalidInput(f"a queue message is larger than {MAX_MESSAGE_BYTES} bytes")
        with self._database.transaction() as transaction:
            transaction.execute(
                "INSERT INTO messages (queue, body, visible_at, attempt) VALUES (?, ?, ?, 0)",
                (self._name, body, self._clock.unix_s()),
            )

    def receive(self, limit: int, visibility_s: float) -> Sequence[Delivery]:
        """At most `limit` messages, hidden from others for `visibility_s` seconds. Does not wait."""
        now = self._clock.unix_s()
        parameters = {"queue": self._name, "now": now, "hidden_until": now + visibility_s, "limit": limit}
        with self._database.transaction() as transaction:
            rows = transaction.execute(_CLAIM, parameters).fetchall()
        return [Delivery(row["receipt"], row["body"], row["attempt"]) for row in rows]

    def delete(self, receipt: str) -> None:
        """The message is dealt with. A stale receipt is ignored."""
        with self._database.transaction() as transaction:
            transaction.execute("DELETE FROM messages WHERE queue = ? AND receipt = ?", (self._name, receipt))
