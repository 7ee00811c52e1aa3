"""Phone numbers in the DynamoDB table."""

from collections.abc import Callable, Sequence

from callcore.errors import NotFound
from callcore.ids import AccountId
from callcore.phones.phone import Phone, PhoneNumber
from callstore.dynamo import keys as keys
from callstore.dynamo.rows import change_row, doc_of, require_account, to_phone
from callstore.dynamo.table import DynamoTable, Row


class DynamoPhoneStore:
    """PhoneStore."""

    def __init__(self, table: DynamoTable) -> None:
        self._table = table

    def get_phone(self, account_id: AccountId, number: PhoneNumber) -> Phone:
        """Raises NotFound, also for another account's number."""
        row = self._table.get(keys.phone(account_id, number))
        if row is None:
            raise NotFound("phone", number)
        return to_phone(row)

    def list_phones(self, account_id: AccountId) -> Sequence[Phone]:
        """Oldest first."""
        found = self._table.query(keys.account_partition(account_id), "begins_with(#SK, :prefix)", {"prefix": "PHONE#"})
        return sorted(map(to_phone, found), key=lambda phone: (phone.created_at, phone.number))

    def change_phone(
        self, account_id: AccountId, number: PhoneNumber, change: Callable[[Phone | None], Phone | None]
    ) -> Phone | None:
        """Store what `change` makes of the row or of its absence."""
        made: list[Phone | None] = []

        def changed(row: Row | None) -> Row | None:
            made.append(change(to_phone(row) if row else None))
            return {"doc": doc_of(made[-1])} if made[-1] else None

        require_account(self._table, account_id)
        change_row(self._table, keys.phone(account_id, number), changed)
        return made[-1]
