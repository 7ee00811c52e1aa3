"""The call log in the DynamoDB table: a page is one query of pointers and one batch of calls."""

from itertools import islice
from typing import Any

from callcore.calls.call import END_STATUSES, Call, CallStatus
from callcore.calls.log import CallPage, CallQuery, cursor_of, forms_of, position_of
from callcore.errors import Conflict, NotFound, StoreError
from callcore.ids import AccountId, CallId, SessionId
from callstore.dynamo import keys as keys
from callstore.dynamo.calls import found_call, number_part, pointer_keys
from callstore.dynamo.campaigns import forgetting_writes
from callstore.dynamo.rows import to_call
from callstore.dynamo.table import DynamoTable, Refused, delete

_DELETABLE = END_STATUSES | {CallStatus.REGISTERED}
_OLDEST = 0
_NEWEST = 10**17 - 1
_ATTEMPTS = 10


class DynamoCallLog:
    """CallLog."""

    def __init__(self, table: DynamoTable) -> None:
        self._table = table

    def list_calls(self, query: CallQuery) -> CallPage:
        """The newest `query.limit` calls that match."""
        oldest, newest = _span(query)
        if oldest > newest:
            return CallPage([], None)
        partition, where, values = _narrowest(query)
        pointers = self._table.query(
            partition,
            "#SK BETWEEN :oldest AND :newest",
            {"oldest": keys.position(oldest), "newest": keys.position(newest), **values},
            where=where,
            limit=0 if where else query.limit + 1,
            newest=True,
        )
        found = list(islice(pointers, query.limit + 1))
        page = found[: query.limit]
        pointed = [keys.call(pointer["session_id"]) for pointer in page]
        calls = self._table.get_many(pointed)
        has_more = len(found) > len(page)
        return CallPage(
            [to_call(calls[key]) for key in pointed if key in calls],
            cursor_of(page[-1]["position"]) if has_more else None,
        )

    def find_call(self, account_id: AccountId, call_id: CallId) -> Call:
        """The call with that call id. Raises NotFound, also for another account's call."""
        for pointer in self._table.query(keys.call_id_partition(account_id, call_id), limit=1):
            return to_call(found_call(self._table, account_id, pointer["session_id"]))
        raise NotFound("call", call_id)

    def delete_call(self, account_id: AccountId, session_id: SessionId) -> None:
        """Raises NotFound, also for another account's call, and Conflict while the call goes on."""
        for attempt in range(_ATTEMPTS):
            if attempt:
                self._table.pause_before(attempt)
            row = found_call(self._table, account_id, session_id)
            if row["status"] not in _DELETABLE:
                raise Conflict(f"call {session_id} has not ended yet")
            try:
                return self._delete(account_id, row)
            except Refused:
                continue
        raise StoreError("a call changes again and again", retryable=True)

    def _delete(self, account_id: AccountId, row: Any) -> None:
        session_id = SessionId(row["session_id"])
        self._table.write(
            delete(keys.call(session_id), "#version = :version", {"version": row["version"]}),
            delete(keys.checkpoint(session_id)),
            *(delete(key) for key in pointer_keys(row, account_id)),
            *forgetting_writes(self._table, to_call(row)),
        )


def _span(query: CallQuery) -> tuple[int, int]:
    """The first and last position that is wanted."""
    oldest = _OLDEST if query.start_time is None else position_of(query.start_time)
    newest = _NEWEST if query.end_time is None else position_of(query.end_time)
    return oldest, newest if query.after is None else min(newest, position_of(query.after) - 1)


def _narrowest(query: CallQuery) -> tuple[str, str, dict[str, Any]]:
    """The partition that holds the fewest other calls, what its pointers are filtered by, and with which values."""
    partition = keys.calls_partition(query.account_id)
    conditions: list[str] = []
    values: dict[str, Any] = {}
    for kind, name, value in (("STATUS", "status", query.status), ("AGENT", "agent_id", query.agent_id)):
        if value is not None:
            conditions.append(f"#{name} = :{name}")
            values[name] = str(value)
            partition = keys.calls_partition(query.account_id, kind, value)
    if query.phone_number:
        number, *others = forms_of(query.phone_number)
        partition = keys.calls_partition(query.account_id, "PHONE", number_part(number))
        if not others:  # else every form that stands there is wanted
            conditions.append("(#from_phone = :number OR #to_phone = :number)")
            values["number"] = number
    elif conditions:
        del values[conditions.pop().partition(":")[2]]  # the partition says it already
    return partition, " AND ".join(conditions), values
