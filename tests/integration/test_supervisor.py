"""The supervisor with real processes."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.local import lifeline, restart
from infra.local.environment import environment_of_children
from infra.local.settings import REPOSITORY, read_settings
from infra.local.supervisor import Supervisor
from tests.peers.supervising import child, supervisor


def told(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []


def started_ids(file: Path) -> list[list[int]]:
    return [[int(word) for word in line.split()[2:]] for line in told(file) if " started " in line]


def is_running(process_id: int) -> bool:
    try:
        state = Path(f"/proc/{process_id}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def assert_all_end(file: Path) -> None:
    """None of the processes, nor of those that they started, lives on."""
    process_ids = [process_id for ids in started_ids(file) for process_id in ids]
    deadline = time.monotonic() + lifeline.DRAIN_S
    while any(is_running(process_id) for process_id in process_ids) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert process_ids
    assert not any(is_running(process_id) for process_id in process_ids)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        for _ in range(10_000):
            if condition():
                return
            await asyncio.sleep(0.02)


def run(supervised: Supervisor, then: Callable[[], bool]) -> None:
    """Run it, stop it once `then` holds."""

    async def both() -> None:
        async with asyncio.timeout(80), asyncio.TaskGroup() as tasks:
            tasks.create_task(supervised.run(on_ready=lambda: None))
            await until(then)
            supervised.stop()

    asyncio.run(both())


def test_children_are_announced_when_all_serve_and_ended_in_order(tmp_path: Path) -> None:
    file = tmp_path / "told"
    ready: list[int] = []

    async def check() -> None:
        supervised = supervisor(child("steady", file), child("deaf", file, drain_s=0.3))

        def on_ready() -> None:
            ready.append(len(told(file)))
            supervised.stop()

        async with asyncio.timeout(60):
            await supervised.run(on_ready)
        assert supervised.failure is None

    asyncio.run(check())
    assert ready == [2]
    assert told(file)[-1] == "steady ended"
    assert_all_end(file)


def test_a_child_that_is_killed_is_started_again(tmp_path: Path) -> None:
    file = tmp_path / "told"

    def kill_the_first() -> bool:
        ids = started_ids(file)
        if len(ids) == 1:
            with contextlib.suppress(ProcessLookupError):  # it is dead already, and its successor not yet there
                os.kill(ids[0][0], signal.SIGKILL)
        return len(ids) == 2

    run(supervisor(child("steady", file)), kill_the_first)
    assert told(file)[-1] == "steady ended"


def test_a_child_that_keeps_crashing_is_given_up_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restart, "FIRST_WAIT_S", 0.01)
    file = tmp_path / "told"
    supervised = supervisor(child("steady", file), child("parent", file))
    run(supervised, lambda: supervised.failure is not None)
    assert supervised.failure is not None
    assert "parent failed 5 times in a row (signal 9)" in supervised.failure
    assert told(file)[-1] == "steady ended"
    assert_all_end(file)


def test_a_child_that_can_never_start_is_not_tried_again(tmp_path: Path) -> None:
    file = tmp_path / "told"
    supervised = supervisor(child("misconfigured", file))
    run(supervised, lambda: supervised.failure is not None)
    assert supervised.failure == "misconfigured cannot start; its message stands above"
    assert len(told(file)) == 1


def test_a_second_stop_waits_for_nobody(tmp_path: Path) -> None:
    file = tmp_path / "told"
    supervised = supervisor(child("deaf", file, drain_s=30.0))

    async def check() -> None:
        async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
            tasks.create_task(supervised.run(on_ready=lambda: None))
            await until(lambda: bool(started_ids(file)))
            supervised.stop()
            await asyncio.sleep(0.1)
            assert is_running(started_ids(file)[0][0])
            supervised.stop()

    asyncio.run(check())
    assert_all_end(file)


def test_children_end_with_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    file = tmp_path / "told"
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.peers.supervising", str(file)],
        env=environment_of_children(read_settings()),
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline() == "ready\n"
        process.kill()
        process.wait(timeout=10)
    assert_all_end(file)
    assert told(file)[-1] == "steady ended"
