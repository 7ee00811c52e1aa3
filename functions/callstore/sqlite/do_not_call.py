"""Numbers that are not to be called, on the SQLite file."""

import sqlite3
from collections.abc import Sequence

from callcore.calls.call import Call
from callcore.campaigns.do_not_call import UnwantedNumber, unwanted_by
from callcore.errors import NotFound
from callcore.ids import AccountId
from callcore.phones.phone import PhoneNumber
from callstore.sqlite.database import SqliteDatabase
from callstore.sqlite.rows import upsert


class SqliteDoNotCall:
    """DoNotCall."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    def put_number(self, account_id: AccountId, number: UnwantedNumber) -> None:
        """No campaign of the account calls it from now on."""
        with self._database.transaction() as transaction:
            _put(transaction, account_id, number)

    def delete_number(self, account_id: AccountId, phone: PhoneNumber) -> None:
        """Raises NotFound."""
        with self._database.transaction() as transaction:
            sql = "DELETE FROM do_not_call WHERE account_id = ? AND phone = ?"
            if transaction.execute(sql, (account_id, phone)).rowcount == 0:
                raise NotFound("number", phone)

    def list_numbers(
        self, account_id: AccountId, limit: int, after: PhoneNumber | None = None
    ) -> Sequence[UnwantedNumber]:
        """The first of them, or those that follow `after`."""
        sql = "SELECT phone, since FROM do_not_call WHERE account_id = ? AND phone > ? ORDER BY phone LIMIT ?"
        return [UnwantedNumber(**dict(row)) for row in self._database.rows(sql, (account_id, after or "", limit))]


def is_unwanted(transaction: sqlite3.Connection, account_id: AccountId, phone: str) -> bool:
    """Whether no campaign of the account may call it."""
    sql = "SELECT 1 FROM do_not_call WHERE account_id = ? AND phone = ?"
    return transaction.execute(sql, (account_id, phone)).fetchone() is not None


def note_wish(transaction: sqlite3.Connection, call: Call) -> None:
    """Keep what somebody asked for in a call that has ended."""
    if (number := unwanted_by(call)) is not None:
        _put(transaction, call.account_id, number)


def _put(transaction: sqlite3.Connection, account_id: AccountId, number: UnwantedNumber) -> None:
    fields = {"account_id": account_id, "phone": number.phone, "since": number.since}
    upsert(transaction, "do_not_call", "account_id, phone", fields)
