"""Accounts and keys on the SQLite file."""

import json
from dataclasses import asdict

from callcore.accounts import Account, AccountStatus, KeyKind, KeyPolicy, KeyRecord, Overrides
from callcore.errors import NotFound
from callcore.ids import AccountId
from callstore.sqlite_database import SqliteDatabase
from callstore.sqlite_rows import to_json, upsert


class SqliteAccountStore:
    """AccountStore."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    def put_account(self, account: Account) -> None:
        """Create or replace."""
        with self._database.transaction() as transaction:
            upsert(transaction, "accounts", "account_id", asdict(account))

    def get_account(self, account_id: AccountId) -> Account:
        """Raises NotFound."""
        rows = self._database.rows("SELECT * FROM accounts WHERE account_id = ?", (account_id,))
        if not rows:
            raise NotFound("account", account_id)
        fields = dict(rows[0])
        return Account(**fields | {"status": AccountStatus(fields["status"])})

    def put_key(self, key: KeyRecord) -> None:
        """Create or replace the row of `key.key_hash`."""
        with self._database.transaction() as transaction:
            upsert(transaction, "keys", "key_hash", asdict(key) | {"policy": to_json(asdict(key.policy))})

    def find_key(self, key_hash: str) -> KeyRecord | None:
        """The row, revoked or not; None when there is none."""
        rows = self._database.rows("SELECT * FROM keys WHERE key_hash = ?", (key_hash,))
        if not rows:
            return None
        fields = dict(rows[0])
        return KeyRecord(**fields | {"kind": KeyKind(fields["kind"]), "policy": _to_policy(fields["policy"])})


def _to_policy(text: str) -> KeyPolicy:
    fields = json.loads(text)
    return KeyPolicy(
        agents=None if fields["agents"] is None else tuple(fields["agents"]),
        origins=None if fields["origins"] is None else tuple(fields["origins"]),
        overrides=Overrides(fields["overrides"]),
        phone=fields["phone"],
        loopback_only=fields["loopback_only"],
    )
