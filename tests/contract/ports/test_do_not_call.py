"""Numbers that campaigns do not call because somebody asked for that, in whichever call of the account."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from callcore.calls.call import Call, CallStatus
from callcore.campaigns.campaign import CampaignStatus, RecordStatus
from callcore.campaigns.do_not_call import UnwantedNumber
from callcore.errors import NotFound
from callcore.ids import CallId, SessionId
from callcore.phones.phone import PhoneNumber
from tests.contract.ports import rows
from tests.contract.ports.adapters import Stores

R = RecordStatus
CAMPAIGN = rows.campaign().campaign_id
RECORDS = [rows.record(f"+1555000{number}", userName=f"Nr. {number}") for number in range(2)]
NUMBERS = [UnwantedNumber(PhoneNumber(f"+1555000{number}"), 1_800_000_000.25 + number) for number in range(3)]


def listed(stores: Stores) -> list[UnwantedNumber]:
    return list(stores.do_not_call.list_numbers(rows.ANN, 10))


def talk(stores: Stores, session_id: str, voip: Mapping[str, Any] | None, *, asked: bool = True) -> None:
    """A call of the account that is over."""
    call = replace(rows.live_call(session_id), call_id=CallId(f"c-{session_id}"), voip=voip)
    stores.calls.begin_call(call)
    ended = replace(call, status=CallStatus.USER_ENDED, duration_s=7, call_analysis={"opt_out_detection": asked})
    assert stores.calls.finish_call(ended)


def test_numbers_are_listed_in_their_order_page_by_page_and_deleted(stores: Stores) -> None:
    for number in reversed(NUMBERS):
        stores.do_not_call.put_number(rows.ANN, number)
    assert listed(stores) == NUMBERS
    assert list(stores.do_not_call.list_numbers(rows.ANN, 2)) == NUMBERS[:2]
    assert list(stores.do_not_call.list_numbers(rows.ANN, 2, NUMBERS[1].phone)) == NUMBERS[2:]
    assert list(stores.do_not_call.list_numbers(rows.BOB, 10)) == []
    again = replace(NUMBERS[0], since=1_900_000_000.5)
    stores.do_not_call.put_number(rows.ANN, again)
    stores.do_not_call.delete_number(rows.ANN, NUMBERS[1].phone)
    assert listed(stores) == [again, NUMBERS[2]]
    for account_id, phone in ((rows.ANN, NUMBERS[1].phone), (rows.BOB, NUMBERS[0].phone)):
        with pytest.raises(NotFound):
            stores.do_not_call.delete_number(account_id, phone)


@pytest.mark.parametrize(
    ("voip", "unwanted"),
    [
        ({"direction": "outbound", "from": "+15559990", "to": "+1 (555) 000-1"}, "+15550001"),
        ({"direction": "inbound", "from": "15550001", "to": "+15559990"}, "+15550001"),
        ({"from": "+15550001", "to": None}, "+15550001"),
        ({"direction": "inbound", "from": "anonymous", "to": "+15559990"}, None),
        (None, None),
    ],
)
def test_who_asks_in_a_call_not_to_be_called_is_listed(
    stores: Stores, voip: Mapping[str, Any] | None, unwanted: str | None
) -> None:
    talk(stores, "s-7", voip, asked=False)
    assert listed(stores) == []
    talk(stores, "s-8", voip)
    since = rows.live_call().started_at + 7
    assert listed(stores) == ([UnwantedNumber(PhoneNumber(unwanted), since)] if unwanted else [])


@pytest.fixture
def started(stores: Stores) -> Stores:
    """With a campaign that is started."""
    campaign = replace(rows.campaign(), status=CampaignStatus.STARTED)
    stores.campaigns.change_campaign(rows.ANN, CAMPAIGN, lambda _: campaign)
    stores.campaign_records.put_records(rows.ANN, CAMPAIGN, RECORDS)
    return stores


def is_ordered(stores: Stores, session_id: str = "s-1", **changes: Any) -> bool:
    return stores.dial_list.order_record(replace(rows.ordered_call(RECORDS[0], session_id), **changes), 10)


def test_an_unwanted_number_is_not_called_and_its_record_is_over(started: Stores) -> None:
    talk(started, "s-7", {"direction": "inbound", "from": RECORDS[0].phone, "to": "+15559990"})
    assert not is_ordered(started)
    with pytest.raises(NotFound):
        started.calls.get_call(rows.ANN, SessionId("s-1"))
    assert list(started.campaign_records.list_records(rows.ANN, CAMPAIGN)) == [
        replace(RECORDS[0], call_status=R.FAILED),
        RECORDS[1],
    ]
    assert list(started.dial_list.next_records(rows.ANN, CAMPAIGN, 10, 0.0)) == RECORDS[1:]
    counted = started.campaign_records.count_records(rows.ANN, CAMPAIGN)
    assert counted == {R.NOT_STARTED: 1, R.STARTED: 0, R.FINISHED: 0, R.FAILED: 1}
    assert not is_ordered(started), "once more"
    assert started.campaign_records.count_records(rows.ANN, CAMPAIGN) == counted


def test_a_record_that_waits_for_another_try_is_not_called_again_either(started: Stores) -> None:
    call = rows.ordered_call(RECORDS[0])
    assert started.dial_list.order_record(call, 10)
    started.calls.finish_call(_busy(call))
    (waits,) = (one for one in started.campaign_records.list_records(rows.ANN, CAMPAIGN) if one.next_try_at)
    started.do_not_call.put_number(rows.ANN, NUMBERS[0])
    assert not started.dial_list.order_record(rows.ordered_call(waits, "s-2"), 10)
    over = started.campaign_records.list_records(rows.ANN, CAMPAIGN)[0]
    assert over == replace(waits, call_status=R.FAILED, next_try_at=None)
    assert list(started.dial_list.next_records(rows.ANN, CAMPAIGN, 10, 9e9)) == RECORDS[1:]


def test_what_an_agent_that_collects_nothing_would_have_known_is_gone_with_it(started: Stores) -> None:
    started.do_not_call.put_number(rows.ANN, NUMBERS[0])
    private = {"privacy_settings": {"opt_out_data_collection": True}}
    assert not is_ordered(started, agent_config=private)
    assert started.campaign_records.list_records(rows.ANN, CAMPAIGN)[0].metadata == {}


def test_the_numbers_of_another_account_are_its_own(started: Stores) -> None:
    started.do_not_call.put_number(rows.BOB, NUMBERS[0])
    assert is_ordered(started)


def test_a_number_that_is_deleted_from_the_list_is_called(started: Stores) -> None:
    started.do_not_call.put_number(rows.ANN, NUMBERS[0])
    started.do_not_call.delete_number(rows.ANN, NUMBERS[0].phone)
    assert is_ordered(started)


def _busy(call: Call) -> Call:
    return replace(call, status=CallStatus.BUSY, duration_s=0, chat=(), chars_used=0)
