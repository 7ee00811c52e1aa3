from dataclasses import replace

import pytest

from callcore.campaigns.campaign import Campaign, CampaignRecord, RecordStatus
from callcore.errors import InvalidInput, NotFound
from callcore.ids import CampaignId
from callcore.phones.phone import PhoneNumber
from tests.contract.ports import rows
from tests.contract.ports.adapters import Stores

CAMPAIGN = rows.campaign().campaign_id


def put(stores: Stores, campaign: Campaign) -> None:
    stored = stores.campaigns.change_campaign(campaign.account_id, campaign.campaign_id, lambda _: campaign)
    assert stored == campaign


def test_a_campaign_comes_back_as_it_was_put(stores: Stores) -> None:
    bare = replace(rows.campaign(), caller=None, include_metadata_in_prompt=False, calling_hours=None, tries=None)
    for campaign in (rows.campaign(), bare):
        put(stores, campaign)
        assert stores.campaigns.get_campaign(rows.ANN, CAMPAIGN) == campaign


def test_campaigns_are_listed_oldest_first(stores: Stores) -> None:
    young, old = rows.campaign("-A", created_at=20.0), rows.campaign("-B", created_at=10.0)
    for campaign in (young, old):
        put(stores, campaign)
    assert list(stores.campaigns.list_campaigns(rows.ANN)) == [old, young]


def test_records_keep_their_order_and_stand_once(stores: Stores) -> None:
    put(stores, rows.campaign())
    first, second, third = rows.record("+3", userName="Ann"), rows.record("+1"), rows.record("+2")
    stores.campaign_records.put_records(rows.ANN, CAMPAIGN, [first, second, first])
    again = replace(first, metadata={"userName": "Bo"})
    stores.campaign_records.put_records(rows.ANN, CAMPAIGN, [third, again])
    listed = list(stores.campaign_records.list_records(rows.ANN, CAMPAIGN))
    assert listed == [again, second, third]
    assert 0 < listed[0].place < listed[1].place < listed[2].place
    stores.campaign_records.delete_record(rows.ANN, CAMPAIGN, second.phone)
    assert list(stores.campaign_records.list_records(rows.ANN, CAMPAIGN)) == [again, third]
    assert stores.campaign_records.list_records(rows.ANN, CAMPAIGN)[1].place == listed[2].place
    assert stores.campaign_records.count_records(rows.ANN, CAMPAIGN)[RecordStatus.NOT_STARTED] == 2
    with pytest.raises(NotFound):
        stores.campaign_records.delete_record(rows.ANN, CAMPAIGN, second.phone)


def test_a_list_longer_than_a_transaction_keeps_its_order(stores: Stores) -> None:
    put(stores, rows.campaign())
    listed = [rows.record(f"+1555{1000 - number}") for number in range(130)]
    stores.campaign_records.put_records(rows.ANN, CAMPAIGN, listed[:70])
    stores.campaign_records.put_records(rows.ANN, CAMPAIGN, listed)
    assert list(stores.campaign_records.list_records(rows.ANN, CAMPAIGN)) == listed
    assert stores.campaign_records.count_records(rows.ANN, CAMPAIGN)[RecordStatus.NOT_STARTED] == 130
    assert list(stores.dial_list.next_records(rows.ANN, CAMPAIGN, 3, 0.0)) == listed[:3]


def test_records_that_cannot_be_stored_add_none(stores: Stores) -> None:
    put(stores, rows.campaign())
    broken = CampaignRecord(PhoneNumber("+2"), {"x": float("nan")})
    with pytest.raises(InvalidInput):
        stores.campaign_records.put_records(rows.ANN, CAMPAIGN, [rows.record("+1"), broken])
    with pytest.raises(NotFound):
        stores.campaign_records.put_records(rows.ANN, CampaignId("-None"), [rows.record("+1")])
    assert list(stores.campaign_records.list_records(rows.ANN, CAMPAIGN)) == []


def test_a_deleted_campaign_goes_with_its_records(stores: Stores) -> None:
    put(stores, rows.campaign())
    stores.campaign_records.put_records(rows.ANN, CAMPAIGN, [rows.record()])
    assert stores.campaigns.change_campaign(rows.ANN, CAMPAIGN, lambda _: None) is None
    with pytest.raises(NotFound):
        stores.campaigns.get_campaign(rows.ANN, CAMPAIGN)
    put(stores, rows.campaign())
    assert list(stores.campaign_records.list_records(rows.ANN, CAMPAIGN)) == []


def test_another_accounts_campaign_is_not_found_by_any_method(stores: Stores) -> None:
    put(stores, rows.campaign())
    stores.campaign_records.put_records(rows.ANN, CAMPAIGN, [rows.record()])
    with pytest.raises(NotFound):
        stores.campaigns.get_campaign(rows.BOB, CAMPAIGN)
    with pytest.raises(NotFound):
        stores.campaign_records.put_records(rows.BOB, CAMPAIGN, [rows.record("+1")])
    with pytest.raises(NotFound):
        stores.campaign_records.delete_record(rows.BOB, CAMPAIGN, rows.record().phone)
    assert list(stores.campaigns.list_campaigns(rows.BOB)) == []
    assert list(stores.campaign_records.list_records(rows.BOB, CAMPAIGN)) == []
    seen: list[Campaign | None] = []
    stores.campaigns.change_campaign(rows.BOB, CAMPAIGN, seen.append)
    assert seen == [None]
    assert not stores.campaigns.finish_campaign(rows.BOB, CAMPAIGN)
    assert set(stores.campaign_records.count_records(rows.BOB, CAMPAIGN).values()) == {0}
    assert list(stores.dial_list.next_records(rows.BOB, CAMPAIGN, 5, 0.0)) == []
    put(stores, replace(rows.campaign(account_id=rows.BOB), name="Bob's"))
    assert stores.campaigns.get_campaign(rows.ANN, CAMPAIGN) == rows.campaign()
    assert list(stores.campaign_records.list_records(rows.ANN, CAMPAIGN)) == [rows.record()]
