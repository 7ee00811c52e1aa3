"""An account's keys as its owner manages them. A key is shown once, when it is made."""

from dataclasses import dataclass, replace

from callauth.keys import key_record, new_key
from callcore.accounts.account import KeyKind, KeyPolicy, KeyRecord
from callcore.accounts.ports import AccountStore, Credentials
from callcore.errors import Conflict, NotFound
from callcore.ids import AccountId


@dataclass(frozen=True)
class NewKey:
    """A key that was just made."""

    key: str
    """In no store."""
    record: KeyRecord


@dataclass(frozen=True)
class KeyRing:
    """Of every account. `now` is unix seconds."""

    accounts: AccountStore
    credentials: Credentials

    def find(self, account_id: AccountId, key_id: str) -> KeyRecord:
        """The key, revoked or not. Raises NotFound."""
        for key in self.credentials.list_keys(account_id):
            if key.key_id == key_id:
                return key
        raise NotFound("key", key_id)

    def create(self, account_id: AccountId, kind: KeyKind, label: str, policy: KeyPolicy, now: float) -> NewKey:
        """A new key."""
        key = new_key()
        record = key_record(key, kind, account_id, label, now, policy)
        self.accounts.put_key(record)
        return NewKey(key, record)

    def rotate(self, account_id: AccountId, key_id: str, now: float) -> NewKey:
        """A new key with the same label and policy; the old one is refused from now on.

        Raises NotFound, and Conflict when the old one is revoked.
        """
        old = self._standing(account_id, key_id)
        made = self.create(account_id, old.kind, old.label, old.policy, now)
        self.revoke(old, now)
        return made

    def revoke(self, key: KeyRecord, now: float) -> None:
        """Refuse the key from now on; doing so twice is fine."""
        self.credentials.revoke_key(key.account_id, key.key_hash, now)

    def change(self, account_id: AccountId, key_id: str, label: str, policy: KeyPolicy) -> KeyRecord:
        """Give a key that stands another label and policy. Raises NotFound, and Conflict when it is revoked."""
        changed = replace(self._standing(account_id, key_id), label=label, policy=policy)
        self.accounts.put_key(changed)
        return changed

    def _standing(self, account_id: AccountId, key_id: str) -> KeyRecord:
        key = self.find(account_id, key_id)
        if key.revoked_at is not None:
            raise Conflict(f"key {key_id} is revoked")
        return key
