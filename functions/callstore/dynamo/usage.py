"""Counted usage in the DynamoDB table: numbers that DynamoDB adds up, in the transaction that ends a call."""

import zlib
from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from callcore.billing.day_usage import COUNTED, Counts, DayUsage, usage_of_call
from callcore.calls.call import Call
from callcore.ids import AccountId, AgentId
from callstore.dynamo import keys as keys
from callstore.dynamo.table import DynamoTable, Write, update

_SHARDS = 8
"""Rows of one day and agent: two transactions that add to the same row at the same moment stand in each other's way."""
_ADD = "ADD " + ", ".join(f"#{name} :{name}" for name in COUNTED) + " SET #day = :day, #agent_id = :agent_id"


class DynamoUsageLog:
    """UsageLog."""

    def __init__(self, table: DynamoTable) -> None:
        self._table = table

    def usage_by_day(self, account_id: AccountId, first: date, last: date) -> Sequence[DayUsage]:
        """What was used from the first day to the last one."""
        found: defaultdict[tuple[str, str], Counts] = defaultdict(Counts)
        rows = self._table.query(
            keys.usage_partition(account_id),
            "#SK BETWEEN :first AND :last",
            {"first": first.isoformat(), "last": keys.after_day(last)},
        )
        for row in rows:
            found[row["day"], row["agent_id"]] += Counts(*(row[name] for name in COUNTED))
        return [
            DayUsage(date.fromisoformat(day), AgentId(agent_id), counts)
            for (day, agent_id), counts in sorted(found.items())
        ]


def usage_writes(call: Call) -> list[Write]:
    """What an ended call adds."""
    used = usage_of_call(call)
    if used is None:
        return []
    shard = zlib.crc32(call.session_id.encode("utf-8", "replace")) % _SHARDS
    key = keys.day_usage(call.account_id, used.day, used.agent_id, shard)
    counted = {name: getattr(used.counts, name) for name in COUNTED}
    return [update(key, _ADD, counted | {"day": used.day.isoformat(), "agent_id": used.agent_id})]
