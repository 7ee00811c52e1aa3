"""A store that fails for longer than a session's end insists loses nothing of it."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from callcore.calls.call import CallStatus
from callcore.errors import InvalidInput, StoreError
from callcore.ids import SessionId
from callstore.files import FilesBlobStore
from callstore.sqlite.stores import SqliteStores
from media_worker.session.supervisor import GOODBYE_S, STORE_S
from media_worker.session.unstored import MOST, RETRY_EVERY_S, Unstored
from tests.peers.queue_socket import QueueSocket
from tests.unit.media_worker.session.house import INITIATE, House
from tests.virtual_time import VirtualClock, run_virtual

OUTAGE_S = 60.0


class Failing:
    """A store whose named methods fail: before they do anything, or after it."""

    def __init__(self, store: Any, *methods: str, done: bool = False) -> None:
        self._store = store
        self._methods = set(methods)
        self._done = done

    def mend(self) -> None:
        self._methods.clear()

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)

        def failing(*args: Any, **named: Any) -> Any:
            if self._done:
                method(*args, **named)
            raise StoreError("it is down", retryable=True)

        return failing if name in self._methods else method


class FailingStores:
    """Those of a file, with a queue and calls that fail."""

    def __init__(self, stores: SqliteStores, queue: Failing, calls: Failing) -> None:
        self._stores = stores
        self._queue = queue
        self.calls = calls

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stores, name)

    def queue(self, name: str) -> Failing:
        return self._queue


Scenario = Callable[[House, Failing], Coroutine[Any, Any, None]]


def in_failing_house(
    tmp_path: Path, scenario: Scenario, *, queue: str = "", calls: str = "", done: bool = False
) -> None:
    """The methods named so fail."""

    async def live(house: House, failing: Failing) -> None:
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(house.supervisor.run())
            await scenario(house, failing)
            running.cancel()

    with SqliteStores(tmp_path / "db", VirtualClock()) as stores:
        failing_queue = Failing(stores.queue("call_events"), queue)
        failing = FailingStores(stores, failing_queue, Failing(stores.calls, calls, done=done))
        run_virtual(live(House(failing, FilesBlobStore(tmp_path / "blobs")), failing_queue))  # type: ignore[arg-type]


async def call(house: House, seconds: float) -> QueueSocket:
    socket = QueueSocket(INITIATE)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(house.supervisor.attend(socket))
        await asyncio.sleep(seconds)
        socket.hang_up()
    return socket


def test_an_end_that_the_queue_does_not_take_is_told_when_it_does(tmp_path: Path) -> None:
    async def scenario(house: House, queue: Failing) -> None:
        await call(house, 5)
        assert house.supervisor.session_count == 0
        assert house.supervisor.ready, "its place is free"
        await asyncio.sleep(OUTAGE_S)
        assert house.supervisor.is_needed, "ECS must not stop it now"
        queue.mend()
        await asyncio.sleep(RETRY_EVERY_S + 1)
        assert not house.supervisor.is_needed
        (ended,) = house.ended()
        assert (ended.status, ended.duration_s) == (CallStatus.USER_ENDED, 5)

    in_failing_house(tmp_path, scenario, queue="send")


def test_a_worker_that_is_stopped_waits_for_the_queue_a_while(tmp_path: Path) -> None:
    async def scenario(house: House, queue: Failing) -> None:
        await call(house, 5)
        draining = asyncio.ensure_future(house.supervisor.drain(0))
        await asyncio.sleep(RETRY_EVERY_S)
        assert not draining.done()
        queue.mend()
        await draining
        assert len(house.ended()) == 1
        before = house.clock.monotonic_s()
        await house.supervisor.drain(60)
        assert house.clock.monotonic_s() == before

    in_failing_house(tmp_path, scenario, queue="send")


def test_a_worker_that_is_stopped_is_done_in_time_though_the_queue_stays_away(tmp_path: Path) -> None:
    async def scenario(house: House, queue: Failing) -> None:
        socket = QueueSocket(INITIATE)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(house.supervisor.attend(socket))
            await asyncio.sleep(5)
            before = house.clock.monotonic_s()
            await house.supervisor.drain(80)
            assert house.clock.monotonic_s() - before <= 80 + 2 * GOODBYE_S + STORE_S
        assert house.supervisor.is_needed

    in_failing_house(tmp_path, scenario, queue="send")


@pytest.mark.parametrize("was_stored", [True, False])
def test_a_call_whose_beginning_failed_is_not_left_going_on(tmp_path: Path, was_stored: bool) -> None:
    async def scenario(house: House, queue: Failing) -> None:
        socket = await call(house, 1)
        assert socket.closed == (1011, "a service that calls need is not available")
        await asyncio.sleep(RETRY_EVERY_S + 1)
        told = [(ended.status, ended.error_message) for ended in house.ended()]
        assert told == ([(CallStatus.ERROR, "the store failed")] if was_stored else [])
        assert len(house.calls()) == was_stored

    in_failing_house(tmp_path, scenario, calls="begin_call", done=was_stored)


def test_what_is_refused_holds_up_nothing_and_what_fails_is_done_in_its_order() -> None:
    done: list[str] = []
    is_down = threading.Event()
    is_down.set()

    def write(name: str) -> None:
        if name == "refused":
            raise InvalidInput("never")
        if is_down.is_set():
            raise StoreError("it is down", retryable=True)
        done.append(name)

    async def scenario() -> None:
        unstored = Unstored(VirtualClock())
        for number in range(2):
            names = ("refused", f"chat {number}", f"end {number}")
            unstored.add(SessionId(str(number)), deque((lambda name=name: write(name)) for name in names))  # type: ignore[misc]
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(unstored.run())
            await asyncio.sleep(OUTAGE_S)
            assert (len(unstored), done) == (2, [])
            is_down.clear()
            await unstored.emptied()
            running.cancel()

    run_virtual(scenario())
    assert done == ["chat 0", "end 0", "chat 1", "end 1"]


def test_a_worker_that_keeps_much_takes_no_further_call(tmp_path: Path) -> None:
    async def scenario(house: House, queue: Failing) -> None:
        for number in range(MOST):
            assert house.supervisor.ready
            house.supervisor._unstored.add(SessionId(str(number)), deque([lambda: queue.send("a call")]))
        assert not house.supervisor.ready
        assert (await call(house, 1)).closed == (1013, "the server is full; try again in 30 s")
        queue.mend()
        await asyncio.sleep(RETRY_EVERY_S + 1)
        assert house.supervisor.ready

    in_failing_house(tmp_path, scenario, queue="send")
