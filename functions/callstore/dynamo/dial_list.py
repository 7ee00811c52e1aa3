"""The records that are to be called, in the DynamoDB table."""

from collections.abc import Sequence
from contextlib import suppress
from itertools import chain, islice

from callcore.calls.call import Call, CallStatus
from callcore.calls.privacy import opted_out
from callcore.campaigns.campaign import Campaign, CampaignRecord, CampaignStatus, RecordStatus, campaign_of
from callcore.campaigns.tries import try_of
from callcore.errors import StoreError
from callcore.ids import AccountId, CampaignId
from callcore.phones.phone import PhoneNumber
from callstore.dynamo import keys as keys
from callstore.dynamo.calls import DynamoCallStore, pointer_keys
from callstore.dynamo.campaigns import as_it_stands, counted, waiting_key
from callstore.dynamo.rows import packed, to_campaign, to_record
from callstore.dynamo.table import DynamoTable, Refused, Row, Write, check, delete, put, update

_ATTEMPTS = 50
_TAKE = "SET #status = :started, #session_id = :session_id, #tries = :try"
_LEAVE = "SET #status = :waits, #tries = :tried"
_PASS_OVER = "SET #status = :failed"
_IS_OF_CALL = "#status = :started AND #session_id = :session_id"


class DynamoDialList:
    """DialList."""

    def __init__(self, table: DynamoTable, calls: DynamoCallStore) -> None:
        self._table = table
        self._calls = calls

    def list_started(self) -> Sequence[Campaign]:
        """The campaigns of all accounts that are started."""
        pointed = [keys.campaign(row["account_id"], row["campaign_id"]) for row in self._table.query(keys.STARTED)]
        campaigns = map(to_campaign, self._table.get_many(pointed).values())
        return [campaign for campaign in campaigns if campaign.status is CampaignStatus.STARTED]

    def next_records(
        self, account_id: AccountId, campaign_id: CampaignId, limit: int, now: float
    ) -> Sequence[CampaignRecord]:
        """The first of those that may be called now."""
        if limit <= 0:
            return []
        later = keys.later_partition(account_id, campaign_id)
        due = self._table.query(later, "#SK < :until", {"until": keys.due_until(now)}, limit=limit)
        waiting = self._table.query(keys.waiting_partition(account_id, campaign_id), limit=limit)
        pointers = islice(chain(due, waiting), limit)
        asked = [keys.campaign_record(account_id, campaign_id, row["phone"]) for row in pointers]
        found = self._table.get_many(asked)
        records = [to_record(found[key]) for key in asked if key in found]
        return [record for record in records if record.call_status is RecordStatus.NOT_STARTED]

    def order_record(self, call: Call, at_most: int) -> bool:
        """Begin the call and take its record, in one transaction."""
        if self._table.get(keys.unwanted_number(call.account_id, _callee_of(call))) is not None:
            self._pass_over(call)
            return False
        return self._calls.begin_beside(call, lambda: self._taking(call, at_most))

    def give_back(self, call: Call) -> bool:
        """Delete a call that is still queued, and let its record wait as before."""
        key = keys.call(call.session_id)
        for attempt in range(_ATTEMPTS):
            if attempt:
                self._table.pause_before(attempt)
            row = self._table.get(key)
            if row is None or row["account_id"] != call.account_id or row["status"] != CallStatus.QUEUED:
                return False
            try:
                self._table.write(
                    delete(key, "#version = :version", {"version": row["version"]}),
                    *(delete(pointer) for pointer in pointer_keys(row, call.account_id)),
                    *self._leaving(call),
                )
                return True
            except Refused:
                continue
        raise StoreError("a call changes again and again", retryable=True)

    def _taking(self, call: Call, at_most: int) -> list[Write] | None:
        """What is written beside the call; None when its record is not to be called."""
        campaign_id, key = _record_of(call)
        campaign = self._table.get(keys.campaign(call.account_id, campaign_id))
        progress = self._table.get(keys.campaign_progress(call.account_id, campaign_id))
        record = self._table.get(key)
        if campaign is None or campaign.get("status") != CampaignStatus.STARTED or progress is None:
            return None
        if record is None or record["status"] != RecordStatus.NOT_STARTED or progress["started"] >= at_most:
            return None
        if record.get("tries", 0) != try_of(call) - 1:
            return None
        more = {RecordStatus.NOT_STARTED: -1, RecordStatus.STARTED: 1}
        condition, values = as_it_stands(record)
        values = {**values, "started": str(RecordStatus.STARTED), "session_id": call.session_id, "try": try_of(call)}
        taking = _TAKE
        if "session_id" in record:
            taking, values["earlier"] = f"{_TAKE}, #earlier_session_id = :earlier", record["session_id"]
        started = {"started": str(CampaignStatus.STARTED)}
        return [
            check(keys.campaign(call.account_id, campaign_id), "#status = :started", started),
            counted(call.account_id, campaign_id, more, at_most),
            update(key, taking, values, condition),
            delete(waiting_key(call.account_id, campaign_id, record)),
        ]

    def _pass_over(self, call: Call) -> None:
        """Nobody calls its record any more, which waits; when somebody else changes it now, that is done later."""
        campaign_id, key = _record_of(call)
        record = self._table.get(key)
        if record is None or record["status"] != RecordStatus.NOT_STARTED:
            return
        condition, values = as_it_stands(record)
        ending, values = _PASS_OVER, {**values, "failed": str(RecordStatus.FAILED)}
        if opted_out(call.agent_config):
            ending, values["doc"] = f"{_PASS_OVER}, #doc = :doc", packed({})
        with suppress(Refused):
            self._table.write(
                update(key, f"{ending} REMOVE #next_try_at", values, condition),
                delete(waiting_key(call.account_id, campaign_id, record)),
                counted(call.account_id, campaign_id, {RecordStatus.NOT_STARTED: -1, RecordStatus.FAILED: 1}),
            )

    def _leaving(self, call: Call) -> list[Write]:
        campaign_id, key = _record_of(call)
        record: Row | None = self._table.get(key)
        if record is None or record.get("session_id") != call.session_id or record["status"] != RecordStatus.STARTED:
            return []
        values = {
            "started": str(RecordStatus.STARTED),
            "session_id": call.session_id,
            "waits": str(RecordStatus.NOT_STARTED),
            "tried": try_of(call) - 1,
        }
        leaving = f"{_LEAVE} REMOVE #session_id"
        if "earlier_session_id" in record:
            values["earlier"] = record["earlier_session_id"]
            leaving = f"{_LEAVE}, #session_id = :earlier REMOVE #earlier_session_id"
        return [
            update(key, leaving, values, _IS_OF_CALL),
            put(waiting_key(call.account_id, campaign_id, record), {"phone": record["phone"]}),
            counted(call.account_id, campaign_id, {RecordStatus.STARTED: -1, RecordStatus.NOT_STARTED: 1}),
        ]


def _record_of(call: Call) -> tuple[CampaignId, keys.Key]:
    campaign_id = campaign_of(call)
    if campaign_id is None:
        raise ValueError("the call is of no campaign")
    return campaign_id, keys.campaign_record(call.account_id, campaign_id, _callee_of(call))


def _callee_of(call: Call) -> PhoneNumber:
    return PhoneNumber(str((call.voip or {}).get("to")))
