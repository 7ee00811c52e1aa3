"""The keys that an account has of its own with vendors. They go in sealed, and nothing here shows one again."""

from collections.abc import Sequence
from dataclasses import replace

from callauth.sealing import Sealer
from callcore.accounts.account import Account
from callcore.errors import InvalidInput, NotFound
from callcore.ids import AccountId
from infra.accounts.administration import Stores
from media_worker.providers.vendors import OWN_KEYS

VENDORS = tuple(sorted(OWN_KEYS))
"""Whose keys an account may have."""
MAX_KEY_CHARS = 1000


def set_key(stores: Stores, sealer: Sealer, account_id: AccountId, vendor: str, key: str) -> Account:
    """The account with this key, which its next calls use. Raises NotFound, InvalidInput and StoreError."""
    if vendor not in VENDORS:
        raise InvalidInput(f"a key may be set of {', '.join(VENDORS)}, not of {vendor[:40]}")
    key = key.strip()
    if not key or len(key) > MAX_KEY_CHARS or not key.isascii() or not key.isprintable() or " " in key:
        raise InvalidInput(f"the key of {vendor} is one word of at most {MAX_KEY_CHARS} signs of ASCII")
    sealed = sealer.seal(key)
    return stores.directory.change_account(
        account_id, lambda account: replace(account, vendor_keys={**account.vendor_keys, vendor: sealed})
    )


def remove_key(stores: Stores, account_id: AccountId, vendor: str) -> Account:
    """The account without this key: the operator's serves it again, if there is one. Raises NotFound."""

    def removed(account: Account) -> Account:
        if vendor not in account.vendor_keys:
            raise NotFound("vendor key", vendor)
        left = {name: sealed for name, sealed in account.vendor_keys.items() if name != vendor}
        return replace(account, vendor_keys=left)

    return stores.directory.change_account(account_id, removed)


def listed(stores: Stores, account_id: AccountId) -> Sequence[str]:
    """The vendors of whom it has a key, by name. Raises NotFound."""
    return sorted(stores.accounts.get_account(account_id).vendor_keys)
