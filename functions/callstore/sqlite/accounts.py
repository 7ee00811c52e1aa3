"""Accounts and keys on the SQLite file."""

import json
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from decimal import Decimal
from typing import Any

from callcore.accounts.account import Account, AccountStatus, KeyKind, KeyPolicy, KeyRecord, Overrides
from callcore.errors import NotFound
from callcore.ids import AccountId
from callstore.sqlite.database import SqliteDatabase
from callstore.sqlite.rows import upsert
from callstore.stored_json import to_json

_ONE = "SELECT * FROM accounts WHERE account_id = ?"


class SqliteAccountStore:
    """AccountStore, Credentials and AccountDirectory."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    def put_account(self, account: Account) -> None:
        """Create or replace."""
        with self._database.transaction() as transaction:
            upsert(transaction, "accounts", "account_id", _account_fields(account))

    def get_account(self, account_id: AccountId) -> Account:
        """Raises NotFound."""
        rows = self._database.rows(_ONE, (account_id,))
        if not rows:
            raise NotFound("account", account_id)
        return _to_account(rows[0])

    def put_key(self, key: KeyRecord) -> None:
        """Create or replace the row of `key.key_hash`."""
        with self._database.transaction() as transaction:
            upsert(transaction, "keys", "key_hash", asdict(key) | {"policy": to_json(asdict(key.policy))})

    def find_key(self, key_hash: str) -> KeyRecord | None:
        """The row, revoked or not; None when there is none."""
        rows = self._database.rows("SELECT * FROM keys WHERE key_hash = ?", (key_hash,))
        return _to_key(rows[0]) if rows else None

    def list_keys(self, account_id: AccountId) -> Sequence[KeyRecord]:
        """Every key of the account, revoked ones too, oldest first."""
        sql = "SELECT * FROM keys WHERE account_id = ? ORDER BY created_at, key_hash"
        return [_to_key(row) for row in self._database.rows(sql, (account_id,))]

    def revoke_key(self, account_id: AccountId, key_hash: str, revoked_at: float) -> None:
        """Refuse the key from `revoked_at` on. Raises NotFound."""
        sql = "UPDATE keys SET revoked_at = coalesce(revoked_at, ?) WHERE account_id = ? AND key_hash = ?"
        with self._database.transaction() as transaction:
            if transaction.execute(sql, (revoked_at, account_id, key_hash)).rowcount == 0:
                raise NotFound("key", key_hash)

    def set_embed_secret(self, account_id: AccountId, embed_secret: str) -> None:
        """Replace the secret alone. Raises NotFound."""
        self.change_account(account_id, lambda account: replace(account, embed_secret=embed_secret))

    def change_webhook_secrets(
        self, account_id: AccountId, change: Callable[[tuple[str, ...]], tuple[str, ...]]
    ) -> tuple[str, ...]:
        """Store what `change` makes of these secrets alone. Raises NotFound."""
        return self.change_account(
            account_id, lambda account: replace(account, webhook_secrets=change(account.webhook_secrets))
        ).webhook_secrets

    def list_accounts(self) -> Sequence[Account]:
        """Oldest first."""
        return [
            _to_account(row) for row in self._database.rows("SELECT * FROM accounts ORDER BY created_at, account_id")
        ]

    def change_account(self, account_id: AccountId, change: Callable[[Account], Account]) -> Account:
        """Store what `change` makes of the account. Raises NotFound."""
        with self._database.transaction() as transaction:
            row = transaction.execute(_ONE, (account_id,)).fetchone()
            if row is None:
                raise NotFound("account", account_id)
            changed = change(_to_account(row))
            upsert(transaction, "accounts", "account_id", _account_fields(changed))
            return changed


def _to_account(row: sqlite3.Row) -> Account:
    fields = dict(row)
    typed = {
        "status": AccountStatus(fields["status"]),
        "webhook_secrets": tuple(json.loads(fields["webhook_secrets"])),
        "discount_percent": Decimal(fields["discount_percent"]),
        "vendor_keys": json.loads(fields["vendor_keys"]),
    }
    return Account(**fields | typed)


def _account_fields(account: Account) -> dict[str, Any]:
    return asdict(account) | {
        "webhook_secrets": to_json(account.webhook_secrets),
        "discount_percent": str(account.discount_percent),
        "vendor_keys": to_json(account.vendor_keys),
    }


def _to_key(row: sqlite3.Row) -> KeyRecord:
    fields = dict(row)
    return KeyRecord(**fields | {"kind": KeyKind(fields["kind"]), "policy": _to_policy(fields["policy"])})


def _to_policy(text: str) -> KeyPolicy:
    fields = json.loads(text)
    return KeyPolicy(
        agents=None if fields["agents"] is None else tuple(fields["agents"]),
        origins=None if fields["origins"] is None else tuple(fields["origins"]),
        overrides=Overrides(fields["overrides"]),
        phone=fields["phone"],
        loopback_only=fields["loopback_only"],
        max_concurrent_calls=fields.get("max_concurrent_calls"),
        max_minutes_per_day=fields.get("max_minutes_per_day"),
        max_spend_per_day=fields.get("max_spend_per_day"),
    )
