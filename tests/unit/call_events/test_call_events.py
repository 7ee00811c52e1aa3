import logging
from dataclasses import replace

import pytest

from call_events.consumer import Consumer
from call_events.finisher import MAX_ATTEMPTS, Finisher
from call_events.sweeper import Sweeper
from callcore.calls.call import Call, CallStatus
from callcore.calls.registration import REGISTRATION_S
from callcore.errors import StoreError
from callcore.ids import SessionId
from callcore.wire.events import CallEnded
from callcore.workers.worker import Worker
from callstore.sqlite.stores import SqliteStores
from tests.clocks import ManualClock
from tests.contract.ports import rows
from tests.local_stores import clock as clock
from tests.local_stores import stores as stores


@pytest.fixture
def consumer(stores: SqliteStores, clock: ManualClock) -> Consumer:
    return Consumer(
        stores.queue("events"),
        stores.queue("dead"),
        Finisher(stores.calls, stores.checkpoints, stores.deliveries, clock),
    )


def event(session_id: str = "s-1", status: CallStatus = CallStatus.USER_ENDED) -> str:
    return CallEnded(
        account_id=rows.ANN, session_id=SessionId(session_id), status=status, duration_s=9
    ).model_dump_json()


def status_of(stores: SqliteStores, session_id: str = "s-1") -> CallStatus:
    return stores.calls.get_call(rows.ANN, SessionId(session_id)).status


def test_the_end_of_a_call_is_stored_with_its_chat(stores: SqliteStores, consumer: Consumer) -> None:
    stores.calls.begin_call(rows.live_call())
    stores.checkpoints.save_checkpoint(rows.checkpoint())
    stores.queue("events").send(event())
    assert consumer.handle_batch() == 1
    call = stores.calls.get_call(rows.ANN, SessionId("s-1"))
    assert (call.status, call.duration_s, call.chat) == (CallStatus.USER_ENDED, 9, rows.checkpoint().chat)
    assert call.metadata == rows.live_call().metadata


def test_the_same_end_twice_changes_nothing_and_leaves_no_message(
    stores: SqliteStores, consumer: Consumer, clock: ManualClock
) -> None:
    stores.calls.begin_call(rows.live_call())
    stores.queue("events").send(event())
    stores.queue("events").send(event(status=CallStatus.TIMEOUT))
    assert consumer.handle_batch() == 2
    assert status_of(stores) in (CallStatus.USER_ENDED, CallStatus.TIMEOUT)
    clock.advance(3600)
    assert consumer.handle_batch() == 0
    assert list(stores.queue("dead").receive(10, 1)) == []


@pytest.mark.parametrize(
    "poison",
    ["", "{}", "not json", event("unknown"), event("s-live", CallStatus.IN_PROGRESS), '{"type":"other"}', "[" * 50_000],
)
def test_poison_blocks_nobody_and_ends_in_the_dead_letters(
    stores: SqliteStores, consumer: Consumer, clock: ManualClock, poison: str, caplog: pytest.LogCaptureFixture
) -> None:
    stores.calls.begin_call(rows.live_call("s-live"))
    stores.calls.begin_call(rows.live_call())
    stores.queue("events").send(poison)
    stores.queue("events").send(event())
    assert consumer.handle_batch() == 2
    assert status_of(stores) is CallStatus.USER_ENDED
    for _ in range(MAX_ATTEMPTS):
        assert list(stores.queue("dead").receive(10, 0)) == []
        clock.advance(consumer.visibility_s + 1)
        assert consumer.handle_batch() == 1
    assert [delivery.body for delivery in stores.queue("dead").receive(10, 1)] == [poison]
    clock.advance(3600)
    assert consumer.handle_batch() == 0
    errors = [record.message for record in caplog.records if record.levelno == logging.ERROR]
    assert errors == ["a message went to the dead letters"]


def test_a_message_of_a_consumer_that_died_is_taken_by_the_next(
    stores: SqliteStores, consumer: Consumer, clock: ManualClock
) -> None:
    stores.calls.begin_call(rows.live_call())
    stores.queue("events").send(event())
    stores.queue("events").receive(1, consumer.visibility_s)  # the one that dies
    assert consumer.handle_batch() == 0
    clock.advance(consumer.visibility_s + 1)
    assert consumer.handle_batch() == 1
    assert status_of(stores) is CallStatus.USER_ENDED


def test_a_call_whose_worker_died_is_ended_with_what_is_known(stores: SqliteStores) -> None:
    start = rows.live_call().started_at
    stores.calls.begin_call(rows.live_call("s-dead"))
    stores.calls.begin_call(rows.live_call("s-alive", worker_id="w-2"))
    stores.calls.begin_call(rows.live_call("s-none", worker_id=None))
    stores.calls.begin_call(replace(rows.live_call("s-queued"), status=CallStatus.QUEUED))
    stores.checkpoints.save_checkpoint(rows.checkpoint("s-dead", saved_at=start + 20))
    stores.workers.beat(Worker("w-1", start + 20))
    stores.workers.beat(Worker("w-2", start + 60))
    sweeper = Sweeper(stores.calls, stores.checkpoints, stores.workers, stores.deliveries, stores.outbox)

    assert sweeper.sweep(start + 65) == 1  # s-none
    assert sweeper.sweep(start + 66) == 1  # s-dead
    assert sweeper.sweep(start + 66) == 0
    dead = stores.calls.get_call(rows.ANN, SessionId("s-dead"))
    assert (dead.status, dead.error_message, dead.duration_s) == (CallStatus.ERROR, "worker-lost", 20)
    assert dead.chat == rows.checkpoint().chat
    assert status_of(stores, "s-none") is CallStatus.ERROR
    assert status_of(stores, "s-alive") is CallStatus.IN_PROGRESS
    assert status_of(stores, "s-queued") is CallStatus.QUEUED


def test_a_lost_call_that_cannot_be_ended_does_not_keep_the_others_going(stores: SqliteStores) -> None:
    for name in ("s-broken", "s-whole"):
        stores.calls.begin_call(rows.live_call(name, worker_id=None))
    stores.checkpoints.save_checkpoint(replace(rows.checkpoint("s-broken"), after_call=[{}]))
    sweeper = Sweeper(stores.calls, stores.checkpoints, stores.workers, stores.deliveries, stores.outbox)
    assert sweeper.sweep(rows.live_call().started_at + 100) == 1
    assert status_of(stores, "s-whole") is CallStatus.ERROR


def test_a_late_report_does_not_undo_a_sweep(stores: SqliteStores, consumer: Consumer) -> None:
    stores.calls.begin_call(rows.live_call())
    Sweeper(stores.calls, stores.checkpoints, stores.workers, stores.deliveries, stores.outbox).sweep(
        rows.live_call().started_at + 100
    )
    stores.queue("events").send(event())
    assert consumer.handle_batch() == 1
    assert status_of(stores) is CallStatus.ERROR


def test_a_registered_call_that_nobody_starts_is_canceled_after_a_day(stores: SqliteStores, clock: ManualClock) -> None:
    private = {"privacy_settings": {"opt_out_data_collection": True}}
    registered = replace(
        rows.live_call(), status=CallStatus.REGISTERED, started_at=clock.now_s, worker_id=None, agent_config=private
    )
    stores.calls.begin_call(registered)
    sweeper = Sweeper(stores.calls, stores.checkpoints, stores.workers, stores.deliveries, stores.outbox)
    assert sweeper.sweep(clock.now_s + REGISTRATION_S) == 0
    assert stores.calls.get_call(rows.ANN, SessionId("s-1")) == registered
    assert sweeper.sweep(clock.now_s + REGISTRATION_S + 1) == 1
    call = stores.calls.get_call(rows.ANN, SessionId("s-1"))
    assert (call.status, call.error_message, call.metadata) == (CallStatus.CANCELED, "never-started", {})
    assert sweeper.sweep(clock.now_s + REGISTRATION_S + 2) == 0


WEBHOOK = {"session_data_webhook": "https://crm.example/calls"}


def test_the_owner_who_wants_it_hears_of_an_end_once_whoever_tells_it(
    stores: SqliteStores, consumer: Consumer, clock: ManualClock
) -> None:
    for session_id in ("s-told", "s-lost", "s-silent"):
        config = {} if session_id == "s-silent" else WEBHOOK
        stores.calls.begin_call(replace(rows.live_call(session_id, worker_id=None), agent_config=config))
    for _ in range(2):
        stores.queue("events").send(event("s-told"))
    assert consumer.handle_batch() == 2
    sweeper = Sweeper(stores.calls, stores.checkpoints, stores.workers, stores.deliveries, stores.outbox)
    assert sweeper.sweep(clock.now_s + 1_000_000_000) == 2
    waiting = stores.deliveries.take_due(clock.now_s + 2_000_000_000, 10, 60)
    assert sorted(delivery.session_id for delivery in waiting) == ["s-lost", "s-told"]


def test_an_end_that_cannot_be_stored_is_announced_all_the_same(stores: SqliteStores, clock: ManualClock) -> None:
    """Who dies between the two leaves a delivery that waits, not an end that nobody hears of."""

    class Failing:
        def get_call(self, *_: object) -> Call:
            return replace(rows.live_call(), agent_config=WEBHOOK)

        def finish_call(self, _: Call) -> bool:
            raise StoreError("the machine stops", retryable=True)

    finisher = Finisher(Failing(), stores.checkpoints, stores.deliveries, clock)  # type: ignore[arg-type]
    with pytest.raises(StoreError):
        finisher.finish(event())
    assert len(stores.deliveries.take_due(clock.now_s, 10, 60)) == 1
