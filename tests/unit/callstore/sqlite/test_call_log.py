import json
import sqlite3
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from callcore.billing.day_usage import Counts, total, usage_of_call
from callcore.calls.call import CallStatus
from callcore.calls.log import CallQuery
from callcore.ids import AgentId
from callstore.sqlite.call_log import page_statement
from callstore.sqlite.database import SqliteDatabase
from callstore.sqlite.schema import MIGRATIONS, migrate
from callstore.sqlite.stores import SqliteStores
from callstore.sqlite.usage_table import DAY_USAGE
from tests.bench.call_log import fill, queries
from tests.clocks import ManualClock
from tests.contract.ports import rows

FILTERS: list[dict[str, Any]] = [
    {},
    {"after": 1.0},
    {"start_time": 1.0, "end_time": 2.0},
    {"agent_id": AgentId("-A")},
    {"status": CallStatus.ERROR, "after": 1.0},
    {"agent_id": AgentId("-A"), "status": CallStatus.ERROR},
    {"phone_number": "+1"},
    {"phone_number": "1", "agent_id": AgentId("-A"), "status": CallStatus.ERROR, "after": 2.0},
]


@pytest.mark.parametrize("filters", FILTERS, ids=str)
def test_a_page_is_found_by_an_index_in_its_order(tmp_path: Path, filters: dict[str, Any]) -> None:
    database = SqliteDatabase(tmp_path / "parley.db")
    sql, parameters = page_statement(CallQuery(rows.ANN, 20, **filters))
    plan = [row["detail"] for row in database.rows(f"EXPLAIN QUERY PLAN {sql}", parameters)]
    database.close()
    searches = [step for step in plan if "calls" in step]
    assert searches
    assert all(step.startswith("SEARCH calls USING") for step in searches)
    by_position = [step for step in searches if "COVERING" in step]
    wanted = {"agent_id", "from_phone"} if "phone_number" in filters else {"agent_id"} & filters.keys()
    assert all(any(f"{column}=?" in step for step in by_position) for column in wanted - {"agent_id"})
    assert not any("SORT" in step.upper() or "ORDER BY" in step for step in plan)


def test_calls_of_an_older_release_get_places_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "parley.db"
    connection = sqlite3.connect(path, isolation_level=None)
    migrate(connection, MIGRATIONS[:1])
    connection.execute("INSERT INTO accounts VALUES ('acc_ann', 'Ann', 0, '', 'active', 1, 1)")
    for number, began in enumerate((5.0, 5.0, 5.000_001, 5.0, 4.0, 6.0)):
        connection.execute(
            "INSERT INTO calls (session_id, call_id, account_id, status, live, started_at, agent_config, metadata,"
            " function_calls, voip) VALUES (?, 'c', 'acc_ann', 'error', 0, ?, '{}', '{}', '[]', ?)",
            (f"s-{number}", began, '{"from": "+1", "to": null}' if number == 2 else None),
        )
    connection.close()
    with SqliteStores(path, ManualClock()) as stores:
        listed: list[str] = []
        cursor: float | None = None
        for _ in range(3):
            page = stores.call_log.list_calls(CallQuery(rows.ANN, 2, after=cursor))
            listed += [call.session_id for call in page.calls]
            cursor = page.next_cursor
        assert cursor is None
        assert listed == ["s-5", "s-2", "s-3", "s-1", "s-0", "s-4"]
        by_phone = stores.call_log.list_calls(CallQuery(rows.ANN, 2, phone_number="+1"))
        assert [call.session_id for call in by_phone.calls] == ["s-2"]


def test_calls_of_an_older_release_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "parley.db"
    connection = sqlite3.connect(path, isolation_level=None)
    migrate(connection, MIGRATIONS[:_BEFORE_USAGE])
    connection.execute(
        "INSERT INTO accounts (account_id, name, created_at, embed_secret, status, max_concurrent_calls,"
        " max_call_duration_s) VALUES ('acc_ann', 'Ann', 0, '', 'active', 1, 1)"
    )
    calls = [
        replace(rows.ended_call("s-1"), cost_breakdown=({"type": "tts", "credit": 0.1}, {"type": "llm", "credit": 2})),
        replace(rows.ended_call("s-2"), status=CallStatus.ERROR, cost_breakdown=({"type": "tts", "credit": 0.2},)),
        replace(rows.ended_call("s-3"), agent_id=None, duration_s=None, cost_breakdown=()),
        replace(rows.ended_call("s-4"), status=CallStatus.NO_ANSWER),
    ]
    for number, call in enumerate(calls):
        connection.execute(
            "INSERT INTO calls (session_id, call_id, account_id, status, live, started_at, agent_id, duration_s,"
            " agent_config, metadata, function_calls, cost_breakdown, position)"
            " VALUES (?, 'c', 'acc_ann', ?, 0, ?, ?, ?, '{}', '{}', '[]', ?, ?)",
            (
                call.session_id,
                call.status,
                call.started_at,
                call.agent_id,
                call.duration_s,
                json.dumps(call.cost_breakdown),
                number,
            ),
        )
    connection.close()
    with SqliteStores(path, ManualClock()) as stores:
        used = [usage_of_call(call) for call in calls[:3]]
        counted = {one.agent_id: one.counts for one in stores.usage_log.usage_by_day(rows.ANN, date.min, date.max)}
        assert counted == {"-Agent": total(one.counts for one in used if one and one.agent_id), "": Counts(calls=1)}


_BEFORE_USAGE = MIGRATIONS.index(DAY_USAGE)


def steps(path: Path, query: CallQuery) -> int:
    """How many steps SQLite's machine takes to find the page, in hundreds."""
    connection = sqlite3.connect(path)
    taken = 0

    def count() -> int:
        nonlocal taken
        taken += 1
        return 0

    connection.set_progress_handler(count, 100)
    sql, parameters = page_statement(query)
    connection.execute(sql, parameters).fetchall()
    connection.close()
    return taken


def test_a_page_of_a_long_log_takes_few_steps(tmp_path: Path) -> None:
    # The times that 100,000 calls take are those of tests/bench/call_log.py.
    path = tmp_path / "parley.db"
    with SqliteStores(path, ManualClock()) as stores:
        stores.accounts.put_account(rows.account())
    fill(path, rows.ANN, 20_000)
    costs = {kind: steps(path, query) for kind, query in queries(rows.ANN, 20_000).items()}
    # One call in 200 matches all filters at once, so a page of these looks at some 4,000 entries of an index.
    assert costs.pop("everything") < 800
    assert max(costs.values()) < 60, costs


def test_a_deleted_transcript_is_in_no_file_any_more(tmp_path: Path) -> None:
    secret = "swordfish"

    def found() -> list[str]:
        return [path.name for path in tmp_path.iterdir() if secret.encode() in path.read_bytes()]

    with SqliteStores(tmp_path / "db", ManualClock()) as stores:
        stores.accounts.put_account(rows.account())
        stores.calls.begin_call(rows.live_call())
        chat = [{"role": "user", "content": secret * 4000}]
        stores.checkpoints.save_checkpoint(replace(rows.checkpoint(), chat=chat))
        stores.calls.finish_call(replace(rows.ended_call(), chat=chat))
        assert found() != []
        stores.call_log.delete_call(rows.ANN, rows.ended_call().session_id)
        assert found() == []
