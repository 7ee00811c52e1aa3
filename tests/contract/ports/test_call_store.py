from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from callcore.calls.call import END_STATUSES, Call, CallStatus
from callcore.errors import Conflict, InvalidTransition, NotFound
from callcore.ids import AccountId, CallId, SessionId
from tests.contract.ports import rows
from tests.contract.ports.adapters import Stores

S1 = SessionId("s-1")


def test_a_live_call_comes_back_as_it_began(stores: Stores) -> None:
    stores.calls.begin_call(rows.live_call())
    assert stores.calls.get_call(rows.ANN, S1) == rows.live_call()


def test_an_ended_call_comes_back_with_every_field(stores: Stores) -> None:
    stores.calls.begin_call(rows.live_call())
    assert stores.calls.finish_call(rows.ended_call())
    assert stores.calls.get_call(rows.ANN, S1) == rows.ended_call()


def test_no_chat_and_an_empty_chat_are_two_things(stores: Stores) -> None:
    for session_id, chat in (("s-1", None), ("s-2", [])):
        stores.calls.begin_call(rows.live_call(session_id))
        stores.calls.finish_call(replace(rows.ended_call(session_id), chat=chat))
        assert stores.calls.get_call(rows.ANN, SessionId(session_id)).chat == chat


@pytest.mark.parametrize("second", [rows.live_call(), rows.live_call(account_id=rows.BOB)])
def test_a_session_begins_once(stores: Stores, second: Call) -> None:
    stores.calls.begin_call(rows.live_call())
    with pytest.raises(Conflict):
        stores.calls.begin_call(second)
    assert stores.calls.get_call(rows.ANN, S1) == rows.live_call()


def test_another_accounts_call_is_not_found_by_any_method(stores: Stores) -> None:
    stores.calls.begin_call(rows.live_call())
    with pytest.raises(NotFound):
        stores.calls.get_call(rows.BOB, S1)
    with pytest.raises(NotFound):
        stores.calls.finish_call(rows.ended_call(account_id=rows.BOB))
    assert stores.calls.get_call(rows.ANN, S1) == rows.live_call()


def test_an_unknown_call_is_not_found(stores: Stores) -> None:
    with pytest.raises(NotFound):
        stores.calls.get_call(rows.ANN, S1)
    with pytest.raises(NotFound):
        stores.calls.finish_call(rows.ended_call())


@pytest.mark.parametrize("status", [CallStatus.USER_ENDED, CallStatus.ERROR, CallStatus.IN_PROGRESS])
def test_a_call_finishes_once(stores: Stores, status: CallStatus) -> None:
    stores.calls.begin_call(rows.live_call())
    assert stores.calls.finish_call(rows.ended_call())
    assert not stores.calls.finish_call(replace(rows.ended_call(), status=status, duration_s=1))
    assert stores.calls.get_call(rows.ANN, S1) == rows.ended_call()


@pytest.mark.parametrize("status", [CallStatus.IN_PROGRESS, CallStatus.RINGING, CallStatus.BUSY])
def test_a_status_that_the_life_cycle_forbids_is_refused(stores: Stores, status: CallStatus) -> None:
    stores.calls.begin_call(rows.live_call())
    with pytest.raises(InvalidTransition):
        stores.calls.finish_call(replace(rows.ended_call(), status=status))
    assert stores.calls.get_call(rows.ANN, S1) == rows.live_call()


def test_live_calls_are_those_that_have_not_ended_of_all_accounts(stores: Stores) -> None:
    live = [
        rows.live_call("s-1"),
        rows.live_call("s-2", rows.BOB),
        replace(rows.live_call("s-3"), status=CallStatus.QUEUED),
    ]
    for call in (*live, rows.live_call("s-4")):
        stores.calls.begin_call(call)
    stores.calls.finish_call(rows.ended_call("s-4"))
    found = stores.calls.list_live_calls()
    assert sorted(found, key=lambda call: call.session_id) == live


def test_a_call_may_be_stored_ended_from_the_start(stores: Stores) -> None:
    for number, status in enumerate(sorted(END_STATUSES)):
        stores.calls.begin_call(replace(rows.ended_call(f"s-{number}"), status=status))
    assert list(stores.calls.list_live_calls()) == []


REGISTERED = replace(
    rows.live_call(), status=CallStatus.REGISTERED, worker_id=None, started_at=1.0, include_metadata_in_prompt=True
)


def test_a_registered_call_begins_once_under_its_own_ids(stores: Stores) -> None:
    stores.calls.begin_call(REGISTERED)
    assert stores.calls.get_call(rows.ANN, S1) == REGISTERED
    others: tuple[Call, ...] = (
        REGISTERED,
        replace(rows.live_call(), call_id=CallId("c-2")),
        rows.live_call(account_id=rows.BOB),
        replace(rows.live_call(), status=CallStatus.TIMEOUT),
    )
    for other in others:
        with pytest.raises(Conflict):
            stores.calls.begin_call(other)
    stores.calls.begin_call(rows.live_call())
    assert stores.calls.get_call(rows.ANN, S1) == rows.live_call()
    with pytest.raises(Conflict):
        stores.calls.begin_call(rows.live_call())


def test_one_of_many_threads_begins_a_registered_call(stores: Stores) -> None:
    stores.calls.begin_call(REGISTERED)

    def begin(number: int) -> bool:
        try:
            stores.calls.begin_call(replace(rows.live_call(), worker_id=str(number)))
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(begin, range(16))) == 1


def test_a_registered_call_may_be_canceled_and_cannot_begin_then(stores: Stores) -> None:
    stores.calls.begin_call(REGISTERED)
    assert stores.calls.finish_call(replace(REGISTERED, status=CallStatus.CANCELED))
    with pytest.raises(Conflict):
        stores.calls.begin_call(rows.live_call())


def test_a_call_of_no_account_is_refused(stores: Stores) -> None:
    with pytest.raises(Conflict):
        stores.calls.begin_call(rows.live_call(account_id=AccountId("acc_nobody")))
    assert list(stores.calls.list_live_calls()) == []
