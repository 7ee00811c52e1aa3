"""The end of a call on its way to its owner, over real HTTP, on a clock of our own."""

import asyncio
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from call_events.deliverer import AT_ONCE, DELETED, FAULT, Deliverer, Reports
from call_events.destination_places import AT_ONCE_PER_DESTINATION
from callauth.private_reports import SealedReports
from callcore.calls.after_call import after_call_entries
from callcore.calls.call import Call, CallStatus
from callcore.deliveries.delivery import LEASE_S, RETRY_AFTER_S, DeliveryState, WebhookDelivery, deliveries_of, replayed
from callcore.ids import CallId, SessionId
from callnet.guarded import GuardedClient
from callnet.standard_webhooks import new_webhook_secret
from callstore.sqlite.stores import SqliteStores
from tests.clocks import ManualClock
from tests.contract.ports import rows
from tests.peers.customer_web import CustomerWeb, customer_web


@pytest.fixture(scope="module")
def serving() -> Iterator[CustomerWeb]:
    with customer_web() as running:
        yield running


@pytest.fixture
def web(serving: CustomerWeb) -> CustomerWeb:
    serving.asked.clear()
    serving.replies.clear()
    serving.reply_s = 0.0
    return serving


class Desk:
    """A store with ended calls, and deliverers on it."""

    def __init__(self, stores: SqliteStores, clock: ManualClock) -> None:
        self.stores = stores
        self.clock = clock
        self.private = SealedReports(stores.outbox, lambda: ("k" * 32,))
        stores.accounts.put_account(rows.account())

    def ended(self, url: str, session_id: str = "s-1", **more: Any) -> WebhookDelivery:
        """A call that wants its end to be told there."""
        config = {"session_data_webhook": {"url": url, "headers": {"X-Key": "k"}}}
        call = replace(rows.ended_call(), session_id=SessionId(session_id), agent_config=config, **more)
        self.stores.calls.begin_call(replace(call, status=CallStatus.IN_PROGRESS))
        self.stores.calls.finish_call(call)
        *functions, delivery = deliveries_of(call, self.clock.now_s)
        for each in (*functions, delivery):
            self.stores.deliveries.add_delivery(each)
        return delivery

    async def once(self) -> int:
        """One round of a deliverer that has just been started."""
        async with GuardedClient(private=True) as client:
            stores = self.stores
            reports = Reports(stores.calls, stores.accounts, stores.disabled_webhooks, links, self.private)
            return await Deliverer(self.stores.deliveries, reports, client, self.clock, lambda: 0.0).once()

    def stands(self, delivery: WebhookDelivery) -> WebhookDelivery:
        return self.stores.delivery_log.find_delivery(delivery.account_id, delivery.delivery_id)


def links(call: Call, *_: object) -> dict[str, str] | None:
    return {"recording_url": "https://api.example/r.wav"} if call.recording else None


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    clock = ManualClock()
    with SqliteStores(tmp_path / "db", clock) as stores:
        yield Desk(stores, clock)


def test_the_payload_has_every_field_in_its_type(desk: Desk, web: CustomerWeb) -> None:
    delivery = desk.ended(web.url("/calls"))
    assert asyncio.run(desk.once()) == 1
    [asked] = web.asked
    assert (asked.method, asked.path, asked.headers["x-key"]) == ("POST", "/calls", "k")
    assert asked.headers["content-type"] == "application/json"
    assert asked.headers["webhook-id"] == delivery.delivery_id
    body = asked.json
    assert json.loads(body.pop("chat")) == [{"role": "assistant", "content": "Hi Ann"}]
    call = desk.stores.calls.get_call(rows.ANN, SessionId("s-1"))
    assert body == {
        "session_id": "s-1",
        "call_id": "c-1",
        "agent_id": "-Agent",
        "agent_config": dict(call.agent_config),
        "ts": call.started_at,
        "duration": 37,
        "function_calls": [dict(one) for one in call.function_calls],
        "chars_used": 6,
        "cost_breakdown": [dict(one) for one in call.cost_breakdown],
        "voip": {"from": "+15551234567", "to": "+15557654321"},
        "recording": {"recording_url": "https://api.example/r.wav"},
        "metadata": {"userName": "Ann"},
        "call_status": "user-ended",
        "error_message": "nothing",
        "call_metrics": dict(call.call_metrics or {}),
        "call_analysis": {"opt_out_detection": True},
        "session_continuation": {"session_id": "earlier"},
    }
    assert desk.stands(delivery).state is DeliveryState.DELIVERED


def test_a_call_of_little_has_no_null_where_consumers_do_not_look_for_one(desk: Desk, web: CustomerWeb) -> None:
    nothing: dict[str, Any] = {"chat": None, "chars_used": None, "voip": None, "recording": None, "error_message": None}
    nothing |= {"call_metrics": None, "call_analysis": None}
    desk.ended(web.url("/calls"), metadata={}, function_calls=(), **nothing)
    asyncio.run(desk.once())
    body = web.asked[0].json
    assert None not in body.values()
    assert (body["chat"], body["function_calls"], body["metadata"], body["chars_used"]) == ("[]", [], {}, 0)
    assert body["error_message"] == ""
    assert not {"voip", "recording", "call_metrics", "call_analysis"} & set(body)


def test_a_fault_of_ours_is_a_failed_attempt_and_is_not_met_for_ever(desk: Desk, web: CustomerWeb) -> None:
    desk.stores.accounts.put_account(replace(rows.account(), webhook_secrets=("whsec_a",)))  # no base64
    delivery = desk.ended(web.url("/calls"))
    asyncio.run(desk.once())
    stands = desk.stands(delivery)
    assert (stands.state, stands.failures, stands.attempts[0].outcome) == (DeliveryState.PENDING, 1, FAULT)
    assert stands.due_at == desk.clock.now_s + RETRY_AFTER_S[0]


def test_it_is_signed_with_every_secret_of_the_account(desk: Desk, web: CustomerWeb) -> None:
    secrets = (new_webhook_secret(), new_webhook_secret())
    desk.stores.credentials.change_webhook_secrets(rows.ANN, lambda _: secrets)
    desk.clock.now_s = time.time()
    desk.ended(web.url("/calls"))
    asyncio.run(desk.once())
    [asked] = web.asked
    for secret in secrets:
        assert Webhook(secret).verify(asked.body, dict(asked.headers)) == asked.json


def test_a_server_that_is_down_gets_it_later_under_the_same_id(desk: Desk, web: CustomerWeb) -> None:
    web.replies["/calls"] = (503, "")
    delivery = desk.ended(web.url("/calls"))
    for pause_s in RETRY_AFTER_S[:3]:
        assert asyncio.run(desk.once()) == 1
        assert asyncio.run(desk.once()) == 0
        desk.clock.advance(pause_s)
    web.replies.clear()
    assert asyncio.run(desk.once()) == 1
    stands = desk.stands(delivery)
    assert [attempt.outcome for attempt in stands.attempts] == ["503", "503", "503", "200"]
    assert stands.state is DeliveryState.DELIVERED
    assert {asked.headers["webhook-id"] for asked in web.asked} == {delivery.delivery_id}


@pytest.mark.parametrize(
    ("status", "url", "outcome"),
    [
        (404, None, "404"),
        (400, None, "400"),
        (200, "https://{userName}.example/", "a URL has a variable in its scheme or host"),
    ],
)
def test_what_is_refused_is_not_sent_again_until_it_is_replayed(
    desk: Desk, web: CustomerWeb, status: int, url: str | None, outcome: str
) -> None:
    web.replies["/calls"] = (status, "")
    delivery = desk.ended(url or web.url("/calls"))
    asyncio.run(desk.once())
    stands = desk.stands(delivery)
    assert (stands.state, stands.attempts[0].outcome) == (DeliveryState.REFUSED, outcome)
    desk.clock.advance(100_000)
    assert asyncio.run(desk.once()) == 0
    desk.stores.deliveries.put_delivery(replayed(stands, desk.clock.now_s))
    assert asyncio.run(desk.once()) == 1


def test_a_call_that_has_not_ended_is_waited_for_and_one_that_was_deleted_is_not(desk: Desk, web: CustomerWeb) -> None:
    waiting = desk.ended(web.url("/calls"), "s-1")
    config = {"session_data_webhook": web.url("/calls")}
    desk.stores.calls.begin_call(replace(rows.live_call("s-2"), call_id=CallId("c-2"), agent_config=config))
    early = replace(waiting, session_id=SessionId("s-2"), delivery_id="call.ended:s-2")
    gone = replace(waiting, session_id=SessionId("s-3"), delivery_id="call.ended:s-3")
    for delivery in (early, gone):
        desk.stores.deliveries.add_delivery(delivery)
    assert asyncio.run(desk.once()) == 3
    assert len(web.asked) == 1
    assert desk.stands(early).state is DeliveryState.PENDING
    assert desk.stands(gone).attempts[0].outcome == DELETED


@pytest.mark.parametrize(("status", "wait_s"), [("busy", 2.0), ("requested", 45.0)])
def test_the_end_of_a_transferred_call_waits_for_what_becomes_of_it_while_it_rings(
    desk: Desk, web: CustomerWeb, status: str, wait_s: float
) -> None:
    desk.ended(web.url("/calls"), voip={"transferred_to": "+15550003333", "transfer_status": "requested"})
    asyncio.run(desk.once())
    assert web.asked == []
    desk.stores.call_changes.add_to_voip(rows.ANN, SessionId("s-1"), {"transfer_status": status})
    desk.clock.advance(wait_s)
    asyncio.run(desk.once())
    assert [asked.json["voip"]["transfer_status"] for asked in web.asked] == [status]


def test_a_deliverer_that_dies_leaves_the_delivery_to_the_next(desk: Desk, web: CustomerWeb) -> None:
    delivery = desk.ended(web.url("/calls"))
    assert desk.stores.deliveries.take_due(desk.clock.now_s, 9, LEASE_S) == [delivery]  # and its process ends
    assert asyncio.run(desk.once()) == 0
    desk.clock.advance(LEASE_S)
    assert asyncio.run(desk.once()) == 1
    assert desk.stands(delivery).state is DeliveryState.DELIVERED


def test_a_dead_server_holds_up_its_own_deliveries_only(desk: Desk, web: CustomerWeb) -> None:
    """Twenty wait for a server that takes connections and says nothing; the other customer's is delivered beside."""

    async def scenario() -> tuple[int, DeliveryState]:
        held: list[asyncio.StreamWriter] = []
        silent = await asyncio.start_server(lambda _, writer: held.append(writer), "127.0.0.1", 0)
        port = silent.sockets[0].getsockname()[1]
        for number in range(20):
            desk.ended(f"http://127.0.0.1:{port}/", f"s-{number}", call_id=f"c-{number}", started_at=float(number))
        fair = desk.ended(web.url("/calls"), "s-fair", call_id="c-fair")
        async with asyncio.TaskGroup() as tasks:
            waiting = tasks.create_task(desk.once())
            while desk.stands(fair).state is DeliveryState.PENDING:  # noqa: ASYNC110 - a row is no event
                await asyncio.sleep(0.01)
            reached = len(held)
            waiting.cancel()
        for writer in held:
            writer.close()
        silent.close()
        return reached, desk.stands(fair).state

    reached, state = asyncio.run(scenario())
    assert reached <= AT_ONCE_PER_DESTINATION
    assert state is DeliveryState.DELIVERED


def test_many_ends_for_one_server_are_all_delivered_at_once(
    desk: Desk, web: CustomerWeb, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More than may be under way to one server, and more than are taken at a time."""
    monkeypatch.setattr("call_events.deliverer.PATIENCE_S", 60.0)
    for number in range(AT_ONCE + 16):
        desk.ended(web.url("/calls"), f"s-{number}", call_id=f"c-{number}", started_at=float(number))
    assert asyncio.run(desk.once()) == AT_ONCE + 16
    assert len(web.asked) == AT_ONCE + 16


def test_what_found_no_place_is_taken_again_while_there_is_time(
    desk: Desk, web: CustomerWeb, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("call_events.deliverer.PATIENCE_S", 0.01)
    monkeypatch.setattr("call_events.deliverer.PUT_OFF_S", 0.0)
    web.reply_s = 0.05
    for number in range(3 * AT_ONCE_PER_DESTINATION):
        desk.ended(web.url("/calls"), f"s-{number}", call_id=f"c-{number}", started_at=float(number))
    assert asyncio.run(desk.once()) > 3 * AT_ONCE_PER_DESTINATION
    assert len(web.asked) == 3 * AT_ONCE_PER_DESTINATION


def test_a_server_that_is_gone_is_asked_no_more_until_its_owner_says_so(desk: Desk, web: CustomerWeb) -> None:
    web.replies["/calls"] = (410, "")
    first = desk.ended(web.url("/calls"), "s-1")
    asyncio.run(desk.once())
    assert (desk.stands(first).state, desk.stands(first).attempts[0].outcome) == (DeliveryState.REFUSED, "410")
    second = desk.ended(web.url("/calls"), "s-2", call_id="c-2")
    elsewhere = desk.ended(web.url("/calls?new"), "s-3", call_id="c-3")
    web.replies.clear()
    asyncio.run(desk.once())
    assert desk.stands(second).state is DeliveryState.DISABLED
    assert desk.stands(second).attempts[0].outcome.startswith("not sent: disabled since 2027-01-15")
    assert desk.stands(elsewhere).state is DeliveryState.DELIVERED
    assert set(desk.stores.disabled_webhooks.list_disabled(rows.ANN)) == {web.url("/calls")}
    desk.stores.disabled_webhooks.enable_webhook(rows.ANN, web.url("/calls"))
    desk.stores.deliveries.put_delivery(replayed(desk.stands(second), desk.clock.now_s))
    asyncio.run(desk.once())
    assert desk.stands(second).state is DeliveryState.DELIVERED


NOTIFY = {"name": "notify", "run_after_call": True, "params": [{"name": "who", "description": "{userName}"}]}


def after_call(desk: Desk, **tool: Any) -> WebhookDelivery:
    """A call after which a function runs, and its delivery."""
    call = replace(rows.ended_call(), agent_config={"tools": [NOTIFY | tool]})
    ended = replace(call, function_calls=after_call_entries(call, ()))
    desk.stores.calls.begin_call(replace(ended, status=CallStatus.IN_PROGRESS))
    desk.stores.calls.finish_call(ended)
    (delivery,) = deliveries_of(ended, desk.clock.now_s)
    desk.stores.deliveries.add_delivery(delivery)
    return delivery


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_function_runs_after_the_call_under_one_id_until_it_succeeds(
    desk: Desk, web: CustomerWeb, method: str
) -> None:
    delivery = after_call(desk, webhook=web.url("/notify"), method=method, header={"X-Key": "k"})
    web.replies["/notify"] = (503, "busy")
    asyncio.run(desk.once())
    web.replies["/notify"] = (200, '{"noted": true}')
    desk.clock.advance(RETRY_AFTER_S[0])
    asyncio.run(desk.once())
    assert {(asked.method, asked.headers["webhook-id"], asked.headers["x-key"]) for asked in web.asked} == {
        (method, "function.called:s-1:notify.1", "k")
    }
    first = web.asked[0]
    assert (first.query if method == "GET" else first.json) == {"session_id": "s-1", "who": "Ann"}
    stands = desk.stands(delivery)
    assert [attempt.outcome for attempt in stands.attempts] == ["503", "200"]
    assert (stands.state, stands.result) == (DeliveryState.DELIVERED, '{"noted": true}')


def test_a_function_that_the_stored_call_does_not_have_is_not_run(desk: Desk, web: CustomerWeb) -> None:
    """Its worker and the sweeper both told the end, and the other one's stands."""
    delivery = replace(after_call(desk, webhook=web.url("/notify")), delivery_id="function.called:s-1:odd.1")
    desk.stores.deliveries.add_delivery(delivery)
    asyncio.run(desk.once())
    assert desk.stands(delivery).attempts[0].outcome == "the call has no such function"
    assert len(web.asked) == 1
