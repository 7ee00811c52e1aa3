"""Order is not promised, so no test looks at it."""

import pytest

from callcore.errors import InvalidInput
from callcore.ports import MAX_MESSAGE_BYTES, Queue
from tests.clocks import ManualClock
from tests.contract.ports.adapters import Stores


@pytest.fixture
def queue(stores: Stores) -> Queue:
    return stores.queue("work")


def test_an_empty_queue_delivers_nothing(queue: Queue) -> None:
    assert list(queue.receive(10, 30)) == []


def test_every_message_is_delivered_and_deleted_by_its_receipt(queue: Queue) -> None:
    sent = {f'{{"n": {number}}}' for number in range(25)}
    for body in sent:
        queue.send(body)
    received: list[str] = []
    while batch := queue.receive(10, 30):
        assert len(batch) <= 10
        assert all(delivery.attempt == 1 for delivery in batch)
        received += [delivery.body for delivery in batch]
        for delivery in batch:
            queue.delete(delivery.receipt)
    assert len(received) == 25
    assert set(received) == sent


def test_equal_bodies_are_two_messages(queue: Queue) -> None:
    queue.send("{}")
    queue.send("{}")
    first, second = queue.receive(10, 30)
    queue.delete(first.receipt)
    assert first.receipt != second.receipt


def test_a_message_is_hidden_while_someone_works_on_it_and_comes_again_afterwards(
    queue: Queue, clock: ManualClock
) -> None:
    queue.send("{}")
    (first,) = queue.receive(1, 30)
    clock.advance(29.9)
    assert list(queue.receive(1, 30)) == []
    clock.advance(0.2)
    (again,) = queue.receive(1, 30)
    assert (first.attempt, again.attempt) == (1, 2)
    assert again.body == "{}"


def test_the_last_receipt_deletes_and_one_that_says_nothing_is_ignored(queue: Queue, clock: ManualClock) -> None:
    queue.send("{}")
    (first,) = queue.receive(1, 30)
    clock.advance(31)
    (again,) = queue.receive(1, 30)
    assert again.receipt != first.receipt
    queue.delete("no receipt at all")
    clock.advance(31)
    (third,) = queue.receive(1, 30)
    assert third.attempt == 3
    for delivery in (third, third, first, again):
        queue.delete(delivery.receipt)
    clock.advance(31)
    assert list(queue.receive(1, 30)) == []


def test_a_message_in_work_does_not_block_the_others(queue: Queue) -> None:
    queue.send('"poison"')
    (poison,) = queue.receive(1, 30)
    queue.send('"good"')
    assert [delivery.body for delivery in queue.receive(10, 30)] == ['"good"']
    assert poison.body == '"poison"'


def test_queues_of_other_names_are_apart(stores: Stores) -> None:
    stores.queue("a").send("{}")
    assert list(stores.queue("b").receive(10, 30)) == []
    (delivery,) = stores.queue("a").receive(10, 30)
    stores.queue("b").delete(delivery.receipt)
    assert len(stores.queue("a").receive(10, 0)) == 0


def test_the_largest_message_passes_and_a_larger_one_is_refused(queue: Queue) -> None:
    largest = "é" * (MAX_MESSAGE_BYTES // 2)
    queue.send(largest)
    with pytest.raises(InvalidInput):
        queue.send(largest + "x")
    assert [delivery.body for delivery in queue.receive(10, 30)] == [largest]
