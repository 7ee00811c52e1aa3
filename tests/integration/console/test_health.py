"""What works and what does not."""

from dataclasses import replace

import pytest

from callcore.calls.call import CallStatus
from callcore.deliveries.delivery import DeliveryState, delivery_id_of
from callcore.errors import CallError, Conflict, WorkerUnreachable
from callcore.ids import SessionId
from callcore.wire.jobs import Check, Done, Finding
from callcore.workers.worker import STALE_S, Worker
from callstore.sqlite.stores import SqliteStores
from tests.clocks import ManualClock
from tests.contract.ports import rows
from tests.integration.console import recorded
from tests.integration.console.browser import Browser
from tests.integration.console.conftest import Told

BAD = "<script>alert(1)</script>"


def test_the_page_tells_of_workers_failures_and_webhooks(
    ann: Browser, stores: SqliteStores, clock: ManualClock
) -> None:
    stores.workers.beat(Worker("w-1", clock.now_s, 7, "http://w-1"))
    stores.workers.beat(Worker("w-2", clock.now_s - STALE_S - 1, 9, "http://w-2"))
    recorded.keep(stores, recorded.call("s-1", clock.now_s, status=CallStatus.ERROR))
    recorded.deliveries(stores, recorded.keep(stores, recorded.call("s-2", clock.now_s)))
    page = ann.open("/health")
    assert page.status == 200
    assert "Workers 1 alive 1 silent Room for calls 7 open" in page.text
    assert "1 of 2" in page.text
    assert "/console/calls/s-2" in page.paths()


def test_without_workers_and_calls_it_says_so(ann: Browser) -> None:
    page = ann.open("/health")
    assert "none is alive" in page.text
    assert "Room for calls 0 closed" in page.text


def test_a_worker_tries_the_vendors(ann: Browser, told: Told) -> None:
    works = Finding(kind="tts", name="cartesia", took_ms=184, told="1.2 s of speech")
    fails = Finding(kind="llm", name="openai", told=f"401 {BAD}", remedy="check OPENAI_API_KEY")
    told.done = Done(worker_id="w-1", findings=(works, fails))
    page = ann.send(ann.open("/health"), "/health/check")
    assert told.commands == [(rows.ANN, "", Check())]
    assert "cartesia Voice works 184 ms 1.2 s of speech" in page.text
    assert "openai Language model fails" in page.text
    assert "Check OPENAI_API_KEY." in page.text
    assert BAD not in page.html


@pytest.mark.parametrize(
    ("failure", "said"),
    [(WorkerUnreachable(SessionId("")), "No worker answers"), (Conflict("others are being tried"), "Others are being")],
)
def test_a_check_that_cannot_be_made_says_why(ann: Browser, told: Told, failure: CallError, said: str) -> None:
    told.done = failure
    assert said in ann.send(ann.open("/health"), "/health/check").text


def test_checks_are_limited(ann: Browser, told: Told) -> None:
    page = ann.open("/health")
    for _ in range(20):
        last = ann.send(page, "/health/check")
    assert 0 < len(told.commands) < 20
    assert "trials" in last.text


def test_a_webhook_that_was_given_up_is_sent_again(ann: Browser, stores: SqliteStores, clock: ManualClock) -> None:
    kept = recorded.keep(stores, recorded.call("s-1", clock.now_s))
    recorded.deliveries(stores, kept)
    page = ann.open("/health")
    assert "being sent again" in ann.send(page, "/health/replay").text
    found = stores.delivery_log.find_delivery(rows.ANN, delivery_id_of(kept.session_id))
    assert found.state is DeliveryState.PENDING
    assert ann.send(page, "/health/replay", delivery="call.ended:s-none").status == 404


def test_an_address_that_was_disabled_is_enabled_again(ann: Browser, stores: SqliteStores) -> None:
    stores.disabled_webhooks.disable_webhook(rows.ANN, f"https://a.example/{BAD}", 5.0)
    stores.disabled_webhooks.disable_webhook(rows.BOB, "https://b.example/", 5.0)
    page = ann.open("/health")
    assert BAD not in page.html
    assert "b.example" not in page.html
    assert ann.send(page, "/health/enable", url="https://b.example/").status == 404
    assert "to that address again" in ann.send(page, "/health/enable").text
    assert stores.disabled_webhooks.list_disabled(rows.ANN) == {}


def test_a_webhook_of_which_nothing_was_kept_cannot_be_sent_again(
    ann: Browser, stores: SqliteStores, clock: ManualClock
) -> None:
    kept = recorded.keep(stores, recorded.call("s-1", clock.now_s))
    recorded.deliveries(stores, kept)
    found = stores.delivery_log.find_delivery(rows.ANN, delivery_id_of(kept.session_id))
    stores.deliveries.put_delivery(replace(found, private=True))
    assert "Nothing was kept to be sent again" in ann.open("/health").text
