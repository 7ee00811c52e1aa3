"""Campaigns and their records in the DynamoDB table.

A record is a row of its own, and while it waits there is a pointer to it: at its place in the list, or at the time of
its next try. Beside the records one row counts them; each transaction that changes how a record stands changes the
count with it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

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
from callcore.campaigns.tries import next_try_at, try_of
from callcore.errors import Conflict, NotFound, StoreError
from callcore.ids import AccountId, CampaignId
from callcore.phones.phone import PhoneNumber
from callstore.dynamo import keys as keys
from callstore.dynamo.rows import change_row, doc_of, packed, require_account, to_campaign, to_record
from callstore.dynamo.table import ABSENT, PRESENT, DynamoTable, Refused, Row, Write, check, delete, put, update

_ATTEMPTS = 50
_AT_ONCE = 48
"""Records in one transaction: each is two writes of the hundred."""
_ALL = ", ".join(f"#{status} :none" for status in RecordStatus)
_ALL_CALLED = f"{ABSENT} OR (#not_started = :none AND #started = :none)"
_SETTLE = "SET #status = :status, #result = :result, #duration_s = :duration_s, #tries = :tries"
_RESERVE = f"ADD #written :count, {_ALL}"


class DynamoCampaignStore:
    """CampaignStore and CampaignRecords."""

    def __init__(self, table: DynamoTable) -> None:
        self._table = table

    def get_campaign(self, account_id: AccountId, campaign_id: CampaignId) -> Campaign:
        """Raises NotFound, also for another account's campaign."""
        row = self._table.get(keys.campaign(account_id, campaign_id))
        if row is None:
            raise NotFound("campaign", campaign_id)
        return to_campaign(row)

    def list_campaigns(self, account_id: AccountId) -> Sequence[Campaign]:
        """Oldest first."""
        found = self._table.query(
            keys.account_partition(account_id), "begins_with(#SK, :prefix)", {"prefix": "CAMPAIGN#"}
        )
        return sorted(map(to_campaign, found), key=lambda campaign: (campaign.created_at, campaign.campaign_id))

    def change_campaign(
        self, account_id: AccountId, campaign_id: CampaignId, change: Callable[[Campaign | None], Campaign | None]
    ) -> Campaign | None:
        """Store what `change` makes of the row or of its absence; a campaign goes with its records."""
        made: list[Campaign | None] = []

        def changed(row: Row | None) -> Row | None:
            made.append(change(to_campaign(row) if row else None))
            if row and made[-1] is None:
                # First: should this break off, the campaign is still there to be deleted again.
                self._delete_records(account_id, campaign_id)
            return _fields(made[-1]) if made[-1] else None

        def beside() -> Iterable[Write]:
            pointer = keys.started_campaign(account_id, campaign_id)
            if made[-1] is not None and made[-1].status is CampaignStatus.STARTED:
                return (put(pointer, {"account_id": account_id, "campaign_id": campaign_id}),)
            return (delete(pointer),)

        require_account(self._table, account_id)
        change_row(self._table, keys.campaign(account_id, campaign_id), changed, beside)
        if made[-1] is None:
            self._delete_records(account_id, campaign_id)  # those that were added meanwhile
        return made[-1]

    def finish_campaign(self, account_id: AccountId, campaign_id: CampaignId) -> bool:
        """Make a started campaign a finished one, if none of its records waits or is being called."""
        key, progress = keys.campaign(account_id, campaign_id), keys.campaign_progress(account_id, campaign_id)
        for attempt in range(_ATTEMPTS):
            if attempt:
                self._table.pause_before(attempt)
            row = self._table.get(key)
            counts = self.count_records(account_id, campaign_id)
            if row is None or row.get("status") != CampaignStatus.STARTED:
                return False
            if counts[RecordStatus.NOT_STARTED] or counts[RecordStatus.STARTED]:
                return False
            finished = _fields(after(to_campaign(row), CampaignEvent.ALL_CALLED)) | {"version": row["version"] + 1}
            try:
                self._table.write(
                    put(key, finished, "#version = :version", {"version": row["version"]}),
                    delete(keys.started_campaign(account_id, campaign_id)),
                    check(progress, _ALL_CALLED, {"none": 0}),
                )
                return True
            except Refused:
                continue
        raise StoreError("a campaign changes again and again", retryable=True)

    def put_records(self, account_id: AccountId, campaign_id: CampaignId, records: Sequence[CampaignRecord]) -> None:
        """Add the records; one whose number is there gets the new metadata. Raises NotFound."""
        docs = {record.phone: packed(dict(record.metadata)) for record in records}
        self.get_campaign(account_id, campaign_id)
        progress = keys.campaign_progress(account_id, campaign_id)
        reserved = self._table.write(update(progress, _RESERVE, {"count": len(docs), "none": 0}))
        first = reserved["written"] - len(docs)
        rows = [_Row(phone, doc, place) for place, (phone, doc) in enumerate(docs.items(), first)]
        for start in range(0, len(rows), _AT_ONCE):
            self._put_some(account_id, campaign_id, rows[start : start + _AT_ONCE])

    def list_records(self, account_id: AccountId, campaign_id: CampaignId) -> Sequence[CampaignRecord]:
        """In the order in which their numbers were first added; none for an unknown campaign."""
        rows = self._table.query(
            keys.records_partition(account_id, campaign_id), "begins_with(#SK, :prefix)", {"prefix": keys.RECORD}
        )
        return [to_record(row) for row in sorted(rows, key=lambda row: int(row["place"]))]

    def delete_record(self, account_id: AccountId, campaign_id: CampaignId, phone: PhoneNumber) -> None:
        """Raises NotFound, and Conflict while it is being called."""
        key = keys.campaign_record(account_id, campaign_id, phone)
        for attempt in range(_ATTEMPTS):
            if attempt:
                self._table.pause_before(attempt)
            row = self._table.get(key)
            if row is None:
                raise NotFound("record", phone)
            if row["status"] == RecordStatus.STARTED:
                raise Conflict(f"record {phone} is being called")
            try:
                self._table.write(
                    delete(key, *as_it_stands(row)),
                    delete(waiting_key(account_id, campaign_id, row)),
                    counted(account_id, campaign_id, {RecordStatus(row["status"]): -1}),
                )
                return
            except Refused:
                continue
        raise StoreError("a record changes again and again", retryable=True)

    def count_records(self, account_id: AccountId, campaign_id: CampaignId) -> RecordCounts:
        """How many stand so."""
        row = self._table.get(keys.campaign_progress(account_id, campaign_id)) or {}
        return {status: int(row.get(status, 0)) for status in RecordStatus}

    def _delete_records(self, account_id: AccountId, campaign_id: CampaignId) -> None:
        """All of them, and their counts last: a record without counts would not let its call end."""
        progress = keys.campaign_progress(account_id, campaign_id)
        for partition in (keys.waiting_partition, keys.later_partition, keys.records_partition):
            found = [keys.Key(row["PK"], row["SK"]) for row in self._table.query(partition(account_id, campaign_id))]
            self._table.write_many([delete(key) for key in found if key != progress])
        self._table.write(delete(progress))

    def _put_some(self, account_id: AccountId, campaign_id: CampaignId, rows: Sequence["_Row"]) -> None:
        key_of = {row.phone: keys.campaign_record(account_id, campaign_id, row.phone) for row in rows}
        for attempt in range(_ATTEMPTS):
            if attempt:
                self._table.pause_before(attempt)
            standing = self._table.get_many(list(key_of.values()))
            writes: list[Write] = []
            for row in rows:
                key = key_of[row.phone]
                if key in standing:
                    writes.append(update(key, "SET #doc = :doc", {"doc": row.doc}, PRESENT))
                    continue
                writes.append(put(key, asdict(row) | {"status": str(RecordStatus.NOT_STARTED)}, ABSENT))
                writes.append(put(keys.waiting_record(account_id, campaign_id, row.place), {"phone": row.phone}))
            added = counted(account_id, campaign_id, {RecordStatus.NOT_STARTED: len(rows) - len(standing)})
            try:
                self._table.write(check(keys.campaign(account_id, campaign_id), PRESENT), added, *writes)
                return
            except Refused:
                self.get_campaign(account_id, campaign_id)  # it may be gone
        raise StoreError("records change again and again", retryable=True)


@dataclass(frozen=True)
class _Row:
    phone: PhoneNumber
    doc: str | bytes
    place: int


def _fields(campaign: Campaign) -> dict[str, Any]:
    return {"doc": doc_of(campaign), "status": str(campaign.status)}


def counted(
    account_id: AccountId, campaign_id: CampaignId, changes: Mapping[RecordStatus, int], at_most: int | None = None
) -> Write:
    """So many more records of the campaign stand so, or fewer; on condition that fewer than `at_most` are called."""
    adding = "ADD " + ", ".join(f"#{status} :{status}" for status in changes)
    values = {str(status): change for status, change in changes.items()}
    condition = PRESENT
    if at_most is not None:
        condition, values["at_most"] = "#started < :at_most", at_most
    return update(keys.campaign_progress(account_id, campaign_id), adding, values, condition)


def waiting_key(account_id: AccountId, campaign_id: CampaignId, record: Row) -> keys.Key:
    """Where the pointer to a record stands while it waits."""
    due_at = record.get("next_try_at")
    if due_at is None:
        return keys.waiting_record(account_id, campaign_id, record["place"])
    return keys.later_record(account_id, campaign_id, due_at, PhoneNumber(record["phone"]))


def as_it_stands(record: Row) -> tuple[str, Row]:
    """The condition that nobody has called the record since it was read, and its values."""
    if "tries" not in record:
        return "#status = :standing AND attribute_not_exists(#tries)", {"standing": record["status"]}
    return "#status = :standing AND #tries = :tried", {"standing": record["status"], "tried": record["tries"]}


def settling_writes(table: DynamoTable, call: Call) -> list[Write]:
    """What becomes of the record of a call that has ended; another call's record stays as it is."""
    campaign_id, found = campaign_of(call), _record_of(table, call)
    if campaign_id is None or found is None or found[1]["status"] != RecordStatus.STARTED:
        return []
    key, record = found
    campaign = table.get(keys.campaign(call.account_id, campaign_id))
    again_at = next_try_at(to_campaign(campaign).tries if campaign else None, call)
    became = outcome(call.status) if again_at is None else RecordStatus.NOT_STARTED
    values: dict[str, Any] = {
        "status": str(became),
        "result": str(call.status),
        "duration_s": call.duration_s or 0,
        "tries": try_of(call),
        "started": str(RecordStatus.STARTED),
        "session_id": call.session_id,
    }
    writes = [counted(call.account_id, campaign_id, {RecordStatus.STARTED: -1, became: 1})]
    settling = _SETTLE
    if again_at is not None:
        settling, values["next_try_at"] = f"{_SETTLE}, #next_try_at = :next_try_at", again_at
        pointer = keys.later_record(call.account_id, campaign_id, again_at, PhoneNumber(record["phone"]))
        writes.append(put(pointer, {"phone": record["phone"]}))
    elif opted_out(call.agent_config):
        settling, values["doc"] = f"{_SETTLE}, #doc = :doc REMOVE #next_try_at", packed({})
    else:
        settling = f"{_SETTLE} REMOVE #next_try_at"
    return [update(key, settling, values, "#status = :started AND #session_id = :session_id"), *writes]


def forgetting_writes(table: DynamoTable, call: Call) -> list[Write]:
    """Delete the record of a call that is deleted; it stays counted."""
    campaign_id, found = campaign_of(call), _record_of(table, call)
    if campaign_id is None or found is None or found[1]["status"] == RecordStatus.STARTED:
        return []
    key, record = found
    condition, values = as_it_stands(record)
    forgotten = delete(key, f"{condition} AND #session_id = :session_id", {**values, "session_id": call.session_id})
    if record["status"] != RecordStatus.NOT_STARTED:
        return [forgotten]
    over = {RecordStatus.NOT_STARTED: -1, outcome(call.status): 1}
    pointer = waiting_key(call.account_id, campaign_id, record)
    return [forgotten, delete(pointer), counted(call.account_id, campaign_id, over)]


def _record_of(table: DynamoTable, call: Call) -> tuple[keys.Key, Row] | None:
    """The record that was called by it, and where it stands."""
    campaign_id = campaign_of(call)
    if campaign_id is None:
        return None
    key = keys.campaign_record(call.account_id, campaign_id, PhoneNumber(str((call.voip or {}).get("to"))))
    row = table.get(key)
    return None if row is None or row.get("session_id") != call.session_id else (key, row)
