"""Campaigns and their records on the SQLite file."""

import json
import sqlite3
from collections.abc import Callable, Sequence

from callcore.calls.call import Call
from callcore.calls.privacy import opted_out
from callcore.campaigns.campaign import (
    Campaign,
    CampaignEvent,
    CampaignRecord,
    CampaignStatus,
    RecordCounts,
    RecordStatus,
    after,
    campaign_of,
    outcome,
)
from callcore.campaigns.tries import next_try_at
from callcore.errors import Conflict, NotFound
from callcore.ids import AccountId, CampaignId
from callcore.phones.phone import PhoneNumber
from callstore.sqlite.database import SqliteDatabase
from callstore.sqlite.rows import upsert
from callstore.stored_json import from_json_or_null, stored_hours, stored_record, stored_tries, to_json, to_json_or_null

_ONE = "SELECT * FROM campaigns WHERE account_id = ? AND campaign_id = ?"
_COUNT = """
    SELECT call_status, sum(records) FROM (
        SELECT call_status, count(*) AS records FROM campaign_records
        WHERE account_id = :account_id AND campaign_id = :campaign_id GROUP BY 1
        UNION ALL
        SELECT call_status, records FROM forgotten_records
        WHERE account_id = :account_id AND campaign_id = :campaign_id
    ) GROUP BY 1
"""
_TO_DO = """
    SELECT 1 FROM campaign_records
    WHERE account_id = ? AND campaign_id = ? AND call_status IN ('not_started', 'started') LIMIT 1
"""
_RECORD = "SELECT call_status FROM campaign_records WHERE account_id = ? AND campaign_id = ? AND phone = ?"
_SETTLE = """
    UPDATE campaign_records
    SET call_status = :status, result = :result, duration_s = :duration_s, next_try_at = :next_try_at,
        metadata = CASE WHEN :is_private THEN '{}' ELSE metadata END
    WHERE account_id = :account_id AND campaign_id = :campaign_id AND session_id = :session_id
    AND call_status = 'started'
"""
_FORGET = """
    DELETE FROM campaign_records
    WHERE account_id = ? AND campaign_id = ? AND phone = ? AND session_id = ? AND call_status <> 'started'
"""
_COUNT_FORGOTTEN = """
    INSERT INTO forgotten_records VALUES (?, ?, ?, 1)
    ON CONFLICT (account_id, campaign_id, call_status) DO UPDATE SET records = records + 1
"""


class SqliteCampaignStore:
    """CampaignStore and CampaignRecords."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    def get_campaign(self, account_id: AccountId, campaign_id: CampaignId) -> Campaign:
        """Raises NotFound, also for another account's campaign."""
        rows = self._database.rows(_ONE, (account_id, campaign_id))
        if not rows:
            raise NotFound("campaign", campaign_id)
        return to_campaign(rows[0])

    def list_campaigns(self, account_id: AccountId) -> Sequence[Campaign]:
        """Oldest first."""
        sql = "SELECT * FROM campaigns WHERE account_id = ? ORDER BY created_at, campaign_id"
        return [to_campaign(row) for row in self._database.rows(sql, (account_id,))]

    def change_campaign(
        self, account_id: AccountId, campaign_id: CampaignId, change: Callable[[Campaign | None], Campaign | None]
    ) -> Campaign | None:
        """Store what `change` makes of the row or of its absence; a campaign goes with its records."""
        with self._database.transaction() as transaction:
            row = transaction.execute(_ONE, (account_id, campaign_id)).fetchone()
            changed = change(to_campaign(row) if row else None)
            if changed is None:
                for table in ("campaign_records", "forgotten_records", "campaigns"):
                    sql = f"DELETE FROM {table} WHERE account_id = ? AND campaign_id = ?"
                    transaction.execute(sql, (account_id, campaign_id))
            else:
                _put(transaction, changed)
            return changed

    def finish_campaign(self, account_id: AccountId, campaign_id: CampaignId) -> bool:
        """Make a started campaign a finished one, if none of its records waits or is being called."""
        names = account_id, campaign_id
        if self._database.rows(_TO_DO, names):
            return False
        with self._database.transaction() as transaction:
            row = transaction.execute(_ONE, names).fetchone()
            if row is None or row["status"] != CampaignStatus.STARTED or transaction.execute(_TO_DO, names).fetchone():
                return False
            _put(transaction, after(to_campaign(row), CampaignEvent.ALL_CALLED))
            return True

    def put_records(self, account_id: AccountId, campaign_id: CampaignId, records: Sequence[CampaignRecord]) -> None:
        """Add the records; one whose number is there gets the new metadata. Raises NotFound."""
        with self._database.transaction() as transaction:
            if transaction.execute(_ONE, (account_id, campaign_id)).fetchone() is None:
                raise NotFound("campaign", campaign_id)
            sql = (
                "INSERT INTO campaign_records (account_id, campaign_id, phone, metadata, call_status)"
                " VALUES (?, ?, ?, ?, 'not_started')"
                " ON CONFLICT (account_id, campaign_id, phone) DO UPDATE SET metadata = excluded.metadata"
            )
            fields = [(account_id, campaign_id, record.phone, to_json(record.metadata)) for record in records]
            transaction.executemany(sql, fields)

    def list_records(self, account_id: AccountId, campaign_id: CampaignId) -> Sequence[CampaignRecord]:
        """In the order in which their numbers were first added; none for an unknown campaign."""
        sql = "SELECT * FROM campaign_records WHERE account_id = ? AND campaign_id = ? ORDER BY record_id"
        return [to_record(row) for row in self._database.rows(sql, (account_id, campaign_id))]

    def delete_record(self, account_id: AccountId, campaign_id: CampaignId, phone: PhoneNumber) -> None:
        """Raises NotFound, and Conflict while it is being called."""
        with self._database.transaction() as transaction:
            row = transaction.execute(_RECORD, (account_id, campaign_id, phone)).fetchone()
            if row is None:
                raise NotFound("record", phone)
            if row["call_status"] == RecordStatus.STARTED:
                raise Conflict(f"record {phone} is being called")
            sql = "DELETE FROM campaign_records WHERE account_id = ? AND campaign_id = ? AND phone = ?"
            transaction.execute(sql, (account_id, campaign_id, phone))

    def count_records(self, account_id: AccountId, campaign_id: CampaignId) -> RecordCounts:
        """How many stand so."""
        names = {"account_id": account_id, "campaign_id": campaign_id}
        counts = dict(map(tuple, self._database.rows(_COUNT, names)))
        return {status: counts.get(status, 0) for status in RecordStatus}


def settle_record(transaction: sqlite3.Connection, call: Call) -> None:
    """What becomes of the record of a call that has ended; another call's record stays as it is."""
    names = call.account_id, campaign_of(call)
    row = transaction.execute(_ONE, names).fetchone()
    if row is None:
        return
    again_at = next_try_at(to_campaign(row).tries, call)
    fields = {
        "status": outcome(call.status) if again_at is None else RecordStatus.NOT_STARTED,
        "result": call.status,
        "duration_s": call.duration_s or 0,
        "next_try_at": again_at,
        "is_private": again_at is None and opted_out(call.agent_config),
        "account_id": call.account_id,
        "campaign_id": campaign_of(call),
        "session_id": call.session_id,
    }
    transaction.execute(_SETTLE, fields)


def forget_record(transaction: sqlite3.Connection, call: Call) -> None:
    """Delete the record of a call that is deleted; it stays counted."""
    campaign_id = campaign_of(call)
    if campaign_id is None:
        return
    names = call.account_id, campaign_id, (call.voip or {}).get("to"), call.session_id
    if transaction.execute(_FORGET, names).rowcount:
        transaction.execute(_COUNT_FORGOTTEN, (call.account_id, campaign_id, outcome(call.status)))


def to_campaign(row: sqlite3.Row) -> Campaign:
    """The campaign of a row."""
    fields = dict(row)
    typed = {
        "status": CampaignStatus(fields["status"]),
        "include_metadata_in_prompt": bool(fields["include_metadata_in_prompt"]),
        "calling_hours": stored_hours(from_json_or_null(fields["calling_hours"])),
        "tries": stored_tries(from_json_or_null(fields["tries"])),
    }
    return Campaign(**fields | typed)


def to_record(row: sqlite3.Row) -> CampaignRecord:
    """The record of a row."""
    return stored_record(dict(row) | {"metadata": json.loads(row["metadata"]), "place": row["record_id"]})


def _put(transaction: sqlite3.Connection, campaign: Campaign) -> None:
    fields = {name: getattr(campaign, name) for name in campaign.__dataclass_fields__}
    fields |= {name: to_json_or_null(fields[name]) for name in ("calling_hours", "tries")}
    upsert(transaction, "campaigns", "account_id, campaign_id", fields)
