from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callcore.calls.call import CallStatus
from callcore.calls.log import CallQuery
from callcore.errors import Conflict, NotFound
from callcore.ids import AccountId, AgentId, CallId, SessionId
from tests.contract.ports import rows
from tests.contract.ports.adapters import Stores

BEGIN = 1_800_000_000.0


def fill(stores: Stores) -> None:
    """Six calls of Ann, one second apart, and one of Bob at the same time as her last."""
    for number in range(6):
        stores.calls.begin_call(
            replace(
                rows.ended_call(f"s-{number}"),
                started_at=BEGIN + number,
                agent_id=AgentId("-A" if number % 2 else "-B"),
                status=CallStatus.TIMEOUT if number < 3 else CallStatus.USER_ENDED,
                voip=None if number == 5 else {"from": f"+1555{number}", "to": "+1666"},
            )
        )
    stores.calls.begin_call(replace(rows.ended_call("bobs", rows.BOB), started_at=BEGIN + 5))


def found(stores: Stores, account_id: AccountId = rows.ANN, limit: int = 100, **query: Any) -> list[str]:
    return [call.session_id for call in stores.call_log.list_calls(CallQuery(account_id, limit, **query)).calls]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, "543210"),
        ({"limit": 2}, "54"),
        ({"start_time": BEGIN + 2}, "5432"),
        ({"end_time": BEGIN + 2}, "210"),
        ({"start_time": BEGIN + 1.5, "end_time": BEGIN + 3.5}, "32"),
        ({"agent_id": AgentId("-A")}, "531"),
        ({"agent_id": AgentId("-None")}, ""),
        ({"status": CallStatus.TIMEOUT}, "210"),
        ({"agent_id": AgentId("-B"), "status": CallStatus.TIMEOUT}, "20"),
        ({"phone_number": "+15553"}, "3"),
        ({"phone_number": "15553"}, "3"),
        ({"phone_number": " 15553"}, "3"),
        ({"phone_number": "+1666"}, "43210"),
        ({"phone_number": "+1666", "agent_id": AgentId("-A"), "limit": 1}, "3"),
        ({"phone_number": "+1"}, ""),
        ({"phone_number": "%"}, ""),
        ({"after": BEGIN + 2}, "10"),
        ({"after": BEGIN + 4, "agent_id": AgentId("-A"), "start_time": BEGIN + 2}, "3"),
    ],
)
def test_filters_meet(stores: Stores, query: dict[str, Any], expected: str) -> None:
    fill(stores)
    assert found(stores, **query) == [f"s-{number}" for number in expected]


def test_a_call_of_both_numbers_alike_stands_once(stores: Stores) -> None:
    stores.calls.begin_call(replace(rows.ended_call(), voip={"from": "+1", "to": "+1"}))
    assert found(stores, phone_number="+1") == ["s-1"]


def test_calls_come_back_whole_and_follow_their_life(stores: Stores) -> None:
    stores.calls.begin_call(rows.live_call())
    assert stores.call_log.list_calls(CallQuery(rows.ANN, 1)).calls == [rows.live_call()]
    stores.calls.finish_call(rows.ended_call())
    page = stores.call_log.list_calls(CallQuery(rows.ANN, 1, status=CallStatus.USER_ENDED, phone_number="+15551234567"))
    assert (page.calls, page.next_cursor) == ([rows.ended_call()], None)
    assert found(stores, status=CallStatus.IN_PROGRESS) == []


def test_another_accounts_calls_are_not_listed_and_not_deleted(stores: Stores) -> None:
    fill(stores)
    assert found(stores, rows.BOB) == ["bobs"]
    assert found(stores, rows.BOB, agent_id=AgentId("-A")) == []
    assert found(stores, rows.BOB, phone_number="+15553") == []
    with pytest.raises(NotFound):
        stores.call_log.delete_call(rows.BOB, SessionId("s-1"))
    assert len(found(stores)) == 6


def test_a_deleted_call_is_gone_with_its_checkpoint(stores: Stores) -> None:
    stores.calls.begin_call(rows.live_call())
    stores.checkpoints.save_checkpoint(rows.checkpoint())
    with pytest.raises(Conflict, match="not ended"):
        stores.call_log.delete_call(rows.ANN, SessionId("s-1"))
    stores.calls.finish_call(rows.ended_call())
    stores.call_log.delete_call(rows.ANN, SessionId("s-1"))
    assert found(stores) == []
    assert stores.checkpoints.load_checkpoint(SessionId("s-1")) is None
    for _ in range(2):
        with pytest.raises(NotFound):
            stores.call_log.delete_call(rows.ANN, SessionId("s-1"))


def test_a_registered_call_can_be_deleted(stores: Stores) -> None:
    stores.calls.begin_call(replace(rows.live_call(), status=CallStatus.REGISTERED))
    stores.call_log.delete_call(rows.ANN, SessionId("s-1"))
    assert found(stores) == []


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.sampled_from([0.0, 0.000_000_4, 0.000_001, 0.5, 1.0, 1.25]), max_size=10),
    st.integers(1, 5),
)
def test_pages_hold_every_call_once_newest_first_even_when_calls_begin_together(
    stores: Stores, begins: list[float], limit: int
) -> None:
    for session_id in found(stores):
        stores.call_log.delete_call(rows.ANN, SessionId(session_id))
    for number, begin in enumerate(begins):
        stores.calls.begin_call(replace(rows.ended_call(f"s-{number}"), started_at=BEGIN + begin))
    seen: list[float] = []
    ids: list[str] = []
    cursor: float | None = None
    while True:
        page = stores.call_log.list_calls(CallQuery(rows.ANN, limit, after=cursor))
        seen += [call.started_at for call in page.calls]
        ids += [call.session_id for call in page.calls]
        cursor = page.next_cursor
        if cursor is None:
            break
        assert len(page.calls) == limit
    assert sorted(ids) == sorted(f"s-{number}" for number in range(len(begins)))
    # Within a few microseconds the order is that of storing.
    assert all(later >= earlier - 20e-6 for later, earlier in pairwise(seen))


def test_a_call_ends_whatever_stands_at_the_beginning_of_time(stores: Stores) -> None:
    stores.calls.begin_call(replace(rows.ended_call("s-0"), started_at=0.0))
    stores.calls.begin_call(replace(rows.live_call(), started_at=0.0))
    assert stores.calls.finish_call(replace(rows.ended_call(), started_at=0.0))
    assert found(stores) == ["s-1", "s-0"]


def test_a_call_is_found_by_its_call_id_in_its_account_only(stores: Stores) -> None:
    registered = replace(rows.live_call(), status=CallStatus.REGISTERED, call_id=CallId("c-9"))
    stores.calls.begin_call(rows.live_call("s-2"))
    stores.calls.begin_call(registered)
    assert stores.call_log.find_call(rows.ANN, CallId("c-9")) == registered
    for account_id, call_id in ((rows.BOB, "c-9"), (rows.ANN, "c-8"), (rows.ANN, "")):
        with pytest.raises(NotFound):
            stores.call_log.find_call(account_id, CallId(call_id))


def test_a_registered_call_moves_to_the_time_when_it_begins(stores: Stores) -> None:
    stores.calls.begin_call(replace(rows.live_call(), status=CallStatus.REGISTERED, started_at=BEGIN))
    stores.calls.begin_call(replace(rows.live_call("s-2"), started_at=BEGIN + 1))
    assert found(stores) == ["s-2", "s-1"]
    stores.calls.begin_call(replace(rows.live_call(), started_at=BEGIN + 2))
    assert found(stores) == ["s-1", "s-2"]
    assert found(stores, end_time=BEGIN) == []
