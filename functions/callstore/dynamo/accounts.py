"""Accounts and keys in the DynamoDB table."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from callcore.accounts.account import Account, KeyRecord
from callcore.errors import Conflict, NotFound, StoreError
from callcore.ids import AccountId
from callstore.dynamo import keys as keys
from callstore.dynamo.rows import change_row, doc_of, require_account, to_account, to_key
from callstore.dynamo.table import ABSENT, DynamoTable, Refused, Row, put

_SAME_ACCOUNT = f"{ABSENT} OR #account_id = :account_id"
_ATTEMPTS = 10


class DynamoAccountStore:
    """AccountStore, Credentials and AccountDirectory.

    A key stands twice: where a request finds it, and where its account lists it.
    """

    def __init__(self, table: DynamoTable) -> None:
        self._table = table

    def put_account(self, account: Account) -> None:
        """Create or replace."""
        # First, because what is listed without being there is passed over.
        self._table.write(put(keys.listed_account(account.account_id), {}))
        change_row(self._table, keys.account(account.account_id), lambda _: {"doc": doc_of(account)})

    def get_account(self, account_id: AccountId) -> Account:
        """Raises NotFound."""
        row = self._table.get(keys.account(account_id))
        if row is None:
            raise NotFound("account", account_id)
        return to_account(row)

    def put_key(self, key: KeyRecord) -> None:
        """Create or replace the row of `key.key_hash`. Raises Conflict when another account has it."""
        require_account(self._table, key.account_id)
        self._write_key(key, _SAME_ACCOUNT, {"account_id": key.account_id})

    def find_key(self, key_hash: str) -> KeyRecord | None:
        """The row, revoked or not; None when there is none."""
        row = self._table.get(keys.api_key(key_hash))
        return to_key(row) if row else None

    def list_keys(self, account_id: AccountId) -> Sequence[KeyRecord]:
        """Every key of the account, revoked ones too, oldest first."""
        found = self._table.query(keys.account_partition(account_id), "begins_with(#SK, :prefix)", {"prefix": "KEY#"})
        return sorted(map(to_key, found), key=lambda key: (key.created_at, key.key_hash))

    def revoke_key(self, account_id: AccountId, key_hash: str, revoked_at: float) -> None:
        """Refuse the key from `revoked_at` on. Raises NotFound."""
        for attempt in range(_ATTEMPTS):
            if attempt:
                self._table.pause_before(attempt)
            row = self._table.get(keys.api_key(key_hash))
            if row is None or row["account_id"] != account_id:
                raise NotFound("key", key_hash)
            key = to_key(row)
            if key.revoked_at is not None:
                return
            try:
                return self._write_key(replace(key, revoked_at=revoked_at), "#doc = :doc", {"doc": row["doc"]})
            except Conflict:
                continue
        raise StoreError("a key changes again and again", retryable=True)

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
        listed = [keys.account(AccountId(row["SK"])) for row in self._table.query(keys.ACCOUNTS)]
        found = map(to_account, self._table.get_many(listed).values())
        return sorted(found, key=lambda account: (account.created_at, account.account_id))

    def change_account(self, account_id: AccountId, change: Callable[[Account], Account]) -> Account:
        """Store what `change` makes of the account. Raises NotFound."""
        stored: list[Account] = []

        def changed(row: Row | None) -> Row:
            if row is None:
                raise NotFound("account", account_id)
            stored.append(change(to_account(row)))
            return {"doc": doc_of(stored[-1])}

        change_row(self._table, keys.account(account_id), changed)
        return stored[-1]

    def _write_key(self, key: KeyRecord, condition: str, values: Row) -> None:
        row = {"doc": doc_of(key), "account_id": key.account_id}
        found, listed = keys.api_key(key.key_hash), keys.account_key(key.account_id, key.key_hash)
        try:
            self._table.write(put(found, row, condition, values), put(listed, row))
        except Refused:
            raise Conflict("the store refuses the row: the key is not as it was") from None
