"""Numbers that are not to be called, in the DynamoDB table: a row each."""

from collections.abc import Sequence
from itertools import islice

from callcore.calls.call import Call
from callcore.campaigns.do_not_call import UnwantedNumber, unwanted_by
from callcore.errors import NotFound
from callcore.ids import AccountId
from callcore.phones.phone import PhoneNumber
from callstore.dynamo import keys as keys
from callstore.dynamo.rows import require_account
from callstore.dynamo.table import PRESENT, DynamoTable, Refused, Write, delete, put


class DynamoDoNotCall:
    """DoNotCall."""

    def __init__(self, table: DynamoTable) -> None:
        self._table = table

    def put_number(self, account_id: AccountId, number: UnwantedNumber) -> None:
        """No campaign of the account calls it from now on."""
        require_account(self._table, account_id)
        self._table.write(_put(account_id, number))

    def delete_number(self, account_id: AccountId, phone: PhoneNumber) -> None:
        """Raises NotFound."""
        try:
            self._table.write(delete(keys.unwanted_number(account_id, phone), PRESENT))
        except Refused:
            raise NotFound("number", phone) from None

    def list_numbers(
        self, account_id: AccountId, limit: int, after: PhoneNumber | None = None
    ) -> Sequence[UnwantedNumber]:
        """The first of them, or those that follow `after`."""
        partition = keys.unwanted_partition(account_id)
        if after is None:
            found = self._table.query(partition, limit=limit)
        else:
            found = self._table.query(partition, "#SK > :after", {"after": after}, limit=limit)
        return [UnwantedNumber(PhoneNumber(row["SK"]), float(row["since"])) for row in islice(found, limit)]


def wish_writes(call: Call) -> list[Write]:
    """What somebody asked for in a call that has ended."""
    number = unwanted_by(call)
    return [] if number is None else [_put(call.account_id, number)]


def _put(account_id: AccountId, number: UnwantedNumber) -> Write:
    return put(keys.unwanted_number(account_id, number.phone), {"since": number.since})
