"""The worker registry on the SQLite file."""

from collections.abc import Sequence

from callcore.errors import Conflict
from callcore.ids import SessionId
from callcore.workers.worker import RESERVATION_S, Worker, room
from callstore.sqlite.database import SqliteDatabase
from callstore.sqlite.rows import upsert

_ROW_S = 24 * 3600
"""A worker that has been silent for so long is of no interest to anybody."""


class SqliteWorkerRegistry:
    """WorkerRegistry."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    def beat(self, worker: Worker) -> None:
        """Say that the worker lives; what is reserved stays."""
        fields = {name: getattr(worker, name) for name in ("worker_id", "beat_at", "free_slots", "url", "sip_host")}
        with self._database.transaction() as transaction:
            upsert(transaction, "workers", "worker_id", fields)
            transaction.execute("DELETE FROM workers WHERE beat_at < ?", (worker.beat_at - _ROW_S,))
            transaction.execute("DELETE FROM reservations WHERE until <= ?", (worker.beat_at,))

    def find_worker(self, worker_id: str) -> Worker | None:
        """The worker as it last said, or None."""
        return next(iter(self._workers(" WHERE worker_id = ?", (worker_id,))), None)

    def list_workers(self) -> Sequence[Worker]:
        """Every worker that has beaten within a day, by its id."""
        return self._workers(" ORDER BY worker_id", ())

    def reserve(self, session_id: SessionId, worker_id: str, now: float) -> bool:
        """Keep room for the session, if there is any. Raises Conflict when it is reserved already."""
        with self._database.transaction() as transaction:
            transaction.execute("DELETE FROM reservations WHERE until <= ?", (now,))
            taken = transaction.execute("SELECT 1 FROM reservations WHERE session_id = ?", (session_id,)).fetchone()
            if taken is not None:
                raise Conflict(f"session {session_id} is reserved already")
            row = transaction.execute(
                "SELECT beat_at, free_slots - (SELECT count(*) FROM reservations WHERE worker_id = :worker_id) AS room"
                " FROM workers WHERE worker_id = :worker_id",
                {"worker_id": worker_id},
            ).fetchone()
            if row is None or room(Worker(worker_id, row["beat_at"], row["room"]), now) <= 0:
                return False
            fields = {"session_id": session_id, "worker_id": worker_id, "until": now + RESERVATION_S}
            upsert(transaction, "reservations", "session_id", fields)
            return True

    def _workers(self, condition: str, parameters: Sequence[str]) -> list[Worker]:
        kept: dict[str, dict[SessionId, float]] = {}
        for row in self._database.rows("SELECT * FROM reservations"):
            kept.setdefault(row["worker_id"], {})[SessionId(row["session_id"])] = row["until"]
        return [
            Worker(**dict(row), reserved=kept.get(row["worker_id"], {}))
            for row in self._database.rows(f"SELECT * FROM workers{condition}", parameters)
        ]
