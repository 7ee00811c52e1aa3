from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from callcore.errors import Conflict
from callcore.ids import SessionId
from callcore.workers.worker import RESERVABLE_S, RESERVATION_S, Worker
from tests.clocks import ManualClock
from tests.contract.ports.adapters import Stores

S1, S2 = SessionId("s-1"), SessionId("s-2")


def worker(clock: ManualClock, worker_id: str = "w-1", free_slots: int = 2) -> Worker:
    return Worker(worker_id, clock.now_s + 0.5, free_slots, "http://10.0.0.1:8080", "203.0.113.7:5060")


def test_a_worker_is_as_it_last_said(stores: Stores, clock: ManualClock) -> None:
    first = worker(clock)
    stores.workers.beat(first)
    assert stores.workers.find_worker("w-1") == first
    later = Worker("w-1", clock.now_s + 10.5)
    stores.workers.beat(later)
    assert stores.workers.find_worker("w-1") == later
    assert stores.workers.find_worker("w-2") is None


def test_workers_are_listed_by_their_ids(stores: Stores, clock: ManualClock) -> None:
    beaten = [worker(clock, "w-2"), worker(clock, "w-1"), replace(worker(clock, "w-3"), url=None)]
    for one in beaten:
        stores.workers.beat(one)
    assert list(stores.workers.list_workers()) == [beaten[1], beaten[0], beaten[2]]


def test_room_is_kept_until_it_lapses_and_no_heartbeat_takes_it_away(stores: Stores, clock: ManualClock) -> None:
    stores.workers.beat(worker(clock, free_slots=1))
    reserved_at = clock.now_s
    assert stores.workers.reserve(S1, "w-1", reserved_at)
    stores.workers.beat(worker(clock, free_slots=1))
    found = stores.workers.find_worker("w-1")
    assert found is not None
    assert found.reserved == {S1: reserved_at + RESERVATION_S}
    assert not stores.workers.reserve(S2, "w-1", clock.now_s)
    clock.advance(RESERVATION_S)
    stores.workers.beat(worker(clock, free_slots=1))
    assert stores.workers.reserve(S2, "w-1", clock.now_s)


def test_a_session_is_reserved_once_wherever(stores: Stores, clock: ManualClock) -> None:
    for worker_id in ("w-1", "w-2"):
        stores.workers.beat(worker(clock, worker_id))
    assert stores.workers.reserve(S1, "w-1", clock.now_s)
    for worker_id in ("w-1", "w-2"):
        with pytest.raises(Conflict):
            stores.workers.reserve(S1, worker_id, clock.now_s)
    other = stores.workers.find_worker("w-2")
    assert other is not None
    assert other.reserved == {}
    clock.advance(RESERVATION_S)
    stores.workers.beat(worker(clock, "w-2"))
    assert stores.workers.reserve(S1, "w-2", clock.now_s)


def test_unknown_silent_and_full_workers_keep_no_room(stores: Stores, clock: ManualClock) -> None:
    stores.workers.beat(worker(clock))
    stores.workers.beat(worker(clock, "w-full", free_slots=0))
    assert not stores.workers.reserve(S1, "w-none", clock.now_s)
    assert not stores.workers.reserve(S1, "w-full", clock.now_s)
    assert not stores.workers.reserve(S1, "w-1", clock.now_s + RESERVABLE_S + 0.6)
    assert stores.workers.reserve(S1, "w-1", clock.now_s + RESERVABLE_S + 0.4)


def test_of_many_threads_as_many_get_room_as_there_is(stores: Stores, clock: ManualClock) -> None:
    stores.workers.beat(worker(clock, free_slots=5))
    with ThreadPoolExecutor(8) as threads:
        kept = threads.map(
            lambda number: stores.workers.reserve(SessionId(f"s-{number}"), "w-1", clock.now_s), range(16)
        )
        assert sum(kept) == 5
