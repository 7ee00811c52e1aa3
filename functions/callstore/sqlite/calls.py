"""Calls on the SQLite file."""

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from callcore.calls.call import BEFORE_THE_TALK, END_STATUSES, TRANSITIONS, Call, CallStatus, advance, check_follows
from callcore.calls.log import position_of
from callcore.errors import Conflict, InvalidTransition, NotFound
from callcore.ids import AccountId, SessionId
from callstore.sqlite.campaigns import settle_record
from callstore.sqlite.database import SqliteDatabase
from callstore.sqlite.do_not_call import note_wish
from callstore.sqlite.rows import upsert
from callstore.sqlite.usage import count_usage
from callstore.stored_json import from_json_or_null, to_json, to_json_or_null, tuple_or_none, usage_lines


class SqliteCallStore:
    """CallStore."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    def begin_call(self, call: Call) -> None:
        """Store a call that begins, a registered one too. Raises Conflict when the session id is taken."""
        with self._database.transaction() as transaction:
            begin(transaction, call)

    def get_call(self, account_id: AccountId, session_id: SessionId) -> Call:
        """Raises NotFound, also for another account's call."""
        rows = self._database.rows(
            "SELECT * FROM calls WHERE account_id = ? AND session_id = ?", (account_id, session_id)
        )
        if not rows:
            raise NotFound("call", session_id)
        return to_call(rows[0])

    def finish_call(self, call: Call) -> bool:
        """Replace a live call by its ended form; False (and no change) when it had ended already.

        Raises NotFound, also for another account's call, and InvalidTransition.
        """
        fields = _call_fields(call)
        with self._database.transaction() as transaction:
            row = transaction.execute(
                "SELECT status FROM calls WHERE account_id = ? AND session_id = ?", (call.account_id, call.session_id)
            ).fetchone()
            if row is None:
                raise NotFound("call", call.session_id)
            current = CallStatus(row["status"])
            if current in END_STATUSES:
                return False
            if call.status not in END_STATUSES:
                raise InvalidTransition("call", current, call.status)
            advance(current, call.status)
            changes = ", ".join(f"{column} = :{column}" for column in fields)
            transaction.execute(f"UPDATE calls SET {changes} WHERE session_id = :session_id", fields)
            count_usage(transaction, call)
            settle_record(transaction, call)
            note_wish(transaction, call)
            return True

    def change_call(
        self, account_id: AccountId, session_id: SessionId, change: Callable[[Call], Call | None]
    ) -> Call | None:
        """Store what `change` makes of a live call; None: it stays as it is. Raises NotFound, InvalidTransition."""
        with self._database.transaction() as transaction:
            row = transaction.execute(
                "SELECT * FROM calls WHERE account_id = ? AND session_id = ? AND live", (account_id, session_id)
            ).fetchone()
            if row is None:
                raise NotFound("call", session_id)
            standing = to_call(row)
            changed = change(standing)
            if changed is not None:
                check_follows(standing.status, changed.status)
                upsert(transaction, "calls", "session_id", _call_fields(changed) | {"position": row["position"]})
            return changed

    def add_to_voip(self, account_id: AccountId, session_id: SessionId, facts: Mapping[str, Any]) -> None:
        """Add what its carrier tells of a call, live or over. Raises NotFound."""
        with self._database.transaction() as transaction:
            row = transaction.execute(
                "SELECT * FROM calls WHERE account_id = ? AND session_id = ?", (account_id, session_id)
            ).fetchone()
            if row is None:
                raise NotFound("call", session_id)
            call = to_call(row)
            changed = replace(call, voip={**(call.voip or {}), **facts})
            upsert(transaction, "calls", "session_id", _call_fields(changed) | {"position": row["position"]})

    def list_live_calls(self) -> Sequence[Call]:
        """Every call that has begun and not ended, of all accounts: for the sweeper."""
        return [to_call(row) for row in self._database.rows("SELECT * FROM calls WHERE live ORDER BY started_at")]


def begin(transaction: sqlite3.Connection, call: Call) -> None:
    """Store a call that begins. Raises Conflict when the session id is taken."""
    row = transaction.execute(
        "SELECT account_id, call_id, status FROM calls WHERE session_id = ?", (call.session_id,)
    ).fetchone()
    if row is not None and not _is_registration_of(row, call):
        raise Conflict(f"session {call.session_id} has begun already")
    upsert(transaction, "calls", "session_id", _call_fields(call) | {"position": _free_position(transaction, call)})


def _is_registration_of(row: sqlite3.Row, call: Call) -> bool:
    is_same = (row["account_id"], row["call_id"]) == (call.account_id, call.call_id)
    return is_same and row["status"] in BEFORE_THE_TALK and call.status in TRANSITIONS[CallStatus(row["status"])]


def _free_position(transaction: sqlite3.Connection, call: Call) -> int:
    position = position_of(call.started_at)
    taken = "SELECT 1 FROM calls WHERE account_id = ? AND position = ? AND session_id <> ?"
    while transaction.execute(taken, (call.account_id, position, call.session_id)).fetchone():
        position += 1
    return position


_DERIVED = ("live", "position", "from_phone", "to_phone")
"""Columns that exist for their indexes; a call does not have them."""
_CALL_JSON_FIELDS = (
    *("agent_config", "metadata", "chat", "function_calls", "cost_breakdown"),
    *("voip", "recording", "notes", "call_analysis", "call_metrics", "visitor_names"),
)


def _call_fields(call: Call) -> dict[str, Any]:
    fields = {name: getattr(call, name) for name in call.__dataclass_fields__}
    fields |= {name: to_json_or_null(fields[name]) for name in _CALL_JSON_FIELDS}
    voip = call.voip or {}
    return fields | {
        "usage": to_json(call.usage),
        "live": call.status not in END_STATUSES,
        "from_phone": voip.get("from"),
        "to_phone": voip.get("to"),
    }


def to_call(row: sqlite3.Row) -> Call:
    """The call of a whole row."""
    fields = dict(row)
    for name in _DERIVED:
        del fields[name]
    fields |= {name: from_json_or_null(fields[name]) for name in _CALL_JSON_FIELDS}
    typed = {
        "status": CallStatus(fields["status"]),
        "function_calls": tuple(fields["function_calls"]),
        "cost_breakdown": tuple(fields["cost_breakdown"]),
        "notes": tuple(fields["notes"]),
        "visitor_names": tuple_or_none(fields["visitor_names"]),
        "usage": usage_lines(json.loads(fields["usage"])),
        "include_metadata_in_prompt": bool(fields["include_metadata_in_prompt"]),
    }
    return Call(**fields | typed)
