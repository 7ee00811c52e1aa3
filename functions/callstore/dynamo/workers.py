"""The worker registry in the DynamoDB table: a row per worker with what it keeps room for, and an owner per session."""

import math
from collections.abc import Sequence
from dataclasses import replace

from callcore.clock import Clock
from callcore.errors import Conflict, StoreError
from callcore.ids import SessionId
from callcore.workers.worker import RESERVATION_S, Worker, room
from callstore.dynamo import keys as keys
from callstore.dynamo.rows import change_row, doc_of, unpacked
from callstore.dynamo.table import ABSENT, DynamoTable, Refused, Row, put

_ROW_S = 24 * 3600
"""A worker that has been silent for so long is of no interest to anybody."""
_ATTEMPTS = 50


class DynamoWorkerRegistry:
    """WorkerRegistry."""

    def __init__(self, table: DynamoTable, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def beat(self, worker: Worker) -> None:
        """Say that the worker lives; what is reserved stays."""

        def beaten(row: Row | None) -> Row:
            kept = _to_worker(row).reserved if row else {}
            reserved = {session_id: until for session_id, until in kept.items() if until > worker.beat_at}
            return _fields(worker, reserved)

        change_row(self._table, keys.worker(worker.worker_id), beaten)

    def find_worker(self, worker_id: str) -> Worker | None:
        """The worker as it last said, or None."""
        row = self._table.get(keys.worker(worker_id))
        return _to_worker(row) if row and row["ttl"] > self._clock.unix_s() else None

    def list_workers(self) -> Sequence[Worker]:
        """Every worker that has beaten within a day, by its id."""
        now = self._clock.unix_s()
        return [_to_worker(row) for row in self._table.query(keys.WORKERS) if row["ttl"] > now]

    def reserve(self, session_id: SessionId, worker_id: str, now: float) -> bool:
        """Keep room for the session, if there is any. Raises Conflict when it is reserved already."""
        until = now + RESERVATION_S
        for attempt in range(_ATTEMPTS):
            if attempt:
                self._table.pause_before(attempt)
            row = self._table.get(keys.worker(worker_id))
            if row is None or room(_to_worker(row), now) <= 0:
                return False
            worker = _to_worker(row)
            reserved = {**worker.reserved, session_id: until}
            version = {"version": row["version"]}
            owner = {"worker_id": worker_id, "ttl": math.ceil(until), "until": until}
            try:
                self._table.write(
                    put(
                        keys.worker(worker_id),
                        {**_fields(worker, reserved), "version": row["version"] + 1},
                        "#version = :version",
                        version,
                    ),
                    put(keys.owner(session_id), owner, f"{ABSENT} OR #until <= :now", {"now": now}),
                )
                return True
            except Refused as refused:
                if 1 in refused.failed:
                    raise Conflict(f"session {session_id} is reserved already") from None
        raise StoreError("a worker's row changes again and again", retryable=True)


def _fields(worker: Worker, reserved: dict[SessionId, float]) -> Row:
    said = replace(worker, reserved=reserved)
    return {"doc": doc_of(said), "ttl": math.ceil(worker.beat_at + _ROW_S)}


def _to_worker(row: Row) -> Worker:
    return Worker(**unpacked(row["doc"]))
