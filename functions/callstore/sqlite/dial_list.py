"""The records that are to be called, on the SQLite file."""

from collections.abc import Sequence

from callcore.calls.call import Call
from callcore.calls.privacy import opted_out
from callcore.campaigns.campaign import Campaign, CampaignRecord, campaign_of
from callcore.campaigns.tries import try_of
from callcore.ids import AccountId, CampaignId
from callstore.sqlite.calls import begin
from callstore.sqlite.campaigns import to_campaign, to_record
from callstore.sqlite.database import SqliteDatabase
from callstore.sqlite.do_not_call import is_unwanted

_DUE = """
    SELECT * FROM campaign_records WHERE account_id = ? AND campaign_id = ? AND call_status = 'not_started'
    AND next_try_at IS NOT NULL AND next_try_at <= ? ORDER BY next_try_at, record_id LIMIT ?
"""
_NEVER_CALLED = """
    SELECT * FROM campaign_records WHERE account_id = ? AND campaign_id = ? AND call_status = 'not_started'
    AND next_try_at IS NULL ORDER BY record_id LIMIT ?
"""
_TAKE = """
    UPDATE campaign_records
    SET call_status = 'started', session_id = :session_id, earlier_session_id = session_id, tries = :try
    WHERE account_id = :account_id AND campaign_id = :campaign_id AND phone = :phone AND call_status = 'not_started'
    AND tries = :try - 1
    AND EXISTS (
        SELECT 1 FROM campaigns
        WHERE account_id = :account_id AND campaign_id = :campaign_id AND status = 'started'
    )
    AND :at_most > (
        SELECT count(*) FROM campaign_records
        WHERE account_id = :account_id AND campaign_id = :campaign_id AND call_status = 'started'
    )
"""
_PASS_OVER = """
    UPDATE campaign_records
    SET call_status = 'failed', next_try_at = NULL, metadata = CASE WHEN :is_private THEN '{}' ELSE metadata END
    WHERE account_id = :account_id AND campaign_id = :campaign_id AND phone = :phone AND call_status = 'not_started'
"""
_LEAVE = """
    UPDATE campaign_records
    SET call_status = 'not_started', session_id = earlier_session_id, earlier_session_id = NULL, tries = tries - 1
    WHERE account_id = ? AND campaign_id = ? AND session_id = ? AND call_status = 'started'
"""


class SqliteDialList:
    """DialList."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    def list_started(self) -> Sequence[Campaign]:
        """The campaigns of all accounts that are started."""
        return [to_campaign(row) for row in self._database.rows("SELECT * FROM campaigns WHERE status = 'started'")]

    def next_records(
        self, account_id: AccountId, campaign_id: CampaignId, limit: int, now: float
    ) -> Sequence[CampaignRecord]:
        """The first of those that may be called now."""
        names = account_id, campaign_id
        due = self._database.rows(_DUE, (*names, now, limit))
        never_called = self._database.rows(_NEVER_CALLED, (*names, limit - len(due))) if len(due) < limit else []
        return [to_record(row) for row in (*due, *never_called)]

    def order_record(self, call: Call, at_most: int) -> bool:
        """Begin the call and take its record, in one transaction."""
        phone = str((call.voip or {}).get("to"))
        fields = {
            "account_id": call.account_id,
            "campaign_id": campaign_of(call),
            "phone": phone,
            "session_id": call.session_id,
            "try": try_of(call),
            "at_most": at_most,
            "is_private": opted_out(call.agent_config),
        }
        with self._database.transaction() as transaction:
            if is_unwanted(transaction, call.account_id, phone):
                transaction.execute(_PASS_OVER, fields)
                return False
            if not transaction.execute(_TAKE, fields).rowcount:
                return False
            begin(transaction, call)
            return True

    def give_back(self, call: Call) -> bool:
        """Delete a call that is still queued, and let its record wait as before."""
        queued = "DELETE FROM calls WHERE account_id = ? AND session_id = ? AND status = 'queued'"
        with self._database.transaction() as transaction:
            if not transaction.execute(queued, (call.account_id, call.session_id)).rowcount:
                return False
            transaction.execute(_LEAVE, (call.account_id, campaign_of(call), call.session_id))
            return True
