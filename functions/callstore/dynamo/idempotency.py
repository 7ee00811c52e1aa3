"""Requests with an idempotency key in the DynamoDB table."""

import contextlib
import math

from callcore.clock import Clock
from callcore.idempotency import REMEMBERED_S, RUNNING_S, EarlierRequest, KeyedRequest
from callstore.dynamo import keys as keys
from callstore.dynamo.rows import packed, unpacked
from callstore.dynamo.table import ABSENT, DynamoTable, Refused, delete, put


class DynamoIdempotencyStore:
    """IdempotencyStore."""

    def __init__(self, table: DynamoTable, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def begin_request(self, request: KeyedRequest) -> EarlierRequest | None:
        """Take the key, or find who has it."""
        now = self._clock.unix_s()
        row = {"fingerprint": request.fingerprint, "ttl": math.ceil(now + RUNNING_S)}
        try:
            # TTL deletes late, so what has expired counts as absent.
            self._table.write(put(_key(request), row, f"{ABSENT} OR #ttl <= :now", {"now": now}))
        except Refused as refused:
            standing = refused.row or {}
            reply = standing.get("reply")
            return EarlierRequest(standing.get("fingerprint", ""), None if reply is None else unpacked(reply))
        return None

    def finish_request(self, request: KeyedRequest, reply: str) -> None:
        """Keep the reply."""
        ttl = math.ceil(self._clock.unix_s() + REMEMBERED_S)
        self._table.write(put(_key(request), {"fingerprint": request.fingerprint, "reply": packed(reply), "ttl": ttl}))

    def abandon_request(self, request: KeyedRequest) -> None:
        """Give the key back while there is no reply."""
        with contextlib.suppress(Refused):
            self._table.write(delete(_key(request), "attribute_not_exists(#reply)"))


def _key(request: KeyedRequest) -> keys.Key:
    return keys.keyed_request(request.account_id, request.key)
