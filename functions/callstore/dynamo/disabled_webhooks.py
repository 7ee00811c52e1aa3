"""Disabled webhooks in the DynamoDB table: a row each, in a partition of the account."""

import contextlib
from collections.abc import Mapping

from callcore.ids import AccountId
from callstore.dynamo import keys as keys
from callstore.dynamo.rows import packed, unpacked
from callstore.dynamo.table import ABSENT, DynamoTable, Refused, delete, put


class DynamoDisabledWebhooks:
    """DisabledWebhooks."""

    def __init__(self, table: DynamoTable) -> None:
        self._table = table

    def disable_webhook(self, account_id: AccountId, url: str, at: float) -> None:
        """The first time stays."""
        with contextlib.suppress(Refused):
            row = {"doc": packed({"url": url, "disabled_at": at})}
            self._table.write(put(keys.disabled_webhook(account_id, url), row, ABSENT))

    def enable_webhook(self, account_id: AccountId, url: str) -> None:
        """One that is not disabled is no error."""
        self._table.write(delete(keys.disabled_webhook(account_id, url)))

    def list_disabled(self, account_id: AccountId) -> Mapping[str, float]:
        """Addresses, and since when."""
        rows = [unpacked(row["doc"]) for row in self._table.query(keys.disabled_webhooks_partition(account_id))]
        return {row["url"]: row["disabled_at"] for row in rows}
