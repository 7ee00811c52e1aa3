from dataclasses import replace
from urllib.parse import quote

import pytest

from callcore.calls.after_call import function_delivery_id
from callcore.calls.call import CallStatus
from callcore.deliveries.delivery import DeliveryState, WebhookDelivery
from callcore.ids import AgentId, CallId, SessionId
from callstore.sqlite.stores import SqliteStores
from tests.contract.ports import rows
from tests.unit.api.owners import Caller

BEGIN = 1_800_000_000.25


@pytest.fixture(autouse=True)
def calls(stores: SqliteStores) -> None:
    """Five calls, a second apart; the last is live."""
    for number in range(4):
        ended = replace(rows.ended_call(f"s-{number}"), started_at=BEGIN + number)
        stores.calls.begin_call(replace(ended, voip={"from": f"+1555{number}", "to": "+1666"}))
    stores.calls.begin_call(replace(rows.live_call("s-4"), started_at=BEGIN + 4))


def listed(caller: Caller, query: str = "") -> str:
    status, body = caller.get(f"/call-logs{query}")
    assert status == 200
    return "".join(history["session_id"][-1] for history in body["histories"])


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", "43210"),
        ("?limit=2", "43"),
        ("?start_after_ts=0&agent_id=&call_status=&start_time=&phone_number=&unknown=1", "43210"),
        (f"?start_time={BEGIN + 1}&end_time={BEGIN + 2}", "21"),
        ("?call_status=in-progress", "4"),
        ("?call_status=user-ended&agent_id=-Agent", "3210"),
        ("?agent_id=-None", ""),
        ("?phone_number=%2B15552", "2"),
        ("?phone_number=+15552", "2"),
        ("?phone_number=15552", "2"),
    ],
)
def test_filters(ann: Caller, query: str, expected: str) -> None:
    assert listed(ann, query) == expected


def test_the_cursor_leads_through_the_whole_log(ann: Caller) -> None:
    seen, query = [], "?limit=2"
    while True:
        status, page = ann.get(f"/call-logs{query}")
        assert status == 200
        seen += [history["session_id"] for history in page["histories"]]
        if page["next_cursor"] is None:
            break
        query = f"?limit=2&start_after_ts={page['next_cursor']}"
    assert seen == ["s-4", "s-3", "s-2", "s-1", "s-0"]


def test_a_listed_call_is_the_one_that_is_read_alone(ann: Caller) -> None:
    for history in ann.get("/call-logs")[1]["histories"]:
        assert ann.get(f"/call-logs/{history['session_id']}") == (200, history)


def test_calls_of_an_agent_have_their_chat_as_an_array(ann: Caller, stores: SqliteStores) -> None:
    stores.agents.put_agent(rows.agent())
    status, body = ann.get(f"/agents/-Agent/call-histories?limit=3&start_at={BEGIN + 4}")
    assert (status, body["has_more"]) == (200, True)
    assert [item["session_id"] for item in body["items"]] == ["s-4", "s-3", "s-2"]
    assert [item["chat"] for item in body["items"]] == [None, *[[{"role": "assistant", "content": "Hi Ann"}]] * 2]
    rest = ann.get(f"/agents/-Agent/call-histories?start_at={BEGIN + 1}")[1]
    assert ([item["session_id"] for item in rest["items"]], rest["has_more"]) == (["s-1", "s-0"], False)
    assert ann.get("/agents/-Agent/call-histories?limit=100")[0] == 200


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/call-logs?limit=0", "limit"),
        ("/call-logs?limit=101", "limit"),
        ("/call-logs?limit=x", "limit"),
        ("/call-logs?start_after_ts=nan", "start_after_ts"),
        ("/call-logs?start_time=1e300", "start_time"),
        ("/call-logs?end_time=-1", "end_time"),
        ("/call-logs?call_status=asleep", "call_status"),
        (f"/call-logs?agent_id={'x' * 129}", "agent_id"),
        ("/agents/-Agent/call-histories?limit=101", "limit"),
        ("/agents/-Agent/call-histories?start_at=inf", "start_at"),
    ],
)
def test_a_bad_query_is_refused_by_the_parameters_name(ann: Caller, path: str, field: str) -> None:
    status, problem = ann.get(path)
    assert status == 422
    assert problem["message"].startswith(f"query.{field}")


def test_a_call_is_deleted_once_it_has_ended(ann: Caller) -> None:
    assert ann.delete("/call-logs/s-3") == (200, {"session_id": "s-3", "deleted": True})
    assert ann.delete("/call-logs/s-3")[0] == 404
    assert ann.get("/call-logs/s-3")[0] == 404
    assert listed(ann) == "4210"
    assert ann.delete("/call-logs/s-4")[0] == 409


def test_what_a_function_answered_after_a_call_goes_with_it(ann: Caller, stores: SqliteStores) -> None:
    delivery_id = function_delivery_id(SessionId("s-9"), "notify", 1)
    run = {"name": "notify", "params": {}, "result": "", "run_after_call": True}
    runs = ({**run, "delivery_id": delivery_id}, {**run, "delivery_id": "function.called:s-9:never.1"})
    call = replace(rows.ended_call(), session_id=SessionId("s-9"), call_id=CallId("c-9"), function_calls=runs)
    stores.calls.begin_call(replace(call, status=CallStatus.IN_PROGRESS))
    stores.calls.finish_call(call)
    done = WebhookDelivery(delivery_id, rows.ANN, SessionId("s-9"), 1.0, 2.0, DeliveryState.DELIVERED, result="Ann")
    stores.deliveries.add_delivery(done)
    assert ann.get(f"/webhooks/deliveries/{delivery_id}")[1]["result"] == "Ann"
    assert ann.delete("/call-logs/s-9")[0] == 200
    status, kept = ann.get(f"/webhooks/deliveries/{delivery_id}")
    assert (status, kept["state"], "result" in kept) == (200, "delivered", False)


def test_another_accounts_calls_do_not_exist(ann: Caller, bob: Caller, stores: SqliteStores) -> None:
    stores.agents.put_agent(rows.agent())
    assert listed(bob) == listed(bob, f"?agent_id={quote('-Agent')}") == listed(bob, "?phone_number=%2B1666") == ""
    assert bob.get("/agents/-Agent/call-histories")[0] == 404
    assert bob.delete("/call-logs/s-1")[0] == 404
    stores.agents.put_agent(replace(rows.agent(account_id=rows.BOB), agent_id=AgentId("-Agent")))
    assert bob.get("/agents/-Agent/call-histories") == (200, {"items": [], "has_more": False})
    assert listed(ann) == "43210"


def test_a_status_of_the_table_is_a_filter(ann: Caller) -> None:
    assert all(ann.get(f"/call-logs?call_status={status}")[0] == 200 for status in CallStatus)
