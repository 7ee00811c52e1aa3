"""Calls in the DynamoDB table: the row of the call, and pointers to it for every list that it stands in.

Row and pointers are written in one transaction, whose condition is the version of the row that was read.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from callcore.calls.call import BEFORE_THE_TALK, END_STATUSES, TRANSITIONS, Call, CallStatus, advance, check_follows
from callcore.calls.log import position_of
from callcore.errors import Conflict, InvalidTransition, NotFound, StoreError
from callcore.ids import AccountId, SessionId
from callstore.dynamo import keys as keys
from callstore.dynamo.campaigns import settling_writes
from callstore.dynamo.do_not_call import wish_writes
from callstore.dynamo.rows import doc_of, require_account, to_call
from callstore.dynamo.table import ABSENT, DynamoTable, Refused, Row, Write, delete, put
from callstore.dynamo.usage import usage_writes

_ATTEMPTS = 50
_LOOK_AHEAD = 25


class DynamoCallStore:
    """CallStore."""

    def __init__(self, table: DynamoTable) -> None:
        self._table = table

    def begin_call(self, call: Call) -> None:
        """Store a call that begins, a registered one too. Raises Conflict when the session id is taken."""
        self.begin_beside(call, list)

    def begin_beside(self, call: Call, beside: Callable[[], list[Write] | None]) -> bool:
        """Store a call that begins and, with it, what `beside` tells at each try; False when it tells None."""
        require_account(self._table, call.account_id)
        position = position_of(call.started_at)
        for attempt in range(_ATTEMPTS):
            if attempt:
                position = self._free_position(call.account_id, position)
            if (more := beside()) is None:
                return False
            standing = self._table.get(keys.call(call.session_id))
            if standing is not None and not _is_registration_of(standing, call):
                raise Conflict(f"session {call.session_id} has begun already")
            if self._replace(standing, call, position, more):
                return True
        raise StoreError("too many calls of an account begin together", retryable=True)

    def get_call(self, account_id: AccountId, session_id: SessionId) -> Call:
        """Raises NotFound, also for another account's call."""
        return to_call(found_call(self._table, account_id, session_id))

    def finish_call(self, call: Call) -> bool:
        """Replace a live call by its ended form; False (and no change) when it had ended already.

        Raises NotFound, also for another account's call, and InvalidTransition.
        """
        for attempt in range(_ATTEMPTS):
            if attempt:
                self._table.pause_before(attempt)
            standing = found_call(self._table, call.account_id, call.session_id)
            current = CallStatus(standing["status"])
            if current in END_STATUSES:
                return False
            if call.status not in END_STATUSES:
                raise InvalidTransition("call", current, call.status)
            advance(current, call.status)
            if self._replace(standing, call, standing["position"], _ending(self._table, call)):
                return True
        raise StoreError("a call changes again and again", retryable=True)

    def change_call(
        self, account_id: AccountId, session_id: SessionId, change: Callable[[Call], Call | None]
    ) -> Call | None:
        """Store what `change` makes of a live call; None: it stays as it is. Raises NotFound, InvalidTransition."""
        for attempt in range(_ATTEMPTS):
            if attempt:
                self._table.pause_before(attempt)
            standing = found_call(self._table, account_id, session_id)
            call = to_call(standing)
            if call.status in END_STATUSES:
                raise NotFound("call", session_id)
            changed = change(call)
            if changed is None:
                return None
            check_follows(call.status, changed.status)
            if self._replace(standing, changed, standing["position"]):
                return changed
        raise StoreError("a call changes again and again", retryable=True)

    def add_to_voip(self, account_id: AccountId, session_id: SessionId, facts: Mapping[str, Any]) -> None:
        """Add what its carrier tells of a call, live or over. Raises NotFound."""
        for attempt in range(_ATTEMPTS):
            if attempt:
                self._table.pause_before(attempt)
            standing = found_call(self._table, account_id, session_id)
            call = to_call(standing)
            changed = replace(call, voip={**(call.voip or {}), **facts})
            if self._replace(standing, changed, standing["position"]):
                return
        raise StoreError("a call changes again and again", retryable=True)

    def list_live_calls(self) -> Sequence[Call]:
        """Every call that has begun and not ended, of all accounts: for the sweeper."""
        pointed = [keys.call(row["session_id"]) for row in self._table.query(keys.LIVE)]
        live = map(to_call, self._table.get_many(pointed).values())
        return sorted((call for call in live if call.status not in END_STATUSES), key=lambda call: call.started_at)

    def _free_position(self, account_id: AccountId, position: int) -> int:
        """The first place from `position` on that nobody holds at this moment."""
        taken = self._table.query(
            keys.calls_partition(account_id),
            "#SK >= :position",
            {"position": keys.position(position)},
            limit=_LOOK_AHEAD,
        )
        for row in taken:
            if row["position"] > position:
                break
            position += 1
        return position

    def _replace(self, standing: Row | None, call: Call, position: int, more: Sequence[Write] = ()) -> bool:
        """Whether nobody was quicker: at this row, or at this place in the log; `more` is written with it."""
        version = standing["version"] if standing else 0
        row = pointer_fields(call, position) | {"doc": doc_of(call), "account_id": call.account_id}
        pointers = {key: pointer_fields(call, position) for key in pointer_keys(row, call.account_id)}
        old = set(pointer_keys(standing, call.account_id)) if standing else set()
        place = keys.Key(keys.calls_partition(call.account_id), keys.position(position))
        mine = f"{ABSENT} OR #session_id = :session_id"
        writes: list[Write] = [
            put(
                keys.call(call.session_id),
                {**row, "version": version + 1},
                "#version = :version" if standing else ABSENT,
                {"version": version} if standing else {},
            ),
            put(place, pointers.pop(place), mine, {"session_id": call.session_id}),
            *(put(key, fields) for key, fields in pointers.items()),
            *(delete(key) for key in old - pointers.keys() - {place}),
            *more,
        ]
        try:
            self._table.write(*writes)
        except Refused:
            return False
        return True


def _ending(table: DynamoTable, call: Call) -> list[Write]:
    """What the end of a call changes beside it."""
    return [*usage_writes(call), *settling_writes(table, call), *wish_writes(call)]


def found_call(table: DynamoTable, account_id: AccountId, session_id: SessionId) -> Row:
    """The row of a call. Raises NotFound, also for another account's call."""
    row = table.get(keys.call(session_id))
    if row is None or row["account_id"] != account_id:
        raise NotFound("call", session_id)
    return row


def pointer_fields(call: Call, position: int) -> dict[str, Any]:
    """What a pointer says of its call: what the call log filters by."""
    voip = call.voip or {}
    return {
        "session_id": call.session_id,
        "call_id": call.call_id,
        "position": position,
        "status": str(call.status),
        "agent_id": call.agent_id,
        "from_phone": voip.get("from"),
        "to_phone": voip.get("to"),
    }


def pointer_keys(row: Row, account_id: AccountId) -> Iterator[keys.Key]:
    """Where the pointers to the call of this row stand."""
    position = keys.position(row["position"])
    yield keys.Key(keys.calls_partition(account_id), position)
    yield keys.Key(keys.calls_partition(account_id, "STATUS", row["status"]), position)
    if row.get("agent_id") is not None:
        yield keys.Key(keys.calls_partition(account_id, "AGENT", row["agent_id"]), position)
    for number in {number_part(row[side]) for side in ("from_phone", "to_phone") if row.get(side)}:
        yield keys.Key(keys.calls_partition(account_id, "PHONE", number), position)
    yield keys.Key(keys.call_id_partition(account_id, row["call_id"]), row["session_id"])
    if row["status"] not in END_STATUSES:
        yield keys.live(row["session_id"])


def number_part(number: str) -> str:
    """A number as its partition is named: with and without `+` it is the same."""
    return number.strip().removeprefix("+")


def _is_registration_of(row: Row, call: Call) -> bool:
    is_same = (row["account_id"], row["call_id"]) == (call.account_id, call.call_id)
    return is_same and row["status"] in BEFORE_THE_TALK and call.status in TRANSITIONS[CallStatus(row["status"])]
