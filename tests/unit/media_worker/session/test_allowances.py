"""Calls that meet the limits of their account's day, or of their key's, on any of several workers."""

import asyncio
import json
import re
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from callauth.keys import key_record
from callcore.accounts.account import KeyKind, KeyPolicy
from callcore.billing.allowance import Holder, Used, day_of
from callcore.calls.call import CallStatus
from callstore.files import FilesBlobStore
from callstore.sqlite.stores import SqliteStores
from tests.peers.queue_socket import QueueSocket
from tests.unit.media_worker.session.house import ACCOUNT, INITIATE, KEY, House
from tests.virtual_time import VirtualClock, run_virtual

KEY_ID = key_record(KEY, KeyKind.PUBLIC, ACCOUNT.account_id, "test", 0.0).key_id
Scenario = Callable[[House, House], Coroutine[Any, Any, None]]


def in_two_houses(tmp_path: Path, scenario: Scenario, **limits: Any) -> None:
    """Two workers on one store; `limits` are of the account, or of its key when they say `key`."""

    async def live(one: House, other: House) -> None:
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(house.supervisor.run()) for house in (one, other)]
            await scenario(one, other)
            for task in running:
                task.cancel()

    with SqliteStores(tmp_path / "db", VirtualClock()) as stores:
        one, other = (House(stores, FilesBlobStore(tmp_path / "blobs")) for _ in range(2))
        if limits.pop("key", False):
            policy = KeyPolicy(**limits)
            stores.accounts.put_key(key_record(KEY, KeyKind.PUBLIC, ACCOUNT.account_id, "test", 0.0, policy))
        else:
            stores.accounts.put_account(replace(ACCOUNT, **limits))
        run_virtual(live(one, other))


def reason(socket: QueueSocket) -> str:
    assert socket.closed is not None
    return socket.closed[1]


async def call(house: House, seconds: float | None = None) -> QueueSocket:
    """A call that its user ends after so many seconds, or that lasts as long as it may."""
    socket = QueueSocket(INITIATE)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(house.supervisor.attend(socket))
        if seconds is not None:
            await asyncio.sleep(seconds)
            socket.hang_up()
    return socket


def used(house: House, key_id: str = "") -> Used:
    today = day_of(house.clock.unix_s())
    return house.stores.day_totals.used(Holder(ACCOUNT.account_id, key_id), today)


def test_a_call_counts_for_its_account_and_its_key_while_it_goes_on(tmp_path: Path) -> None:
    async def scenario(one: House, other: House) -> None:
        async with asyncio.TaskGroup() as tasks:
            calling = tasks.create_task(call(one, 70))
            await asyncio.sleep(65)
            assert used(other).call_ms == pytest.approx(60_000, abs=1500), "counted every thirty seconds"
            assert len(other.stores.running_calls.running(ACCOUNT.account_id, other.clock.unix_s())) == 1
            await calling
        assert used(other).call_ms == pytest.approx(70_000, abs=1500)
        assert used(other) == used(other, KEY_ID)
        assert float(used(other).cents) == pytest.approx(2 * 70 / 60, abs=0.05)
        assert list(other.stores.running_calls.running(ACCOUNT.account_id, other.clock.unix_s())) == []

    in_two_houses(tmp_path, scenario)


def test_what_one_worker_counted_the_other_one_refuses(tmp_path: Path) -> None:
    async def scenario(one: House, other: House) -> None:
        ended = await call(one)
        assert json.loads([text for text in ended.outgoing if isinstance(text, str)][-1])["data"]["reason"] == "timeout"
        assert used(one).call_ms == pytest.approx(60_000, abs=10_000)
        assert re.fullmatch(
            "the account has used its 1 minutes of this day; try again in [0-9]+ s", reason(await call(other))
        )

    in_two_houses(tmp_path, scenario, max_minutes_per_day=1)


def test_calls_that_spend_the_day_together_end_with_the_reason(tmp_path: Path) -> None:
    async def scenario(one: House, other: House) -> None:
        sockets = await asyncio.gather(call(one), call(other))
        assert {reason(socket) for socket in sockets} == {"the public key has used its 5 US cents of this day"}
        (first, second) = one.ended()
        assert (first.status, first.error_message) == (CallStatus.TIMEOUT, reason(sockets[0]))
        spent = sum(line["credit"] for ended in (first, second) for line in ended.cost_breakdown)
        assert 5 <= spent < 8

    in_two_houses(tmp_path, scenario, key=True, max_spend_per_day=5)


def test_concurrent_calls_are_counted_over_all_workers(tmp_path: Path) -> None:
    async def scenario(one: House, other: House) -> None:
        async with asyncio.TaskGroup() as tasks:
            calling = tasks.create_task(call(one, 120))
            await asyncio.sleep(100)
            assert reason(await call(other)) == "the account holds 1 concurrent calls already"
            await calling
        assert reason(await call(other, 5)) != "the account holds 1 concurrent calls already"

    in_two_houses(tmp_path, scenario, max_concurrent_calls=1)
