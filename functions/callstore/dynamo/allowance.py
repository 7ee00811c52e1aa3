"""The shared counts in the DynamoDB table: numbers that DynamoDB adds up, and a row for each call that goes on."""

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta

from callcore.billing.allowance import Holder, RunningCall, Used
from callcore.billing.ports import KEPT_DAYS
from callcore.ids import AccountId
from callstore.dynamo import keys as keys
from callstore.dynamo.table import DynamoTable, Refused, Row, delete, put, update

_ADD = "ADD #call_ms :call_ms, #microcents :microcents SET #ttl = :ttl"


class DynamoAllowance:
    """DayTotals and RunningCalls."""

    def __init__(self, table: DynamoTable) -> None:
        self._table = table

    def add_used(self, holder: Holder, day: date, used: Used, token: str) -> Used:
        """The day's count after adding."""
        forgotten = datetime.combine(day, datetime.min.time(), UTC) + timedelta(days=KEPT_DAYS)
        values = asdict(used) | {"ttl": math.ceil(forgotten.timestamp())}
        self._table.write_once(update(keys.day_total(holder, day), _ADD, values), token)
        return self.used(holder, day)

    def used(self, holder: Holder, day: date) -> Used:
        """The day's count."""
        return _to_used(self._table.get(keys.day_total(holder, day)) or {})

    def hold(self, call: RunningCall) -> None:
        """The call goes on."""
        row = asdict(call) | {"ttl": math.ceil(call.until)}
        self._table.write(put(keys.running_call(call.account_id, call.session_id), row))

    def release(self, call: RunningCall) -> None:
        """It is over."""
        row = keys.running_call(call.account_id, call.session_id)
        with suppress(Refused):  # somebody else's, or nobody's
            self._table.write(delete(row, "#since = :since", {"since": call.since}))

    def running(self, account_id: AccountId, now: float) -> Sequence[RunningCall]:
        """The account's calls that go on."""
        rows = self._table.query(keys.running_partition(account_id), where="#until > :now", values={"now": now})
        return [
            RunningCall(account_id, row["session_id"], row["key_id"], float(row["since"]), float(row["until"]))
            for row in rows
        ]


def _to_used(row: Row) -> Used:
    return Used(row.get("call_ms", 0), row.get("microcents", 0))
