from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from callcore.calls.call import Call, CallStatus
from callcore.calls.log import CallQuery
from callcore.calls.privacy import storable
from callcore.calls.search import DEEPLY, LOOKED_THROUGH, find_calls, holds
from callcore.ids import CallId, SessionId
from callstore.sqlite.stores import SqliteStores
from tests.clocks import ManualClock
from tests.contract.ports import rows

PAGE = CallQuery(rows.ANN, 20)
BEGAN = 1_800_000_000.0


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[SqliteStores]:
    with SqliteStores(tmp_path / "parley.db", ManualClock()) as opened:
        for account in (rows.ANN, rows.BOB):
            opened.accounts.put_account(rows.account(account))
        yield opened


def keep(stores: SqliteStores, number: int, **said: object) -> Call:
    call = replace(rows.ended_call(f"s-{number}"), call_id=CallId(f"c-{number}"), started_at=BEGAN + number)
    call = replace(call, **said)  # type: ignore[arg-type]
    stores.calls.begin_call(call)
    return call


def sought(stores: SqliteStores, text: str, query: CallQuery = PAGE) -> list[str]:
    return [call.session_id for call in find_calls(text, query, stores.calls, stores.call_log).calls]


def test_an_id_finds_its_call_and_nobody_elses(stores: SqliteStores) -> None:
    keep(stores, 1)
    assert sought(stores, " s-1 ") == sought(stores, "c-1") == ["s-1"]
    assert sought(stores, "s-1", CallQuery(rows.BOB, 20)) == []


@pytest.mark.parametrize("text", ["+15551234567", "15551234567", "+1 (555) 123-4567", "1 555.123.4567"])
def test_a_number_finds_the_calls_of_either_side(stores: SqliteStores, text: str) -> None:
    keep(stores, 1)
    keep(stores, 2, voip={"from": "+49301234567"})
    assert sought(stores, text) == ["s-1"]


def test_an_order_number_that_looks_like_a_telephone_number_is_found_in_the_words(stores: SqliteStores) -> None:
    keep(stores, 1, metadata={"order": "4711-0815"})
    keep(stores, 2)
    assert sought(stores, "4711-0815") == ["s-1"]


def test_every_word_has_to_be_there_wherever_it_stands(stores: SqliteStores) -> None:
    keep(
        stores,
        1,
        chat=[{"role": "user", "content": "Two PEOPLE at six, please"}],
        metadata={"plan": {"tier": ["gold"]}},
    )
    keep(stores, 2, chat=[{"role": "user", "content": "Two people at seven"}])
    assert sought(stores, "people two") == ["s-2", "s-1"]
    assert sought(stores, "people GOLD") == ["s-1"]
    assert sought(stores, "people silver") == []


def test_filters_hold_beside_the_words(stores: SqliteStores) -> None:
    keep(stores, 1, status=CallStatus.ERROR)
    keep(stores, 2)
    assert sought(stores, "ann", replace(PAGE, status=CallStatus.ERROR)) == ["s-1"]


def test_without_a_text_it_is_the_page(stores: SqliteStores) -> None:
    keep(stores, 1)
    keep(stores, 2)
    found = find_calls(" ", replace(PAGE, limit=1), stores.calls, stores.call_log)
    assert [call.session_id for call in found.calls] == ["s-2"]
    assert (found.next_cursor, found.looked_through) == (BEGAN + 2, None)


def test_a_search_reads_so_many_calls_says_so_and_goes_on(stores: SqliteStores) -> None:
    total = LOOKED_THROUGH + 40
    for number in range(total):
        keep(stores, number, metadata={"order": "A-7" if number in (5, 100) else "B-1"})
    first = find_calls("a-7", PAGE, stores.calls, stores.call_log)
    assert [call.session_id for call in first.calls] == ["s-100"]
    assert (first.looked_through, first.back_to) == (LOOKED_THROUGH, BEGAN + total - LOOKED_THROUGH)
    rest = find_calls("a-7", replace(PAGE, after=first.next_cursor), stores.calls, stores.call_log)
    assert [call.session_id for call in rest.calls] == ["s-5"]
    assert (rest.next_cursor, rest.looked_through) == (None, 40)


def test_whoever_is_ready_to_wait_has_more_calls_read(stores: SqliteStores) -> None:
    for number in range(LOOKED_THROUGH + 60):
        keep(stores, number, metadata={"order": "A-7" if number == 5 else "B-1"})
    deep = find_calls("a-7", PAGE, stores.calls, stores.call_log, DEEPLY)
    assert [call.session_id for call in deep.calls] == ["s-5"]
    assert (deep.next_cursor, deep.looked_through) == (None, LOOKED_THROUGH + 60)


def test_no_call_is_left_out_or_found_twice_from_page_to_page(stores: SqliteStores) -> None:
    for number in range(130):
        keep(stores, number, started_at=BEGAN)
    listed: list[str] = []
    cursor: float | None = None
    while True:
        found = find_calls("ann", replace(PAGE, after=cursor), stores.calls, stores.call_log)
        listed += [call.session_id for call in found.calls]
        cursor = found.next_cursor
        if cursor is None:
            break
    assert sorted(listed) == sorted(f"s-{number}" for number in range(130))


def test_of_a_call_that_was_opted_out_of_collection_only_what_was_kept_is_looked_at() -> None:
    private = {"privacy_settings": {"opt_out_data_collection": True}}
    call = storable(replace(rows.ended_call(), agent_config=private))
    assert not holds(call, ["ann"])
    assert holds(replace(call, error_message="worker-lost"), ["lost"])


def test_the_id_of_another_accounts_session_is_no_hint(stores: SqliteStores) -> None:
    with_id = keep(stores, 1)
    stores.call_log.delete_call(rows.ANN, SessionId(with_id.session_id))
    assert sought(stores, "s-1") == []
