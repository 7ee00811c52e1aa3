"""What the kernel asks of the storage of accounts, their keys and secrets; the rules of callcore.ports apply."""

from collections.abc import Callable, Sequence
from typing import Protocol

from callcore.accounts.account import Account, KeyRecord
from callcore.ids import AccountId


class AccountStore(Protocol):
    """Accounts and their keys."""

    def put_account(self, account: Account) -> None:
        """Create or replace."""
        ...

    def get_account(self, account_id: AccountId) -> Account:
        """Raises NotFound."""
        ...

    def put_key(self, key: KeyRecord) -> None:
        """Create or replace the row of `key.key_hash`."""
        ...

    def find_key(self, key_hash: str) -> KeyRecord | None:
        """The row, revoked or not; None when there is none."""
        ...


class Credentials(Protocol):
    """What opens an account, as its owner manages it."""

    def list_keys(self, account_id: AccountId) -> Sequence[KeyRecord]:
        """Every key of the account, revoked ones too, oldest first."""
        ...

    def revoke_key(self, account_id: AccountId, key_hash: str, revoked_at: float) -> None:
        """Refuse the key from `revoked_at` (unix seconds) on; a key that is revoked keeps its time.

        Raises NotFound, also for another account's key.
        """
        ...

    def set_embed_secret(self, account_id: AccountId, embed_secret: str) -> None:
        """Replace the secret alone. Raises NotFound."""
        ...

    def change_webhook_secrets(
        self, account_id: AccountId, change: Callable[[tuple[str, ...]], tuple[str, ...]]
    ) -> tuple[str, ...]:
        """Store what `change` makes of these secrets alone, and return it; two changes at once both take effect.

        `change` is pure: it may run more than once. Raises NotFound.
        """
        ...


class AccountDirectory(Protocol):
    """Every account, for whoever runs the installation."""

    def list_accounts(self) -> Sequence[Account]:
        """Oldest first."""
        ...

    def change_account(self, account_id: AccountId, change: Callable[[Account], Account]) -> Account:
        """Store what `change` makes of the account, and return it; two changes at once both take effect.

        `change` is pure: it may run more than once. Raises NotFound, and whatever `change` raises; then nothing is
        stored.
        """
        ...


class UsedTokens(Protocol):
    """Which single-use tokens have been used (`jti`, RFC 7519 4.1.7)."""

    def use_once(self, account_id: AccountId, jti: str, expires_at: float) -> bool:
        """Take the token; True the first time, False again until `expires_at` (unix seconds) has passed."""
        ...
