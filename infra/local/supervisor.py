"""Starts the processes of the stack, keeps them up, and ends them in order."""

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from callcore.clock import Clock
from infra.local.restart import GiveUp, after_exit

logger = logging.getLogger(__name__)

_READY_POLL_S = 0.1
_READY_POLLS = 900
"""How often a child is asked at the start whether it serves."""


@dataclass(frozen=True)
class Child:
    """One process of the stack."""

    name: str
    command: Sequence[str]
    is_ready: Callable[[], Awaitable[bool]]
    """Whether it serves."""
    drain_s: float
    """How long it may take to end in good order."""


@dataclass
class Supervisor:
    """Keeps the children up, from `run` until `stop` is called. For one run."""

    children: Sequence[Child]
    """In the order in which they are ended: whoever feeds another goes first."""
    environment: Mapping[str, str]
    clock: Clock
    failure: str | None = None
    """Why it gave up, once it has."""
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _running: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)

    def stop(self) -> None:
        """End the children in good order; called again, at once."""
        if self._stopping.is_set():
            for process in self._running.values():
                _signal_group(process, signal.SIGKILL)
        self._stopping.set()

    async def run(self, on_ready: Callable[[], None]) -> None:
        """Until stopped or given up (`failure`). Calls `on_ready` once, when every child serves."""
        async with asyncio.TaskGroup() as tasks:
            keepers = {child.name: tasks.create_task(self._keep(child)) for child in self.children}
            announcing = tasks.create_task(self._announce(on_ready))
            await self._stopping.wait()
            announcing.cancel()
            for child in self.children:
                await self._end(child, keepers[child.name])

    async def _keep(self, child: Child) -> None:
        failures = 0
        while not self._stopping.is_set():
            started_at = self.clock.monotonic_s()
            exit_status = await self._run_once(child)
            if self._stopping.is_set():
                return
            verdict = after_exit(child.name, exit_status, self.clock.monotonic_s() - started_at, failures)
            if isinstance(verdict, GiveUp):
                self._give_up(verdict.reason)
                return
            failures = verdict.failures
            logger.warning(
                "a process ended and is started again",
                extra={"child": child.name, "exit_status": exit_status, "wait_s": verdict.wait_s},
            )
            await _wait(self._stopping, verdict.wait_s)

    async def _run_once(self, child: Child) -> int:
        process = await asyncio.create_subprocess_exec(
            *child.command,
            stdin=asyncio.subprocess.PIPE,  # the child's lifeline; nothing is ever written
            env=self.environment,
            start_new_session=True,  # Ctrl-C at the terminal is ours alone, and a group is ended whole
        )
        self._running[child.name] = process
        if self._stopping.is_set():  # it was told so while this child was being started
            process.terminate()
        try:
            return await process.wait()
        finally:
            # What it started must not outlive it: a worker's speech processes, say.
            _signal_group(process, signal.SIGKILL)
            del self._running[child.name]

    async def _announce(self, on_ready: Callable[[], None]) -> None:
        for child in self.children:
            if not await self._becomes_ready(child):
                self._give_up(f"{child.name} started and does not serve")
                return
        on_ready()

    async def _becomes_ready(self, child: Child) -> bool:
        for _ in range(_READY_POLLS):
            if child.name in self._running and await child.is_ready():
                return True
            await asyncio.sleep(_READY_POLL_S)
        return False

    async def _end(self, child: Child, keeper: asyncio.Task[None]) -> None:
        if child.name in self._running:
            with contextlib.suppress(ProcessLookupError):
                self._running[child.name].terminate()
        await asyncio.wait((keeper,), timeout=child.drain_s)
        if child.name in self._running:
            logger.warning("a process did not end in good order", extra={"child": child.name})
            _signal_group(self._running[child.name], signal.SIGKILL)
            await keeper

    def _give_up(self, reason: str) -> None:
        self.failure = self.failure or reason
        self._stopping.set()


def _signal_group(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    # The child leads its own group, whose id is its process id as long as any member lives.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)


async def _wait(event: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
