"""The call log on the SQLite file: pages by index, never by scan."""

from typing import Any

from callcore.calls.call import END_STATUSES, Call, CallStatus
from callcore.calls.log import CallPage, CallQuery, cursor_of, forms_of, position_of
from callcore.errors import Conflict, NotFound
from callcore.ids import AccountId, CallId, SessionId
from callstore.sqlite.calls import to_call
from callstore.sqlite.campaigns import forget_record
from callstore.sqlite.database import SqliteDatabase

_DELETABLE = END_STATUSES | {CallStatus.REGISTERED}


class SqliteCallLog:
    """CallLog."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    def list_calls(self, query: CallQuery) -> CallPage:
        """The newest `query.limit` calls that match."""
        sql, parameters = page_statement(query)
        rows = self._database.rows(sql, parameters)
        page = rows[: query.limit]
        has_more = len(rows) > len(page)
        return CallPage([to_call(row) for row in page], cursor_of(page[-1]["position"]) if has_more else None)

    def find_call(self, account_id: AccountId, call_id: CallId) -> Call:
        """The call with that call id. Raises NotFound, also for another account's call."""
        rows = self._database.rows(
            "SELECT * FROM calls WHERE account_id = ? AND call_id = ? LIMIT 1", (account_id, call_id)
        )
        if not rows:
            raise NotFound("call", call_id)
        return to_call(rows[0])

    def delete_call(self, account_id: AccountId, session_id: SessionId) -> None:
        """Raises NotFound, also for another account's call, and Conflict while the call goes on."""
        with self._database.transaction() as transaction:
            row = transaction.execute(
                "SELECT * FROM calls WHERE account_id = ? AND session_id = ?", (account_id, session_id)
            ).fetchone()
            if row is None:
                raise NotFound("call", session_id)
            if row["status"] not in _DELETABLE:
                raise Conflict(f"call {session_id} has not ended yet")
            transaction.execute("DELETE FROM checkpoints WHERE session_id = ?", (session_id,))
            transaction.execute("DELETE FROM calls WHERE session_id = ?", (session_id,))
            forget_record(transaction, to_call(row))
        self._database.forget()


def page_statement(query: CallQuery) -> tuple[str, dict[str, Any]]:
    """The statement of a page, one row longer than the page when there is another, and its parameters."""
    filters = {
        "agent_id = :agent_id": query.agent_id,
        "status = :status": query.status,
        "position < :after": None if query.after is None else position_of(query.after),
        "position >= :start_time": None if query.start_time is None else position_of(query.start_time),
        "position <= :end_time": None if query.end_time is None else position_of(query.end_time),
    }
    given = {condition: value for condition, value in filters.items() if value is not None}
    parameters: dict[str, Any] = {condition.partition(":")[2]: value for condition, value in given.items()}
    parameters |= {"account_id": query.account_id, "rows": query.limit + 1}
    conditions = " AND ".join(["account_id = :account_id", *given])
    numbers = forms_of(query.phone_number) if query.phone_number else ()
    parameters |= {f"phone_{number}": text for number, text in enumerate(numbers)}
    places = [f" AND {column} = :phone_{number}" for number in range(len(numbers)) for column in _PHONE_COLUMNS]
    found = " UNION ".join(f"SELECT position FROM calls WHERE {conditions}{place}" for place in places or [""])
    # The rows are long (configuration, chat), so the page is found by positions alone.
    return (
        "SELECT * FROM calls WHERE account_id = :account_id AND position IN "
        f"({found} ORDER BY position DESC LIMIT :rows) ORDER BY position DESC",
        parameters,
    )


_PHONE_COLUMNS = ("from_phone", "to_phone")
