"""How many requests the table is asked, that none of them scans, and how large a row may be."""

import base64
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from callcore.calls.call import CallStatus
from callcore.calls.log import CallQuery
from callcore.campaigns.campaign import CampaignStatus
from callcore.errors import InvalidInput
from callcore.ids import AgentId
from tests.clocks import ManualClock
from tests.contract.ports import rows
from tests.peers.aws import AwsStoresOnDemand, stores_in_process

CALLS = 50
BEGIN = 1_800_000_000.0


@pytest.fixture(scope="module")
def stores() -> Iterator[AwsStoresOnDemand]:
    opened = stores_in_process("requests", ManualClock())
    opened.accounts.put_account(rows.account())
    for number in range(CALLS):
        call = replace(
            rows.ended_call(f"s-{number}"), started_at=BEGIN + number, agent_id=AgentId("-A" if number % 2 else "-B")
        )
        opened.calls.begin_call(call)
    yield opened
    opened.close()


@contextmanager
def requests_of(stores: AwsStoresOnDemand) -> Iterator[list[str]]:
    sent: list[str] = []

    def note(request: Any, **_: Any) -> None:
        sent.append(request.headers["X-Amz-Target"].decode().rpartition(".")[2])

    events = stores._dynamodb.meta.events
    events.register("before-send.dynamodb", note)
    yield sent
    events.unregister("before-send.dynamodb", note)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, CALLS),
        ({"agent_id": AgentId("-A")}, CALLS // 2),
        ({"status": CallStatus.USER_ENDED}, CALLS),
        ({"phone_number": "15551234567"}, CALLS),
        ({"phone_number": "+15551234567"}, CALLS),
        ({"agent_id": AgentId("-A"), "status": CallStatus.USER_ENDED, "phone_number": "+15557654321"}, CALLS // 2),
        ({"start_time": BEGIN + 30}, 20),
        ({"status": CallStatus.TIMEOUT}, 0),
    ],
)
def test_a_page_costs_a_query_and_a_batch(stores: AwsStoresOnDemand, query: dict[str, Any], expected: int) -> None:
    cursor: float | None = None
    found: list[str] = []
    while True:
        with requests_of(stores) as sent:
            page = stores.call_log.list_calls(CallQuery(rows.ANN, 20, after=cursor, **query))
        assert sent == (["Query", "BatchGetItem"] if page.calls else ["Query"])
        found += [call.session_id for call in page.calls]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert len(set(found)) == len(found) == expected


def test_single_rows_cost_one_request_and_nothing_scans(stores: AwsStoresOnDemand) -> None:
    with requests_of(stores) as sent:
        stores.accounts.find_key("00" * 32)
        stores.calls.get_call(rows.ANN, rows.ended_call("s-1").session_id)
        stores.checkpoints.load_checkpoint(rows.ended_call("s-1").session_id)
        stores.agents.list_agents(rows.ANN)
        stores.calls.list_live_calls()
    assert sent == ["GetItem", "GetItem", "GetItem", "Query", "Query"]
    sources = Path(__file__).parents[3] / "functions/callstore"
    assert [path.name for path in sources.glob("*.py") if ".scan(" in path.read_text()] == []


def test_what_a_campaign_reads_does_not_grow_with_its_list(stores: AwsStoresOnDemand) -> None:
    campaign = replace(rows.campaign(), status=CampaignStatus.STARTED)
    names = rows.ANN, campaign.campaign_id
    stores.campaigns.change_campaign(*names, lambda _: campaign)
    records = [rows.record(f"+1555{number:07}", note="x" * 100) for number in range(600)]
    with requests_of(stores) as sent:
        stores.campaign_records.put_records(*names, records)
    assert Counter(sent) == {"GetItem": 1, "UpdateItem": 1, "BatchGetItem": 13, "TransactWriteItems": 13}
    call = rows.ordered_call(records[0], "s-of-a-campaign")
    for work, expected in (
        (lambda: stores.dial_list.list_started(), {"Query": 1, "BatchGetItem": 1}),
        (lambda: stores.dial_list.next_records(*names, 1, 0.0), {"Query": 2, "BatchGetItem": 1}),
        (lambda: stores.campaign_records.count_records(*names), {"GetItem": 1}),
        (lambda: stores.campaigns.finish_campaign(*names), {"GetItem": 2}),
        (lambda: stores.dial_list.order_record(call, 10), {"GetItem": 6, "TransactWriteItems": 1}),
        (
            lambda: stores.calls.finish_call(replace(call, status=CallStatus.BUSY, duration_s=0)),
            {"GetItem": 3, "TransactWriteItems": 1},
        ),
    ):
        with requests_of(stores) as sent:
            work()
        assert Counter(sent) == expected
    stores.campaigns.change_campaign(*names, lambda _: None)
    stores.call_log.delete_call(rows.ANN, call.session_id)


def test_the_largest_configuration_and_a_long_talk_fit_and_more_is_refused(stores: AwsStoresOnDemand) -> None:
    noise = base64.b64encode(random.Random(1).randbytes(190_000)).decode()  # 256 KB that hardly compress
    talk = [{"role": "user", "content": "when are you open on sundays, please? " * 10}] * 2_000
    call = replace(rows.ended_call("s-long"), started_at=1.0, agent_config={"prompt": noise}, chat=talk)
    stores.calls.begin_call(call)
    assert stores.calls.get_call(rows.ANN, call.session_id) == call
    with pytest.raises(InvalidInput, match="too large"):
        stores.calls.begin_call(replace(rows.ended_call("s-longer"), agent_config={"prompt": noise * 3}))
    stores.call_log.delete_call(rows.ANN, call.session_id)
