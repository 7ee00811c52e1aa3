"""`Idempotency-Key`: the same request sent twice happens once (architecture.md 5)."""

from dataclasses import dataclass

from callcore.errors import Conflict, IdempotencyMismatch
from callcore.ids import AccountId

MAX_KEY_CHARS = 255
RUNNING_S = 60
"""A request that has not been answered by then died with its process; the next one with the key starts anew."""
REMEMBERED_S = 24 * 3600
"""How long a reply is given again."""


@dataclass(frozen=True)
class KeyedRequest:
    """A request that names itself."""

    account_id: AccountId
    key: str
    fingerprint: str
    """Hash of path and body."""


@dataclass(frozen=True)
class EarlierRequest:
    """The first request with the same key."""

    fingerprint: str
    reply: str | None
    """JSON; None: it still runs."""


def reply_to(request: KeyedRequest, earlier: EarlierRequest) -> str:
    """The reply to give again.

    Raises IdempotencyMismatch when the key stood in front of something else, Conflict while the first request runs.
    """
    if request.fingerprint != earlier.fingerprint:
        raise IdempotencyMismatch("Idempotency-Key: it was used for a request with another body")
    if earlier.reply is None:
        raise Conflict("Idempotency-Key: the first request with it still runs")
    return earlier.reply
