from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from callcore.deliveries.delivery import Attempt, DeliveryState, WebhookDelivery
from callcore.errors import NotFound
from callcore.ids import SessionId
from tests.clocks import ManualClock
from tests.contract.ports import rows
from tests.contract.ports.adapters import Stores

LEASE_S = 60.0


def delivery(clock: ManualClock, number: int = 1, due_in_s: float = 0.0) -> WebhookDelivery:
    session_id = SessionId(f"s-{number}")
    now = clock.now_s
    return WebhookDelivery(f"call.ended:{session_id}", rows.ANN, session_id, now + number, now + due_in_s)


def test_a_delivery_is_added_once(stores: Stores, clock: ManualClock) -> None:
    first = delivery(clock)
    assert stores.deliveries.add_delivery(first)
    assert not stores.deliveries.add_delivery(replace(first, due_at=clock.now_s + 99))
    assert stores.delivery_log.find_delivery(rows.ANN, first.delivery_id) == first


def test_what_is_due_is_taken_by_one_and_comes_again_when_nothing_becomes_of_it(
    stores: Stores, clock: ManualClock
) -> None:
    late, later, early = delivery(clock, 1, -1), delivery(clock, 2, -5), delivery(clock, 3, 10)
    for one in (late, later, early):
        stores.deliveries.add_delivery(one)
    assert stores.deliveries.take_due(clock.now_s, 1, LEASE_S) == [later]
    assert stores.deliveries.take_due(clock.now_s, 9, LEASE_S) == [late]
    assert stores.deliveries.take_due(clock.now_s, 9, LEASE_S) == []
    clock.advance(LEASE_S)
    assert {one.session_id for one in stores.deliveries.take_due(clock.now_s, 9, LEASE_S)} == {"s-1", "s-2", "s-3"}


def test_a_delivery_that_is_due_now_is_due(stores: Stores, clock: ManualClock) -> None:
    stores.deliveries.add_delivery(delivery(clock))
    assert len(stores.deliveries.take_due(clock.now_s, 9, LEASE_S)) == 1


def test_what_became_of_it_is_kept_and_it_is_not_due_any_more(stores: Stores, clock: ManualClock) -> None:
    stores.deliveries.add_delivery(delivery(clock))
    [taken] = stores.deliveries.take_due(clock.now_s, 9, LEASE_S)
    attempts = (Attempt(clock.now_s + 0.25, "500"), Attempt(clock.now_s + 5.5, "204"))
    done = replace(taken, state=DeliveryState.DELIVERED, failures=1, attempts=attempts, result="kept")
    stores.deliveries.put_delivery(done)
    assert stores.delivery_log.find_delivery(rows.ANN, done.delivery_id) == done
    clock.advance(10 * LEASE_S)
    assert stores.deliveries.take_due(clock.now_s, 9, LEASE_S) == []
    again = replace(done, state=DeliveryState.PENDING, due_at=clock.now_s)
    stores.deliveries.put_delivery(again)
    assert stores.deliveries.take_due(clock.now_s, 9, LEASE_S) == [again]


def test_the_list_is_of_one_account_and_state_newest_first(stores: Stores, clock: ManualClock) -> None:
    for number in (1, 2, 3):
        stores.deliveries.add_delivery(delivery(clock, number))
    dead = replace(delivery(clock, 2), state=DeliveryState.DEAD)
    stores.deliveries.put_delivery(dead)
    waiting = stores.delivery_log.list_deliveries(rows.ANN, DeliveryState.PENDING, 9)
    assert [one.session_id for one in waiting] == ["s-3", "s-1"]
    assert list(stores.delivery_log.list_deliveries(rows.ANN, DeliveryState.PENDING, 1)) == [waiting[0]]
    assert stores.delivery_log.list_deliveries(rows.ANN, DeliveryState.DEAD, 9) == [dead]
    assert stores.delivery_log.list_deliveries(rows.BOB, DeliveryState.PENDING, 9) == []


def test_nobody_finds_anothers_delivery(stores: Stores, clock: ManualClock) -> None:
    one = delivery(clock)
    stores.deliveries.add_delivery(one)
    for account, delivery_id in ((rows.BOB, one.delivery_id), (rows.ANN, "call.ended:s-9")):
        with pytest.raises(NotFound):
            stores.delivery_log.find_delivery(account, delivery_id)


def test_many_takers_share(stores: Stores, clock: ManualClock) -> None:
    for number in range(12):
        stores.deliveries.add_delivery(delivery(clock, number))
    with ThreadPoolExecutor(4) as pool:
        taken = [pool.submit(stores.deliveries.take_due, clock.now_s, 5, LEASE_S) for _ in range(4)]
        everything = [one.session_id for part in taken for one in part.result()]
    assert len(everything) == len(set(everything))
    everything += [one.session_id for one in stores.deliveries.take_due(clock.now_s, 12, LEASE_S)]
    assert len(set(everything)) == len(everything) == 12
