"""The stack is told to stop."""

import asyncio
import contextlib
import os
import sys

import pytest

from callcore.clock import SystemClock
from infra.local.__main__ import _stop
from infra.local.supervisor import Supervisor


def test_it_stops_when_nobody_reads_any_more_what_it_prints(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        supervisor = Supervisor((), {}, SystemClock())
        async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
            tasks.create_task(supervisor.run(on_ready=lambda: None))
            _stop(supervisor)

    read_by, written_to = os.pipe()
    os.close(read_by)
    output = os.fdopen(written_to, "w")
    monkeypatch.setattr(sys, "stdout", output)
    try:
        asyncio.run(scenario())
    finally:
        monkeypatch.undo()
        with contextlib.suppress(BrokenPipeError):  # what could not be written is tried again
            output.close()
