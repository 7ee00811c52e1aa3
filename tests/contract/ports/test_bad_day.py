"""AWS fails in the midst of a write: whoever did it is not refused by it, and nobody tries for ever.

The whole suite of this folder runs on a bad day as well (`make test-full`).
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from uuid import uuid4

import pytest

from callcore.billing.allowance import Used
from callcore.calls.call import CallStatus
from callcore.campaigns.campaign import CampaignStatus
from callcore.deliveries.delivery import WebhookDelivery
from callcore.errors import NotFound, StoreError
from callcore.idempotency import KeyedRequest
from callcore.ids import AgentId, SessionId
from callcore.workers.worker import Worker
from callstore.aws.s3 import PART_BYTES, S3BlobStore
from tests.clocks import ManualClock
from tests.contract.ports import rows
from tests.contract.ports.test_allowance import ACCOUNT, DAY
from tests.peers.aws import AwsStoresOnDemand
from tests.peers.unreliable_aws import Choose, Trouble, UnreliableNetwork, unreliable_stores

MOST_TRIES = 30
"""Three of each request, and ten requests for a batch."""
Method = Callable[[AwsStoresOnDemand], object]
NOW = 1_800_000_000.0
ENDED = replace(rows.live_call(), status=CallStatus.USER_ENDED)
METHODS: dict[str, tuple[Method, object]] = {
    "a token is used": (lambda stores: stores.used_tokens.use_once(rows.ANN, "jti", NOW + 60), True),
    "a request takes its key": (
        lambda stores: stores.idempotency.begin_request(KeyedRequest(rows.ANN, "order", "f" * 64)),
        None,
    ),
    "a call ends": (lambda stores: stores.calls.finish_call(ENDED), True),
    "room is kept": (lambda stores: stores.workers.reserve(SessionId("s-new"), "w-1", NOW), True),
    "a webhook is ordered": (
        lambda stores: stores.deliveries.add_delivery(WebhookDelivery("d-1", rows.ANN, SessionId("s-1"), NOW, NOW)),
        True,
    ),
    "an agent is deleted": (lambda stores: stores.agents.delete_agent(rows.ANN, AgentId("-Agent")), None),
    "what was used is counted": (
        lambda stores: stores.day_totals.add_used(ACCOUNT, DAY, Used(1000, 5), str(uuid4())),
        Used(1000, 5),
    ),
}


@pytest.fixture
def day() -> Iterator[tuple[AwsStoresOnDemand, UnreliableNetwork]]:
    """Stores with a row of each kind, on which nothing has gone wrong yet."""
    stores, network = unreliable_stores(f"day-{uuid4()}", ManualClock(), lambda operation, attempt: Trouble.NONE)
    with stores:
        stores.accounts.put_account(rows.account())
        stores.agents.put_agent(rows.agent())
        stores.calls.begin_call(rows.live_call())
        stores.workers.beat(Worker("w-1", NOW, 1, "http://there"))
        yield stores, network


def once(trouble: Trouble) -> Choose:
    """To the first request for every operation."""
    met: set[str] = set()

    def choose(operation: str, attempt: int) -> Trouble:
        is_first = operation not in met
        met.add(operation)
        return trouble if is_first else Trouble.NONE

    return choose


@pytest.mark.parametrize("trouble", [trouble for trouble in Trouble if trouble is not Trouble.NONE])
@pytest.mark.parametrize("name", METHODS)
def test_what_was_done_unheard_is_done_once_and_told_as_done(
    day: tuple[AwsStoresOnDemand, UnreliableNetwork], name: str, trouble: Trouble
) -> None:
    stores, network = day
    method, told = METHODS[name]
    network.choose = once(trouble)
    assert method(stores) == told


@pytest.mark.parametrize("trouble", [Trouble.THROTTLED, Trouble.UNAVAILABLE, Trouble.LOST, Trouble.REPLY_LOST])
def test_who_is_never_answered_hears_of_it_soon(
    day: tuple[AwsStoresOnDemand, UnreliableNetwork], trouble: Trouble
) -> None:
    stores, network = day
    network.choose = lambda operation, attempt: trouble
    queue_url = stores.queue("work")
    further: list[Method] = [
        lambda stores: stores.calls.list_live_calls(),
        lambda stores: stores.accounts.get_account(rows.ANN),
        lambda _: queue_url.send("a message"),
        lambda _: queue_url.receive(10, 30),
    ]
    for method in (*[method for method, _ in METHODS.values()], *further):
        network.requests.clear()
        with pytest.raises(StoreError) as failure:
            method(stores)
        assert failure.value.retryable
        assert len(network.requests) <= 3, "boto3's tries"


def test_batches_of_which_nothing_is_done_end(day: tuple[AwsStoresOnDemand, UnreliableNetwork]) -> None:
    stores, network = day
    network.choose = lambda operation, attempt: Trouble.DONE_BY_HALF
    for method in (lambda: stores.calls.list_live_calls(), lambda: stores.calls.finish_call(ENDED)):
        network.requests.clear()
        with pytest.raises(StoreError, match=r"stays unread|meets others"):
            method()
        assert len(network.requests) <= MOST_TRIES


@pytest.mark.parametrize("batches", [1, 4])
def test_a_campaign_whose_deletion_broke_off_is_there_to_be_deleted_again(
    day: tuple[AwsStoresOnDemand, UnreliableNetwork], batches: int
) -> None:
    """Meanwhile the calls of its records end."""
    stores, network = day
    campaign = replace(rows.campaign(), status=CampaignStatus.STARTED)
    names, records = (rows.ANN, campaign.campaign_id), [rows.record(f"+1555{1000 + number}") for number in range(60)]
    stores.campaigns.change_campaign(*names, lambda _: campaign)
    stores.campaign_records.put_records(*names, records)
    call = rows.ordered_call(records[-1], "s-ordered")
    assert stores.dial_list.order_record(call, 10)
    network.requests.clear()
    network.choose = breaks_off_after(network, batches)
    with pytest.raises(StoreError):
        stores.campaigns.change_campaign(*names, lambda _: None)
    network.choose = lambda operation, attempt: Trouble.NONE
    assert stores.calls.finish_call(replace(call, status=CallStatus.BUSY, duration_s=0, chat=()))
    assert stores.campaigns.get_campaign(*names) == campaign
    stores.campaigns.change_campaign(*names, lambda _: None)
    assert list(stores.campaign_records.list_records(*names)) == []
    with pytest.raises(NotFound):
        stores.campaigns.get_campaign(*names)


def breaks_off_after(network: UnreliableNetwork, batches: int) -> Choose:
    """So many batches of deletions are done, and nothing any more."""

    def choose(operation: str, attempt: int) -> Trouble:
        done = network.requests.count("BatchWriteItem") <= batches
        return Trouble.NONE if done else Trouble.UNAVAILABLE

    return choose


def test_what_was_counted_unheard_is_not_counted_again(day: tuple[AwsStoresOnDemand, UnreliableNetwork]) -> None:
    stores, network = day
    token = str(uuid4())
    network.choose = lambda operation, attempt: Trouble.REPLY_LOST
    with pytest.raises(StoreError):
        stores.day_totals.add_used(ACCOUNT, DAY, Used(1000, 5), token)
    network.choose = once(Trouble.NONE)
    assert stores.day_totals.add_used(ACCOUNT, DAY, Used(1000, 5), token) == Used(1000, 5)


def test_what_arrived_unheard_may_arrive_twice_and_never_not(
    day: tuple[AwsStoresOnDemand, UnreliableNetwork],
) -> None:
    stores, network = day
    queue = stores.queue("work")
    network.choose = once(Trouble.REPLY_LOST)
    queue.send("a message")
    network.choose = once(Trouble.LOST)
    assert {message.body for message in queue.receive(10, 30)} == {"a message"}


@pytest.mark.parametrize("lost", ["UploadPart", "CompleteMultipartUpload"])
def test_a_recording_that_was_stored_unheard_is_stored(lost: str) -> None:
    def choose(operation: str, attempt: int) -> Trouble:
        return Trouble.REPLY_LOST if (operation, attempt) == (lost, 1) else Trouble.NONE

    network = UnreliableNetwork(choose)
    client = network.client("s3")
    client.create_bucket(Bucket=lost.lower(), CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    blobs = S3BlobStore(client, lost.lower())
    writer = blobs.create("recordings/a.wav", "audio/wav", 4)
    for _ in range(3):
        writer.append(bytes(PART_BYTES))
    writer.finish(b"RIFF")
    assert Counter(network.requests)[lost] > 1
    assert blobs.open("recordings/a.wav").size_bytes == 4 + 3 * PART_BYTES
