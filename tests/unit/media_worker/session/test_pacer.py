"""The process's playout clock."""

import asyncio
import weakref

import pytest

from media_worker.session.pacer import FRAME_S, Pacer
from tests.virtual_time import VirtualClock, run_virtual


def test_it_ticks_on_an_absolute_timetable_and_measures_its_lag() -> None:
    async def scenario() -> tuple[list[float], float]:
        pacer, times = Pacer(VirtualClock()), list[float]()
        pacer.add(times.append)
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(pacer.run())
            await asyncio.sleep(10 * FRAME_S + 0.001)
            running.cancel()
        return times, pacer.worst_lag_s

    times, lag_s = run_virtual(scenario())
    assert times == [pytest.approx(number * FRAME_S) for number in range(11)]
    assert lag_s == pytest.approx(0, abs=1e-6)


def test_a_tick_that_fails_is_dropped_and_the_others_go_on() -> None:
    async def scenario() -> int:
        pacer, ticks = Pacer(VirtualClock()), list[float]()

        def broken(now: float) -> None:
            raise ValueError

        pacer.add(broken)
        pacer.add(ticks.append)
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(pacer.run())
            await asyncio.sleep(1)
            running.cancel()
        pacer.remove(ticks.append)
        return len(ticks)

    assert run_virtual(scenario()) >= 50


def test_a_tick_that_was_removed_is_held_by_nobody() -> None:
    async def scenario() -> bool:
        pacer = Pacer(VirtualClock())

        def last(now: float) -> None: ...

        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(pacer.run())
            pacer.add(last)
            await asyncio.sleep(10 * FRAME_S)
            pacer.remove(last)
            removed = weakref.ref(last)
            del last
            await asyncio.sleep(10 * FRAME_S)
            is_held = removed() is not None
            running.cancel()
        return is_held

    assert not run_virtual(scenario())
