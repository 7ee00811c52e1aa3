"""CallChanges: what becomes of a call beside its talk, on every adapter."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from callcore.calls.call import Call, CallStatus
from callcore.errors import InvalidTransition, NotFound
from callcore.ids import SessionId
from tests.contract.ports import rows
from tests.contract.ports.adapters import Stores

S1 = SessionId("s-1")
QUEUED = replace(rows.live_call(), status=CallStatus.QUEUED, worker_id=None)


def handed(call: Call) -> Call | None:
    return replace(call, status=CallStatus.DISPATCHING) if call.status is CallStatus.QUEUED else None


def test_a_change_is_stored_and_given_back(stores: Stores) -> None:
    stores.calls.begin_call(QUEUED)
    changed = stores.call_changes.change_call(rows.ANN, S1, handed)
    assert changed == stores.calls.get_call(rows.ANN, S1) == replace(QUEUED, status=CallStatus.DISPATCHING)
    assert [call.status for call in stores.calls.list_live_calls()] == [CallStatus.DISPATCHING]


def test_fields_change_without_the_status(stores: Stores) -> None:
    stores.calls.begin_call(QUEUED)
    stores.call_changes.change_call(rows.ANN, S1, lambda call: replace(call, voip={"call_sid": "CA1"}))
    assert stores.calls.get_call(rows.ANN, S1).voip == {"call_sid": "CA1"}


def test_none_leaves_the_call_as_it_is(stores: Stores) -> None:
    stores.calls.begin_call(QUEUED)
    assert stores.call_changes.change_call(rows.ANN, S1, lambda call: None) is None
    assert stores.calls.get_call(rows.ANN, S1) == QUEUED


@pytest.mark.parametrize("status", [CallStatus.REGISTERED, CallStatus.USER_ENDED, CallStatus.BUSY])
def test_a_status_that_does_not_follow_is_refused(stores: Stores, status: CallStatus) -> None:
    stores.calls.begin_call(QUEUED)
    with pytest.raises(InvalidTransition):
        stores.call_changes.change_call(rows.ANN, S1, lambda call: replace(call, status=status))
    assert stores.calls.get_call(rows.ANN, S1) == QUEUED


def test_what_is_not_there_or_over_is_not_found(stores: Stores) -> None:
    with pytest.raises(NotFound):
        stores.call_changes.change_call(rows.ANN, S1, handed)
    stores.calls.begin_call(rows.live_call())
    with pytest.raises(NotFound):
        stores.call_changes.change_call(rows.BOB, S1, handed)
    stores.calls.finish_call(rows.ended_call())
    with pytest.raises(NotFound):
        stores.call_changes.change_call(rows.ANN, S1, handed)


def test_of_many_one_takes_the_call(stores: Stores) -> None:
    stores.calls.begin_call(QUEUED)
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: stores.call_changes.change_call(rows.ANN, S1, handed), range(8)))
    assert sum(call is not None for call in taken) == 1


def test_a_call_that_rings_may_begin(stores: Stores) -> None:
    ringing = replace(QUEUED, status=CallStatus.RINGING)
    stores.calls.begin_call(ringing)
    stores.calls.begin_call(replace(ringing, status=CallStatus.IN_PROGRESS))
    assert stores.calls.get_call(rows.ANN, S1).status is CallStatus.IN_PROGRESS


def test_what_a_carrier_tells_is_added_to_a_call_that_is_over_too(stores: Stores) -> None:
    stores.calls.begin_call(rows.live_call())
    before = stores.calls.get_call(rows.ANN, S1).voip or {}
    stores.call_changes.add_to_voip(rows.ANN, S1, {"transfer_status": "requested"})
    assert stores.calls.get_call(rows.ANN, S1).voip == {**before, "transfer_status": "requested"}
    ended = replace(rows.ended_call(), voip=stores.calls.get_call(rows.ANN, S1).voip)
    stores.calls.finish_call(ended)
    stores.call_changes.add_to_voip(rows.ANN, S1, {"transfer_status": "busy"})
    assert stores.calls.get_call(rows.ANN, S1) == replace(ended, voip={**(ended.voip or {}), "transfer_status": "busy"})
    with pytest.raises(NotFound):
        stores.call_changes.add_to_voip(rows.BOB, S1, {"transfer_status": "busy"})
