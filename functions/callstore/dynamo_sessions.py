"""Checkpoints and used tokens in the DynamoDB table."""

import math

from callcore.calls import Checkpoint
from callcore.clock import Clock
from callcore.ids import AccountId, SessionId
from callstore import dynamo_keys as keys
from callstore.dynamo_rows import doc_of, to_checkpoint
from callstore.dynamo_table import ABSENT, DynamoTable, Refused, put

_WORKER_ROW_S = 24 * 3600
"""A worker that has been silent for so long is of no interest to anybody."""


class DynamoCheckpointStore:
    """CheckpointStore."""

    def __init__(self, table: DynamoTable) -> None:
        self._table = table

    def save_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Replace the session's checkpoint."""
        self._table.write(put(keys.checkpoint(checkpoint.session_id), {"doc": doc_of(checkpoint)}))

    def load_checkpoint(self, session_id: SessionId) -> Checkpoint | None:
        """The last one, or None."""
        row = self._table.get(keys.checkpoint(session_id))
        return to_checkpoint(row) if row else None

    def beat(self, worker_id: str, unix_s: float) -> None:
        """Say that the worker lives."""
        row = {"beat_at": unix_s, "ttl": math.ceil(unix_s + _WORKER_ROW_S)}
        self._table.write(put(keys.worker(worker_id), row))

    def last_beat(self, worker_id: str) -> float | None:
        """When it last said so, unix seconds; None = never, or long ago."""
        row = self._table.get(keys.worker(worker_id))
        return float(row["beat_at"]) if row else None


class DynamoUsedTokens:
    """UsedTokens."""

    def __init__(self, table: DynamoTable, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def use_once(self, account_id: AccountId, jti: str, expires_at: float) -> bool:
        """Take the token; True the first time, False again until `expires_at` has passed."""
        # TTL deletes late, so what has expired counts as absent.
        condition, now = f"{ABSENT} OR #ttl <= :now", {"now": self._clock.unix_s()}
        try:
            self._table.write(put(keys.used_token(account_id, jti), {"ttl": math.ceil(expires_at)}, condition, now))
        except Refused:
            return False
        return True
