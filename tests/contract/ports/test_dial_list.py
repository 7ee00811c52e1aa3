"""Records that are called: once each, whoever else calls them, and whoever dies."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from callcore.calls.call import Call, CallStatus
from callcore.campaigns.campaign import CampaignRecord, CampaignStatus, RecordStatus
from callcore.errors import Conflict, NotFound
from callcore.ids import CampaignId, SessionId
from tests.contract.ports import rows
from tests.contract.ports.adapters import Stores

R = RecordStatus
CAMPAIGN = rows.campaign().campaign_id
RECORDS = [rows.record(f"+1555000{number}", userName=f"Nr. {number}") for number in range(4)]
FIRST = rows.ordered_call(RECORDS[0])


@pytest.fixture
def started(stores: Stores) -> Stores:
    """With a campaign that is started."""
    set_status(stores, CampaignStatus.STARTED)
    stores.campaign_records.put_records(rows.ANN, CAMPAIGN, RECORDS)
    return stores


def set_status(stores: Stores, status: CampaignStatus) -> None:
    campaign = replace(rows.campaign(), status=status, tries=None)
    stores.campaigns.change_campaign(rows.ANN, CAMPAIGN, lambda _: campaign)


def listed(stores: Stores) -> list[CampaignRecord]:
    return list(stores.campaign_records.list_records(rows.ANN, CAMPAIGN))


def counts(stores: Stores) -> Mapping[RecordStatus, int]:
    """As they are counted, which is as they are listed."""
    counted = stores.campaign_records.count_records(rows.ANN, CAMPAIGN)
    statuses = [record.call_status for record in listed(stores)]
    assert counted == {status: statuses.count(status) for status in R}
    return counted


def waiting(stores: Stores, now: float = 0.0) -> list[CampaignRecord]:
    return list(stores.dial_list.next_records(rows.ANN, CAMPAIGN, 10, now))


def ended(call: Call, status: CallStatus) -> Call:
    return replace(call, status=status, duration_s=1, chat=(), chars_used=0)


def test_an_ordered_record_has_a_call_and_waits_no_more(started: Stores) -> None:
    assert started.dial_list.order_record(FIRST, 10)
    assert started.calls.get_call(rows.ANN, FIRST.session_id) == FIRST
    assert list(started.calls.list_live_calls()) == [FIRST]
    assert waiting(started) == RECORDS[1:]
    assert listed(started)[0] == replace(RECORDS[0], call_status=R.STARTED, session_id=FIRST.session_id, tries=1)
    assert counts(started) == {R.NOT_STARTED: 3, R.STARTED: 1, R.FINISHED: 0, R.FAILED: 0}


def test_a_record_is_called_once(started: Stores) -> None:
    assert started.dial_list.order_record(FIRST, 10)
    again = rows.ordered_call(RECORDS[0], "s-2")
    assert not started.dial_list.order_record(again, 10)
    started.calls.finish_call(ended(FIRST, CallStatus.BUSY))
    assert not started.dial_list.order_record(again, 10)
    with pytest.raises(NotFound):
        started.calls.get_call(rows.ANN, again.session_id)


def test_of_callers_at_once_one_gets_each_record_and_none_is_one_too_many(started: Stores) -> None:
    def order(number: int) -> bool:
        return started.dial_list.order_record(rows.ordered_call(RECORDS[number % 4], f"s-{number}"), 3)

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(order, range(24))) == 3
    assert counts(started)[R.STARTED] == len(started.calls.list_live_calls()) == 3


@pytest.mark.parametrize(
    ("status", "becomes"),
    [
        (CallStatus.BUSY, R.FAILED),
        (CallStatus.NO_ANSWER, R.FAILED),
        (CallStatus.CANCELED, R.FAILED),
        (CallStatus.FAILED, R.FAILED),
    ],
)
def test_the_end_of_its_call_is_that_of_the_record(started: Stores, status: CallStatus, becomes: R) -> None:
    started.dial_list.order_record(FIRST, 10)
    assert started.calls.finish_call(ended(FIRST, status))
    assert not started.calls.finish_call(ended(FIRST, status))
    assert listed(started)[0].call_status is becomes
    assert counts(started) == {R.NOT_STARTED: 3, R.STARTED: 0, R.FINISHED: 0, R.FAILED: 1}


@pytest.mark.parametrize(("status", "becomes"), [(CallStatus.USER_ENDED, R.FINISHED), (CallStatus.ERROR, R.FAILED)])
def test_a_talk_is_finished_and_one_whose_worker_died_has_failed(
    started: Stores, status: CallStatus, becomes: R
) -> None:
    started.dial_list.order_record(FIRST, 10)
    talking = replace(FIRST, status=CallStatus.DISPATCHING)
    started.call_changes.change_call(rows.ANN, FIRST.session_id, lambda _: talking)
    talking = replace(FIRST, status=CallStatus.IN_PROGRESS)
    started.calls.begin_call(talking)
    assert listed(started)[0].call_status is R.STARTED
    started.calls.finish_call(ended(talking, status))
    record = listed(started)[0]
    assert (record.call_status, record.result, record.duration_s) == (becomes, status, 1)
    counts(started)


@pytest.mark.parametrize("status", [CallStatus.BUSY, CallStatus.API_ENDED])
def test_a_record_called_by_an_agent_that_keeps_nothing_has_no_metadata_any_more(
    started: Stores, status: CallStatus
) -> None:
    private = replace(FIRST, agent_config={"privacy_settings": {"opt_out_data_collection": True}}, metadata={})
    started.dial_list.order_record(private, 10)
    assert started.dial_list.give_back(private)
    assert listed(started) == RECORDS, "it is still to be called"
    started.dial_list.order_record(private, 10)
    started.calls.finish_call(ended(private, status))
    record = listed(started)[0]
    assert record == CampaignRecord(RECORDS[0].phone, {}, record.call_status, FIRST.session_id, status, 1, tries=1)
    assert listed(started)[1:] == RECORDS[1:]


def test_a_record_goes_with_its_call_and_stays_counted(started: Stores) -> None:
    started.dial_list.order_record(FIRST, 10)
    with pytest.raises(Conflict):
        started.call_log.delete_call(rows.ANN, FIRST.session_id)
    assert listed(started)[0].call_status is R.STARTED
    started.calls.finish_call(ended(FIRST, CallStatus.BUSY))
    started.call_log.delete_call(rows.ANN, FIRST.session_id)
    assert listed(started) == waiting(started) == RECORDS[1:]
    names = rows.ANN, CAMPAIGN
    counted = started.campaign_records.count_records(*names)
    assert counted == {R.NOT_STARTED: 3, R.STARTED: 0, R.FINISHED: 0, R.FAILED: 1}
    again = rows.ordered_call(RECORDS[0], "s-2")
    started.campaign_records.put_records(*names, RECORDS[:1])
    assert started.dial_list.order_record(again, 10), "who is added again is called again"
    started.calls.finish_call(ended(again, CallStatus.FAILED))
    started.call_log.delete_call(rows.ANN, again.session_id)
    assert started.campaign_records.count_records(*names)[R.FAILED] == 2
    started.campaigns.change_campaign(*names, lambda _: None)
    assert set(counts(started).values()) == {0}


def test_a_deleted_call_takes_no_record_of_another_call(started: Stores) -> None:
    second = rows.ordered_call(RECORDS[0], "s-2")
    started.dial_list.order_record(FIRST, 10)
    started.calls.finish_call(ended(FIRST, CallStatus.BUSY))
    started.campaign_records.delete_record(rows.ANN, CAMPAIGN, RECORDS[0].phone)
    started.campaign_records.put_records(rows.ANN, CAMPAIGN, RECORDS)
    started.call_log.delete_call(rows.ANN, FIRST.session_id)
    assert RECORDS[0] in waiting(started)
    assert started.dial_list.order_record(second, 10)
    assert counts(started)[R.STARTED] == 1


def test_nothing_is_ordered_for_a_campaign_that_is_not_started(started: Stores) -> None:
    for status in (CampaignStatus.PAUSED, CampaignStatus.FAILED, CampaignStatus.IDLE):
        set_status(started, status)
        assert list(started.dial_list.list_started()) == []
        assert not started.dial_list.order_record(FIRST, 10)
    assert counts(started)[R.NOT_STARTED] == 4
    set_status(started, CampaignStatus.STARTED)
    assert [campaign.campaign_id for campaign in started.dial_list.list_started()] == [CAMPAIGN]
    assert started.dial_list.order_record(FIRST, 10)


def test_no_more_are_called_at_once_than_may_be(started: Stores) -> None:
    assert started.dial_list.order_record(FIRST, 1)
    second = rows.ordered_call(RECORDS[1], "s-2")
    assert not started.dial_list.order_record(second, 1)
    started.calls.finish_call(ended(FIRST, CallStatus.BUSY))
    assert started.dial_list.order_record(second, 1)


def test_a_call_that_is_given_back_was_never_ordered(started: Stores) -> None:
    started.dial_list.order_record(FIRST, 10)
    assert started.dial_list.give_back(FIRST)
    assert not started.dial_list.give_back(FIRST)
    with pytest.raises(NotFound):
        started.calls.get_call(rows.ANN, FIRST.session_id)
    assert list(started.calls.list_live_calls()) == []
    assert waiting(started) == listed(started) == RECORDS
    counts(started)
    assert started.dial_list.order_record(rows.ordered_call(RECORDS[0], "s-2"), 10)


def test_a_call_that_was_handed_over_is_not_given_back(started: Stores) -> None:
    started.dial_list.order_record(FIRST, 10)
    handed = replace(FIRST, status=CallStatus.DISPATCHING)
    started.call_changes.change_call(rows.ANN, FIRST.session_id, lambda _: handed)
    assert not started.dial_list.give_back(FIRST)
    assert listed(started)[0].call_status is R.STARTED


def test_new_metadata_does_not_let_a_record_be_called_again(started: Stores) -> None:
    started.dial_list.order_record(FIRST, 10)
    again = [replace(record, metadata={"userName": "Bo"}) for record in RECORDS]
    started.campaign_records.put_records(rows.ANN, CAMPAIGN, again)
    assert listed(started)[0].call_status is R.STARTED
    assert waiting(started) == again[1:]
    started.calls.finish_call(ended(FIRST, CallStatus.BUSY))
    started.campaign_records.put_records(rows.ANN, CAMPAIGN, again)
    assert counts(started) == {R.NOT_STARTED: 3, R.STARTED: 0, R.FINISHED: 0, R.FAILED: 1}


def test_a_record_is_not_deleted_while_it_is_called(started: Stores) -> None:
    started.dial_list.order_record(FIRST, 10)
    with pytest.raises(Conflict):
        started.campaign_records.delete_record(rows.ANN, CAMPAIGN, RECORDS[0].phone)
    started.calls.finish_call(ended(FIRST, CallStatus.BUSY))
    for record in RECORDS[:2]:
        started.campaign_records.delete_record(rows.ANN, CAMPAIGN, record.phone)
    assert waiting(started) == listed(started) == RECORDS[2:]
    counts(started)
    assert not started.dial_list.order_record(rows.ordered_call(RECORDS[1], "s-2"), 10)
    started.campaign_records.put_records(rows.ANN, CAMPAIGN, [RECORDS[0]])
    assert waiting(started) == [*RECORDS[2:], RECORDS[0]]


def test_a_campaign_is_finished_when_every_record_is(started: Stores) -> None:
    calls = [rows.ordered_call(record, f"s-{number}") for number, record in enumerate(RECORDS)]
    for call in calls:
        assert not started.campaigns.finish_campaign(rows.ANN, CAMPAIGN)
        started.dial_list.order_record(call, 10)
    for call in calls:
        assert not started.campaigns.finish_campaign(rows.ANN, CAMPAIGN)
        started.calls.finish_call(ended(call, CallStatus.BUSY))
    assert started.campaigns.finish_campaign(rows.ANN, CAMPAIGN)
    assert not started.campaigns.finish_campaign(rows.ANN, CAMPAIGN)
    finished = started.campaigns.get_campaign(rows.ANN, CAMPAIGN)
    assert (finished.status, finished.error_message) == (CampaignStatus.FINISHED, None)
    assert list(started.dial_list.list_started()) == []


def test_only_a_started_campaign_is_finished(stores: Stores) -> None:
    set_status(stores, CampaignStatus.PAUSED)
    assert not stores.campaigns.finish_campaign(rows.ANN, CAMPAIGN)
    set_status(stores, CampaignStatus.STARTED)
    assert stores.campaigns.finish_campaign(rows.ANN, CAMPAIGN)
    assert not stores.campaigns.finish_campaign(rows.ANN, CampaignId("-None"))


def test_calls_of_a_deleted_campaign_end_by_themselves(started: Stores) -> None:
    second = rows.ordered_call(RECORDS[1], "s-2")
    for call in (FIRST, second):
        started.dial_list.order_record(call, 10)
    started.campaigns.change_campaign(rows.ANN, CAMPAIGN, lambda _: None)
    assert started.calls.finish_call(ended(FIRST, CallStatus.BUSY))
    assert started.dial_list.give_back(second)
    assert list(started.dial_list.list_started()) == []
    assert waiting(started) == listed(started) == []
    assert set(counts(started).values()) == {0}
    assert not started.dial_list.order_record(rows.ordered_call(RECORDS[2], "s-3"), 10)


def test_the_end_of_another_session_of_the_call_says_nothing_of_the_record(started: Stores) -> None:
    started.dial_list.order_record(FIRST, 10)
    came_back = replace(FIRST, session_id=SessionId("s-back"), status=CallStatus.RINGING)
    started.calls.begin_call(came_back)
    started.calls.finish_call(ended(came_back, CallStatus.FAILED))
    assert listed(started)[0].call_status is R.STARTED


def adding(stores: Stores, record: CampaignRecord) -> Callable[[], None]:
    return lambda: stores.campaign_records.put_records(rows.ANN, CAMPAIGN, [record])


def test_a_record_added_while_others_are_taken_is_not_lost(started: Stores) -> None:
    more = [rows.record(f"+1666000{number}") for number in range(8)]
    calls = [rows.ordered_call(record, f"s-{number}") for number, record in enumerate(RECORDS)]
    with ThreadPoolExecutor(8) as threads:
        work = [threads.submit(adding(started, record)) for record in more]
        orders = [threads.submit(started.dial_list.order_record, call, 10) for call in calls]
        for one in work:
            one.result(timeout=60)
        assert all(order.result(timeout=60) for order in orders)
    assert counts(started) == {R.NOT_STARTED: 8, R.STARTED: 4, R.FINISHED: 0, R.FAILED: 0}
    assert sorted(record.phone for record in waiting(started)) == [record.phone for record in more]
