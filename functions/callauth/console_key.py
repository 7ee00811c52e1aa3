"""The public key with which the console's own pages call: one per account, from its embed secret.

Keys are stored by their hashes alone, so a page that is shown again could not name its key. This one can be made again
by whoever has the account's secret, and opens sessions from our own pages only.
"""

import hashlib
import hmac
import string
from collections.abc import Iterator
from dataclasses import replace

from callauth.keys import KEY_CHARS, hash_key, key_record
from callcore.accounts.account import Account, KeyKind, KeyPolicy, KeyRecord
from callcore.accounts.ports import AccountStore, Credentials
from callcore.errors import Conflict

LABEL = "console"
_ALPHABET = string.ascii_letters + string.digits
_POLICY = KeyPolicy(origins=())
_TRIES = 20


def console_key(accounts: AccountStore, account: Account, now: float) -> str:
    """The key, made when there is none yet, or when its owner has revoked the one before.

    Raises Conflict when the account has no embed secret, or when nothing but revoked keys is found.
    """
    if not account.embed_secret:
        raise Conflict("trying an agent here needs the account's embed secret, and there is none")
    for key, record in _made_so_far(accounts, account):
        if record is None:
            accounts.put_key(key_record(key, KeyKind.PUBLIC, account.account_id, LABEL, now, _POLICY))
            return key
        if record.revoked_at is None:
            return key
    raise Conflict("the console's keys were revoked again and again: make a new embed secret")


def exchange_secret(
    accounts: AccountStore, credentials: Credentials, account: Account, secret: str, now: float
) -> Account:
    """The account with this embed secret, or without one: empty. The console's key is of the old one and goes with it.

    Raises NotFound.
    """
    made_so_far = _made_so_far(accounts, account) if account.embed_secret else ()
    for _, record in made_so_far:
        if record is not None and record.revoked_at is None:
            credentials.revoke_key(account.account_id, record.key_hash, now)
    # Last: whoever has to do it again still finds the key.
    credentials.set_embed_secret(account.account_id, secret)
    return replace(account, embed_secret=secret)


def _made_so_far(accounts: AccountStore, account: Account) -> Iterator[tuple[str, KeyRecord | None]]:
    """The keys of the account's secret in their order with their rows, and the next one, which has none."""
    for number in range(_TRIES):
        key = _key(account.embed_secret, number)
        record = accounts.find_key(hash_key(key))
        yield key, record
        if record is None:
            return


def _key(secret: str, number: int) -> str:
    """Of the look of any other key (RFC 5869 would serve; one HMAC of a random secret is as good)."""
    digest = hmac.digest(secret.encode(), f"parley console key {number}".encode(), hashlib.sha512)
    value, chars = int.from_bytes(digest, "big"), []
    for _ in range(KEY_CHARS):
        value, place = divmod(value, len(_ALPHABET))
        chars.append(_ALPHABET[place])
    return "".join(chars)
