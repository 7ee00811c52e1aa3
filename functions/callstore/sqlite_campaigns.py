"""Campaigns and their records on the SQLite file."""

import json
import sqlite3
from collections.abc import Callable, Sequence

from callcore.campaigns import Campaign, CampaignRecord, CampaignStatus, RecordStatus
from callcore.errors import NotFound
from callcore.ids import AccountId, CampaignId
from callcore.phones import PhoneNumber
from callstore.sqlite_database import SqliteDatabase
from callstore.sqlite_rows import upsert
from callstore.stored_json import to_json

_ONE = "SELECT * FROM campaigns WHERE account_id = ? AND campaign_id = ?"


class SqliteCampaignStore:
    """CampaignStore and CampaignRecords."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    def get_campaign(self, account_id: AccountId, campaign_id: CampaignId) -> Campaign:
        """Raises NotFound, also for another account's campaign."""
        rows = self._database.rows(_ONE, (account_id, campaign_id))
        if not rows:
            raise NotFound("campaign", campaign_id)
        return _to_campaign(rows[0])

    def list_campaigns(self, account_id: AccountId) -> Sequence[Campaign]:
        """Oldest first."""
        sql = "SELECT * FROM campaigns WHERE account_id = ? ORDER BY created_at, campaign_id"
        return [_to_campaign(row) for row in self._database.rows(sql, (account_id,))]

    def change_campaign(
        self, account_id: AccountId, campaign_id: CampaignId, change: Callable[[Campaign | None], Campaign | None]
    ) -> Campaign | None:
        """Store what `change` makes of the row or of its absence; a campaign goes with its records."""
        with self._database.transaction() as transaction:
            row = transaction.execute(_ONE, (account_id, campaign_id)).fetchone()
            changed = change(_to_campaign(row) if row else None)
            if changed is None:
                for table in ("campaign_records", "campaigns"):
                    sql = f"DELETE FROM {table} WHERE account_id = ? AND campaign_id = ?"
                    transaction.execute(sql, (account_id, campaign_id))
            else:
                fields = {name: getattr(changed, name) for name in changed.__dataclass_fields__}
                upsert(transaction, "campaigns", "account_id, campaign_id", fields)
            return changed

    def put_records(self, account_id: AccountId, campaign_id: CampaignId, records: Sequence[CampaignRecord]) -> None:
        """Add the records, all or none; one of the same number is replaced. Raises NotFound."""
        with self._database.transaction() as transaction:
            if transaction.execute(_ONE, (account_id, campaign_id)).fetchone() is None:
                raise NotFound("campaign", campaign_id)
            for record in records:
                fields = {
                    "account_id": account_id,
                    "campaign_id": campaign_id,
                    "phone": record.phone,
                    "metadata": to_json(record.metadata),
                    "call_status": record.call_status,
                }
                upsert(transaction, "campaign_records", "account_id, campaign_id, phone", fields)

    def list_records(self, account_id: AccountId, campaign_id: CampaignId) -> Sequence[CampaignRecord]:
        """In the order in which their numbers were first added; none for an unknown campaign."""
        sql = "SELECT * FROM campaign_records WHERE account_id = ? AND campaign_id = ? ORDER BY record_id"
        return [
            CampaignRecord(row["phone"], json.loads(row["metadata"]), RecordStatus(row["call_status"]))
            for row in self._database.rows(sql, (account_id, campaign_id))
        ]

    def delete_record(self, account_id: AccountId, campaign_id: CampaignId, phone: PhoneNumber) -> None:
        """Raises NotFound."""
        sql = "DELETE FROM campaign_records WHERE account_id = ? AND campaign_id = ? AND phone = ?"
        with self._database.transaction() as transaction:
            if transaction.execute(sql, (account_id, campaign_id, phone)).rowcount == 0:
                raise NotFound("record", phone)


def _to_campaign(row: sqlite3.Row) -> Campaign:
    fields = dict(row)
    typed = {
        "status": CampaignStatus(fields["status"]),
        "include_metadata_in_prompt": bool(fields["include_metadata_in_prompt"]),
    }
    return Campaign(**fields | typed)
