"""Checkpoints and used tokens in the DynamoDB table."""

import math

from callcore.calls.call import Checkpoint
from callcore.clock import Clock
from callcore.errors import Conflict
from callcore.ids import AccountId, SessionId
from callstore.dynamo import keys as keys
from callstore.dynamo.rows import doc_of, to_checkpoint
from callstore.dynamo.table import ABSENT, PRESENT, DynamoTable, Refused, check, put


class DynamoCheckpointStore:
    """CheckpointStore."""

    def __init__(self, table: DynamoTable) -> None:
        self._table = table

    def save_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Replace the session's checkpoint. Raises Conflict when its call has not begun, or was deleted."""
        session_id = checkpoint.session_id
        try:
            self._table.write(
                check(keys.call(session_id), PRESENT), put(keys.checkpoint(session_id), {"doc": doc_of(checkpoint)})
            )
        except Refused:
            raise Conflict("the store refuses the row: its call does not exist") from None

    def load_checkpoint(self, session_id: SessionId) -> Checkpoint | None:
        """The last one, or None."""
        row = self._table.get(keys.checkpoint(session_id))
        return to_checkpoint(row) if row else None


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
