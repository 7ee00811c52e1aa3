"""Phone numbers on the SQLite file."""

import json
import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

from callcore.errors import NotFound
from callcore.ids import AccountId
from callcore.phones.phone import Carrier, Phone, PhoneNumber
from callstore.sqlite.database import SqliteDatabase
from callstore.sqlite.rows import upsert
from callstore.stored_json import from_json_or_null, to_json, to_json_or_null

_ONE = "SELECT * FROM phones WHERE account_id = ? AND number = ?"


class SqlitePhoneStore:
    """PhoneStore."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    def get_phone(self, account_id: AccountId, number: PhoneNumber) -> Phone:
        """Raises NotFound, also for another account's number."""
        rows = self._database.rows(_ONE, (account_id, number))
        if not rows:
            raise NotFound("phone", number)
        return _to_phone(rows[0])

    def list_phones(self, account_id: AccountId) -> Sequence[Phone]:
        """Oldest first."""
        sql = "SELECT * FROM phones WHERE account_id = ? ORDER BY created_at, number"
        return [_to_phone(row) for row in self._database.rows(sql, (account_id,))]

    def change_phone(
        self, account_id: AccountId, number: PhoneNumber, change: Callable[[Phone | None], Phone | None]
    ) -> Phone | None:
        """Store what `change` makes of the row or of its absence."""
        with self._database.transaction() as transaction:
            row = transaction.execute(_ONE, (account_id, number)).fetchone()
            changed = change(_to_phone(row) if row else None)
            if changed is None:
                transaction.execute("DELETE FROM phones WHERE account_id = ? AND number = ?", (account_id, number))
            else:
                upsert(transaction, "phones", "account_id, number", _fields(changed))
            return changed


def _fields(phone: Phone) -> dict[str, Any]:
    fields = {name: getattr(phone, name) for name in phone.__dataclass_fields__}
    override = to_json_or_null(phone.agent_config_override)
    previous = to_json_or_null(phone.previous)
    return fields | {"agent_config_override": override, "tags": to_json(phone.tags), "previous": previous}


def _to_phone(row: sqlite3.Row) -> Phone:
    fields = dict(row)
    typed = {
        "carrier": Carrier(fields["carrier"]),
        "agent_config_override": from_json_or_null(fields["agent_config_override"]),
        "tags": tuple(json.loads(fields["tags"])),
        "previous": from_json_or_null(fields["previous"]),
    }
    return Phone(**fields | typed)
