"""Private and public keys: how they are made, found in a header and proven (architecture.md 7)."""

import hashlib
import hmac
import secrets
import string
from typing import TYPE_CHECKING

from callcore.accounts.account import Account, AccountStatus, KeyKind, KeyPolicy, KeyRecord
from callcore.errors import NotAllowed, NotFound, Unauthenticated
from callcore.ids import AccountId

if TYPE_CHECKING:  # the ports name every kind of row, and to load them all takes longer than the widget's page has
    from callcore.accounts.ports import AccountStore

KEY_CHARS = 32
"""Length of a new key; the look is that of protocol.md 0."""
MAX_KEY_CHARS = 512
"""Nothing longer is hashed."""
_ALPHABET = string.ascii_letters + string.digits
_HINT_CHARS = 4


def new_key() -> str:
    """A new key: 32 alphanumerics, 190 bits of randomness."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(KEY_CHARS))


def hash_key(key: str) -> str:
    """Hex SHA-256. A slow hash would add nothing: a key is random, not a password."""
    return hashlib.sha256(key.encode(errors="surrogatepass")).hexdigest()


def key_record(
    key: str, kind: KeyKind, account_id: AccountId, label: str, created_at: float, policy: KeyPolicy | None = None
) -> KeyRecord:
    """The row to store for a key; without a policy, that of a new key."""
    return KeyRecord(hash_key(key), kind, account_id, label, key[:_HINT_CHARS], created_at, policy or KeyPolicy())


def parse_authorization(header: str | None) -> str:
    """The key in an `Authorization` header: raw or after `Bearer` in any case (protocol.md 1.1).

    Raises Unauthenticated when there is none.
    """
    words = (header or "").split()
    if len(words) == 2 and words[0].lower() == "bearer":
        return words[1]
    if len(words) == 1 and words[0].lower() != "bearer":
        return words[0]
    raise Unauthenticated("send the private key in the Authorization header, alone or after Bearer")


def authenticate(store: "AccountStore", key: str, kind: KeyKind) -> tuple[KeyRecord, Account]:
    """The row of a key and its account.

    Raises Unauthenticated when the key is unknown or of the other kind, NotAllowed when it is revoked
    or its account suspended.
    """
    key_hash = hash_key(key[:MAX_KEY_CHARS])
    record = store.find_key(key_hash) if len(key) <= MAX_KEY_CHARS else None
    if record is None or not hmac.compare_digest(record.key_hash, key_hash):
        raise Unauthenticated(f"the {kind} key is not known")
    if record.kind is not kind:
        raise Unauthenticated(f"this needs a {kind} key, and the one sent is a {record.kind} key")
    if record.revoked_at is not None:
        raise NotAllowed(f"the {kind} key {record.hint}… is revoked")
    try:
        account = store.get_account(record.account_id)
    except NotFound:
        raise Unauthenticated(f"the {kind} key is not known") from None
    if account.status is AccountStatus.SUSPENDED:
        raise NotAllowed("the account is suspended")
    return record, account
