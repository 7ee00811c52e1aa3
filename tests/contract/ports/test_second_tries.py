"""Records that are called again: after the time that was said, each try once, and never when a person has answered."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import pytest

from callcore.calls.call import Call, CallStatus
from callcore.campaigns.campaign import CampaignRecord, CampaignStatus, RecordStatus
from callcore.campaigns.tries import Tries
from callcore.errors import NotFound
from tests.contract.ports import rows
from tests.contract.ports.adapters import Stores

R = RecordStatus
TRIES = Tries(3, 5, (CallStatus.BUSY, CallStatus.VOICEMAIL_HANGUP))
CAMPAIGN = replace(rows.campaign(), status=CampaignStatus.STARTED, tries=TRIES)
NAMES = rows.ANN, CAMPAIGN.campaign_id
RECORDS = [rows.record(f"+1555000{number}", userName=f"Nr. {number}") for number in range(3)]
BEGAN = rows.ordered_call(RECORDS[0]).started_at
DUE = BEGAN + 300.5
"""When the first try of a record is followed by the next one, in these tests."""


@pytest.fixture
def started(stores: Stores) -> Stores:
    stores.campaigns.change_campaign(*NAMES, lambda _: CAMPAIGN)
    stores.campaign_records.put_records(*NAMES, RECORDS)
    return stores


def ended(call: Call, status: CallStatus = CallStatus.BUSY) -> Call:
    return replace(call, status=status, duration_s=0, chat=(), chars_used=0)


def listed(stores: Stores) -> list[CampaignRecord]:
    """As they are counted."""
    records = list(stores.campaign_records.list_records(*NAMES))
    statuses = [record.call_status for record in records]
    assert stores.campaign_records.count_records(*NAMES) == {status: statuses.count(status) for status in R}
    return records


def callable_at(stores: Stores, now: float, limit: int = 10) -> list[str]:
    return [record.phone for record in stores.dial_list.next_records(*NAMES, limit, now)]


def tried(stores: Stores, session_id: str, status: CallStatus = CallStatus.BUSY, dialled_at: float = DUE - 300) -> Call:
    """The first record is called once more, and its call ends so."""
    call = rows.ordered_call(listed(stores)[0], session_id)
    call = replace(call, voip={**(call.voip or {}), "dispatched_at": dialled_at})
    assert stores.dial_list.order_record(call, 10)
    if status is CallStatus.VOICEMAIL_HANGUP:
        for before in (CallStatus.DISPATCHING, CallStatus.IN_PROGRESS):
            stores.call_changes.change_call(rows.ANN, call.session_id, partial(replace, status=before))
    assert stores.calls.finish_call(ended(call, status))
    return call


@pytest.mark.parametrize("status", [CallStatus.BUSY, CallStatus.VOICEMAIL_HANGUP])
def test_a_record_that_was_not_reached_waits_for_its_time_and_comes_before_others(
    started: Stores, status: CallStatus
) -> None:
    call = tried(started, "s-1", status)
    waits = replace(RECORDS[0], session_id=call.session_id, result=status, duration_s=0, tries=1, next_try_at=DUE)
    assert listed(started)[0] == waits
    others = [record.phone for record in RECORDS[1:]]
    assert callable_at(started, DUE - 0.001) == others
    assert callable_at(started, DUE) == [RECORDS[0].phone, *others]
    assert callable_at(started, DUE, 2) == [RECORDS[0].phone, others[0]]
    assert next(iter(started.dial_list.next_records(*NAMES, 1, DUE))) == waits
    assert not started.campaigns.finish_campaign(*NAMES)


def test_whoever_is_longest_due_is_first(started: Stores) -> None:
    for record, minutes in zip(RECORDS, (3, 1, 2), strict=True):
        call = rows.ordered_call(record, f"s-{minutes}")
        call = replace(call, started_at=BEGAN + minutes * 60)
        assert started.dial_list.order_record(call, 10)
        started.calls.finish_call(ended(call))
    assert callable_at(started, BEGAN + 3_600) == [RECORDS[1].phone, RECORDS[2].phone, RECORDS[0].phone]


def test_the_last_try_is_the_end(started: Stores) -> None:
    for number in range(1, 4):
        call = tried(started, f"s-{number}")
        assert not started.calls.finish_call(ended(call))
    record = listed(started)[0]
    assert record == replace(
        RECORDS[0], call_status=R.FAILED, session_id=call.session_id, result=CallStatus.BUSY, duration_s=0, tries=3
    )
    assert RECORDS[0].phone not in callable_at(started, DUE + 9_999)


@pytest.mark.parametrize("status", [CallStatus.NO_ANSWER, CallStatus.FAILED, CallStatus.API_ENDED])
def test_what_was_not_asked_for_is_not_tried_again(started: Stores, status: CallStatus) -> None:
    tried(started, "s-1", status)
    assert (listed(started)[0].next_try_at, listed(started)[0].result) == (None, status)
    assert callable_at(started, DUE + 9_999) == [record.phone for record in RECORDS[1:]]


def test_each_try_is_made_once_whoever_else_makes_it(started: Stores) -> None:
    tried(started, "s-1")
    record = listed(started)[0]
    first = replace(rows.ordered_call(RECORDS[0], "s-late"), started_at=BEGAN + 400)
    assert not started.dial_list.order_record(first, 10), "somebody who still knows the record as it was before"
    calls = [rows.ordered_call(record, f"s-at-once-{number}") for number in range(12)]
    with ThreadPoolExecutor(6) as threads:
        assert sum(threads.map(lambda call: started.dial_list.order_record(call, 10), calls)) == 1
    (call,) = started.calls.list_live_calls()
    now = listed(started)[0]
    assert (now.call_status, now.tries, now.next_try_at, now.result) == (R.STARTED, 2, None, None)
    started.calls.finish_call(ended(call))
    again = rows.ordered_call(record, "s-again")
    assert not started.dial_list.order_record(again, 10), "the second try is over"
    assert (listed(started)[0].tries, len(started.calls.list_live_calls())) == (2, 0)


def test_a_try_that_is_given_back_was_never_made(started: Stores) -> None:
    tried(started, "s-1")
    before = listed(started)
    call = rows.ordered_call(before[0], "s-2")
    assert started.dial_list.order_record(call, 10)
    assert RECORDS[0].phone not in callable_at(started, DUE)
    assert started.dial_list.give_back(call)
    assert not started.dial_list.give_back(call)
    assert listed(started) == before
    assert (callable_at(started, DUE - 1)[0], callable_at(started, DUE)[0]) == (RECORDS[1].phone, RECORDS[0].phone)
    assert started.dial_list.order_record(rows.ordered_call(before[0], "s-3"), 10)


def test_a_record_that_waits_for_another_try_is_taken_out_for_good(started: Stores) -> None:
    tried(started, "s-1")
    started.campaign_records.delete_record(*NAMES, RECORDS[0].phone)
    others = [record.phone for record in RECORDS[1:]]
    assert [record.phone for record in listed(started)] == callable_at(started, DUE) == others
    started.campaign_records.put_records(*NAMES, RECORDS[:1])
    assert callable_at(started, 0.0) == [*others, RECORDS[0].phone]
    assert listed(started)[-1] == RECORDS[0]


def test_a_record_goes_with_its_last_call_and_does_not_hold_up_the_campaign(started: Stores) -> None:
    for record in RECORDS[1:]:
        started.campaign_records.delete_record(*NAMES, record.phone)
    tried(started, "s-1")
    call = tried(started, "s-2")
    started.call_log.delete_call(rows.ANN, rows.ordered_call(RECORDS[0], "s-1").session_id)
    assert listed(started)[0].session_id == call.session_id
    started.call_log.delete_call(rows.ANN, call.session_id)
    assert not started.campaign_records.list_records(*NAMES)
    assert not callable_at(started, DUE + 9_999)
    counted = started.campaign_records.count_records(*NAMES)
    assert counted == {R.NOT_STARTED: 0, R.STARTED: 0, R.FINISHED: 0, R.FAILED: 1}
    assert started.campaigns.finish_campaign(*NAMES)


def test_metadata_that_may_not_be_kept_is_kept_until_the_last_try(started: Stores) -> None:
    for number in range(1, 4):
        assert listed(started)[0].metadata == RECORDS[0].metadata
        call = rows.ordered_call(listed(started)[0], f"s-{number}")
        private = {"privacy_settings": {"opt_out_data_collection": True}}
        call = replace(call, agent_config=private, metadata={})
        assert started.dial_list.order_record(call, 10)
        started.calls.finish_call(ended(call))
    assert listed(started)[0].metadata == {}


def test_new_metadata_changes_nothing_of_the_next_try(started: Stores) -> None:
    tried(started, "s-1")
    before = listed(started)[0]
    started.campaign_records.put_records(*NAMES, [replace(RECORDS[0], metadata={"userName": "Bo"})])
    assert listed(started)[0] == replace(before, metadata={"userName": "Bo"})


def test_tries_that_are_taken_away_hold_for_calls_that_end_later(started: Stores) -> None:
    tried(started, "s-1")
    started.campaigns.change_campaign(*NAMES, lambda _: replace(CAMPAIGN, tries=None))
    assert callable_at(started, DUE)[0] == RECORDS[0].phone
    tried(started, "s-2")
    assert (listed(started)[0].call_status, listed(started)[0].tries) == (R.FAILED, 2)


def test_a_deleted_campaign_leaves_nobody_to_be_called(started: Stores) -> None:
    tried(started, "s-1")
    call = rows.ordered_call(RECORDS[1], "s-2")
    assert started.dial_list.order_record(call, 10)
    started.campaigns.change_campaign(*NAMES, lambda _: None)
    assert started.calls.finish_call(ended(call))
    assert not listed(started)
    assert not callable_at(started, DUE)
    with pytest.raises(NotFound):
        started.campaign_records.delete_record(*NAMES, RECORDS[0].phone)
