from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from call_events.consumer import BATCH, Consumer
from call_events.finisher import Finisher
from call_events.retention import Retention
from call_events.sweeper import Sweeper
from callcore.calls.call import CallStatus
from callcore.errors import StoreError
from callcore.ids import SessionId
from callcore.wire.events import CallEnded
from callcore.workers.worker import Worker
from callstore.files import FilesBlobStore
from callstore.sqlite.stores import SqliteStores
from infra.local.call_events_process import HEARTBEAT_ID, Rounds
from tests.clocks import ManualClock
from tests.contract.ports import rows
from tests.local_stores import clock as clock
from tests.local_stores import stores as stores


@dataclass
class ScriptedStop:
    """Lets time pass instead of waiting, does one scripted thing before each wait, and ends after the last."""

    clock: ManualClock
    script: list[Callable[[], None]]
    waits: list[float] = field(default_factory=list)

    def is_set(self) -> bool:
        return not self.script

    def wait(self, timeout: float) -> bool:
        self.waits.append(timeout)
        self.clock.advance(timeout)
        self.script.pop(0)()
        return self.is_set()


@pytest.fixture
def rounds(stores: SqliteStores, clock: ManualClock) -> Rounds:
    consumer = Consumer(
        stores.queue("events"),
        stores.queue("dead"),
        Finisher(stores.calls, stores.checkpoints, stores.deliveries, clock),
    )
    sweeper = Sweeper(stores.calls, stores.checkpoints, stores.workers, stores.deliveries, stores.outbox)
    blobs = FilesBlobStore(Path("never-written"))
    retention = Retention(stores.directory, stores.call_log, blobs, stores.delivery_log, stores.deliveries)
    return Rounds(
        consumer,
        sweeper,
        lambda now: stores.workers.beat(Worker(HEARTBEAT_ID, now)),
        clock,
        retention,
        nothing,
        10.0,
    )


def ended(session_id: str) -> str:
    event = CallEnded(account_id=rows.ANN, session_id=SessionId(session_id), status=CallStatus.USER_ENDED, duration_s=1)
    return event.model_dump_json()


def status_of(stores: SqliteStores, session_id: str) -> CallStatus:
    return stores.calls.get_call(rows.ANN, SessionId(session_id)).status


def nothing() -> None:
    pass


def test_the_workers_own_word_wins_over_the_sweeper(stores: SqliteStores, rounds: Rounds, clock: ManualClock) -> None:
    # As after a crash of everything: long ago the calls began, and the ends of all but one are on the queue.
    clock.advance(3600)
    names = [f"s-{number}" for number in range(BATCH * 3)]
    for name in (*names, "s-lost"):
        stores.calls.begin_call(rows.live_call(name))
    for name in names:
        stores.queue("events").send(ended(name))
    stop = ScriptedStop(clock, [nothing])
    rounds.run(stop)
    assert {status_of(stores, name) for name in names} == {CallStatus.USER_ENDED}
    assert status_of(stores, "s-lost") is CallStatus.ERROR
    assert len(stop.waits) == 1


def test_sweeps_and_beats_keep_their_interval(stores: SqliteStores, rounds: Rounds, clock: ManualClock) -> None:
    start = clock.now_s
    stores.calls.begin_call(rows.live_call())  # began at `start` + 0.75: lost after `start` + 45.75
    beats: list[Worker | None] = []
    statuses: list[CallStatus] = []

    def look() -> None:
        beats.append(stores.workers.find_worker(HEARTBEAT_ID))
        statuses.append(status_of(stores, "s-1"))

    stop = ScriptedStop(clock, [look] * 110)
    rounds.run(stop)
    assert set(stop.waits) == {0.5}
    assert sorted({beat.beat_at - start for beat in beats if beat}) == [0.0, 10.0, 20.0, 30.0, 40.0, 50.0]
    assert statuses.index(CallStatus.ERROR) == 100  # the sweep at 50 s


def test_what_is_on_the_queue_at_the_end_is_still_dealt_with(
    stores: SqliteStores, rounds: Rounds, clock: ManualClock
) -> None:
    names = [f"s-{number}" for number in range(BATCH + 3)]

    def last_words() -> None:
        for name in names:
            stores.calls.begin_call(rows.live_call(name))
            stores.queue("events").send(ended(name))

    rounds.run(ScriptedStop(clock, [last_words]))
    assert {status_of(stores, name) for name in names} == {CallStatus.USER_ENDED}


def failing(*errors: StoreError) -> Callable[[float], None]:
    """A heartbeat that fails so and then no more."""
    waiting = list(errors)

    def beat(now: float) -> None:
        if waiting:
            raise waiting.pop(0)

    return beat


def test_a_store_that_fails_for_a_while_is_tried_again(rounds: Rounds, clock: ManualClock) -> None:
    busy = StoreError("locked", retryable=True)
    rounds.beat = failing(busy, busy)
    stop = ScriptedStop(clock, [nothing] * 4)
    rounds.run(stop)
    assert stop.waits == [2.0, 2.0, 0.5, 0.5]


def test_a_store_that_fails_for_good_ends_the_process(rounds: Rounds, clock: ManualClock) -> None:
    rounds.beat = failing(StoreError("corrupt", retryable=False))
    with pytest.raises(StoreError, match="corrupt"):
        rounds.run(ScriptedStop(clock, [nothing]))
