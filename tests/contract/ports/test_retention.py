"""Old calls go with everything that was kept of them, on every family of stores."""

from dataclasses import replace
from pathlib import Path

import pytest

from call_events.retention import DAY_S, Retention
from callcore.calls.call import CallStatus
from callcore.calls.log import CallQuery
from callcore.campaigns.campaign import CampaignStatus, RecordStatus
from callcore.errors import NotFound
from callcore.ids import AccountId, CallId, SessionId
from callstore.files import FilesBlobStore
from tests.contract.ports import rows
from tests.contract.ports.adapters import Stores

STARTED = rows.ended_call().started_at


def ended(stores: Stores, name: str, started_at: float = STARTED, account_id: AccountId = rows.ANN) -> None:
    call = replace(rows.ended_call(name, account_id), call_id=CallId(name), started_at=started_at, recording=None)
    stores.calls.begin_call(call)


def keeps(stores: Stores, account_id: AccountId, days: int | None) -> None:
    stores.directory.change_account(account_id, lambda account: replace(account, retention_days=days))


def names(stores: Stores, account_id: AccountId = rows.ANN) -> list[str]:
    return sorted(call.session_id for call in stores.call_log.list_calls(CallQuery(account_id, 100)).calls)


@pytest.fixture
def retention(stores: Stores, tmp_path: Path) -> Retention:
    blobs = FilesBlobStore(tmp_path / "blobs")
    return Retention(stores.directory, stores.call_log, blobs, stores.delivery_log, stores.deliveries)


def test_what_is_too_old_goes_and_nothing_else(stores: Stores, retention: Retention) -> None:
    ended(stores, "old")
    ended(stores, "young", STARTED + DAY_S)
    ended(stores, "bobs", account_id=rows.BOB)
    stores.calls.begin_call(replace(rows.live_call("live"), call_id=CallId("live")))
    for account_id in (rows.ANN, rows.BOB):
        keeps(stores, account_id, None)
    assert retention.sweep(STARTED + 400 * DAY_S) == 0, "nobody limits it"
    keeps(stores, rows.ANN, 30)
    assert retention.sweep(STARTED + 30 * DAY_S - 1) == 0
    assert retention.sweep(STARTED + 30 * DAY_S) == 1
    assert names(stores) == ["live", "young"]
    assert names(stores, rows.BOB) == ["bobs"]
    keeps(stores, rows.ANN, None)
    assert retention.sweep(STARTED + 400 * DAY_S) == 0


def test_an_old_call_goes_with_its_recording_and_checkpoint(stores: Stores, retention: Retention) -> None:
    call = rows.ended_call("s-1")
    stores.calls.begin_call(rows.live_call("s-1"))
    stores.checkpoints.save_checkpoint(rows.checkpoint("s-1"))
    stores.calls.finish_call(call)
    assert call.recording is not None
    (key,) = call.recording.values()
    retention.blobs.create(key, "audio/wav").finish(b"")
    keeps(stores, rows.ANN, 1)
    assert retention.sweep(STARTED + DAY_S) == 1
    assert stores.checkpoints.load_checkpoint(SessionId("s-1")) is None
    with pytest.raises(NotFound):
        retention.blobs.open(key)
    with pytest.raises(NotFound):
        stores.calls.get_call(rows.ANN, SessionId("s-1"))


def test_an_old_call_of_a_campaign_takes_its_number_from_the_list(stores: Stores, retention: Retention) -> None:
    campaign = replace(rows.campaign(), status=CampaignStatus.STARTED)
    stores.campaigns.change_campaign(rows.ANN, campaign.campaign_id, lambda _: campaign)
    listed = [rows.record(f"+1555000{number}", userName=f"Nr. {number}") for number in range(3)]
    stores.campaign_records.put_records(rows.ANN, campaign.campaign_id, listed)
    called, calling = (rows.ordered_call(listed[number], f"s-{number}") for number in range(2))
    for call in (called, calling):
        assert stores.dial_list.order_record(call, 2)
    stores.calls.finish_call(replace(called, status=CallStatus.BUSY, duration_s=0))
    keeps(stores, rows.ANN, 1)
    assert retention.sweep(STARTED + 30 * DAY_S) == 1
    left = stores.campaign_records.list_records(rows.ANN, campaign.campaign_id)
    assert [(record.phone, record.call_status) for record in left] == [
        (listed[1].phone, RecordStatus.STARTED),
        (listed[2].phone, RecordStatus.NOT_STARTED),
    ]
    assert stores.campaign_records.count_records(rows.ANN, campaign.campaign_id)[RecordStatus.FAILED] == 1


def test_many_old_calls_go_in_pages(stores: Stores, retention: Retention) -> None:
    for number in range(103):
        ended(stores, f"s-{number}", STARTED + number)
    keeps(stores, rows.ANN, 1)
    assert retention.sweep(STARTED + 30 * DAY_S) == 103
    assert names(stores) == []
