"""Deletes the calls that are older than their account keeps them."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass

from callcore.accounts.account import Account
from callcore.accounts.ports import AccountDirectory
from callcore.calls.call import END_STATUSES, Call
from callcore.calls.log import MAX_PAGE, CallQuery
from callcore.calls.ports import CallLog
from callcore.deliveries.ports import DeliveryLog, DeliveryStore
from callcore.errors import CallError
from callcore.ports import BlobStore
from callstore.erasure import erase_call

logger = logging.getLogger(__name__)

DAY_S = 24 * 3600
MAX_AT_ONCE = 200
"""Calls in one round: a Lambda function has half a minute. The next round goes on."""


@dataclass(frozen=True)
class Retention:
    """Runs beside the sweeper."""

    directory: AccountDirectory
    call_log: CallLog
    blobs: BlobStore
    delivery_log: DeliveryLog
    deliveries: DeliveryStore

    def sweep(self, now: float) -> int:
        """Delete what is too old at `now` (unix seconds); how many calls.

        Raises StoreError when accounts or calls cannot be listed.
        """
        deleted = 0
        for call in self._too_old(now):
            deleted += self._delete(call)
            if deleted == MAX_AT_ONCE:
                break
        if deleted:
            logger.info("calls were deleted by their accounts' retention", extra={"count": deleted})
        return deleted

    def _too_old(self, now: float) -> Iterator[Call]:
        for account in self.directory.list_accounts():
            if account.retention_days is not None:
                yield from self._ended_before(account, now - account.retention_days * DAY_S)

    def _ended_before(self, account: Account, time: float) -> Iterator[Call]:
        """By when they began: a call lasts a day at most."""
        cursor: float | None = None
        while True:
            page = self.call_log.list_calls(CallQuery(account.account_id, MAX_PAGE, after=cursor, end_time=time))
            yield from (call for call in page.calls if call.status in END_STATUSES)
            if page.next_cursor is None:
                return
            cursor = page.next_cursor

    def _delete(self, call: Call) -> bool:
        try:
            erase_call(call, self.call_log, self.blobs, self.delivery_log, self.deliveries)
        except CallError:
            # Its owner was quicker, or a store fails: then the next round tries again.
            logger.warning("an old call could not be deleted", extra={"session_id": call.session_id})
            return False
        return True
