"""A few speech processes, kept alive, that share the work of all sessions."""

import asyncio
import logging
import math
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import media_worker
from callcore.errors import ProviderError, ProviderFailure
from media_worker.providers.local.speech_link import PROVIDER, Channel, SpeechLink

DEFAULT_PROCESSES = 2
CAPACITY = 64
"""What the channels of one process may weigh together; an open recognition with a grammar weighs 1."""
_MODULE = "media_worker.providers.local.speech_process"
_ROOT = Path(media_worker.__file__).parent.parent
_OPEN_S = 10.0
"""How long a request waits for a process that is starting."""
_START_S = 30.0
"""A process that cannot work after this long hangs; on a busy machine it takes some seconds."""
_FIRST_RESTART_S, _LAST_RESTART_S = 0.1, 5.0
_HEALTHY_S = 30.0
"""A process that worked for this long may be restarted quickly again."""
_EXIT_S = 1.0
log = logging.getLogger(__name__)


class SpeechPool:
    """Owns the processes for as long as its context is entered; they start with the first request, or by `start`."""

    def __init__(self, processes: int = DEFAULT_PROCESSES, flite_directory: Path | None = None) -> None:
        """`flite_directory`: where libflite was extracted to; None = the system's."""
        self._count = processes
        arguments = () if flite_directory is None else (str(flite_directory.resolve()),)
        self._command: Sequence[str] = (sys.executable, "-m", _MODULE, *arguments)
        self._links: dict[int, SpeechLink] = {}
        self._changed = asyncio.Condition()
        self._closing = asyncio.Event()
        self._group: asyncio.TaskGroup | None = None
        self._slots: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._group = await asyncio.TaskGroup().__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        group, self._group = self._group, None
        self._closing.set()
        if group is not None:
            await group.__aexit__(None, None, None)  # without the error, which would cancel the slots

    def start(self) -> None:
        """Start the processes, so that the first call need not wait for them. Starting twice is fine."""
        if self._group is None:
            raise ProviderError(PROVIDER, ProviderFailure.UNAVAILABLE, "the speech pool is closed")
        if not self._slots:
            self._slots = [self._group.create_task(self._keep_alive()) for _ in range(self._count)]

    async def open(self, weight: int) -> Channel:
        """A channel to the process with the least to do.

        Raises ProviderError when all are full, or none can be started.
        """
        self.start()
        try:
            async with asyncio.timeout(_OPEN_S), self._changed:
                await self._changed.wait_for(self._usable)
        except TimeoutError:
            raise ProviderError(PROVIDER, ProviderFailure.UNAVAILABLE, "no speech process could be started") from None
        link = min(self._usable(), key=lambda link: link.load)
        if link.load + weight > CAPACITY:
            raise ProviderError(PROVIDER, ProviderFailure.RATE_LIMIT, "every speech process is full")
        return link.open(weight)

    @property
    def process_ids(self) -> tuple[int, ...]:
        """Of the processes that can work now."""
        return tuple(self._links)

    def _usable(self) -> list[SpeechLink]:
        return [link for link in self._links.values() if not link.lost]

    async def _keep_alive(self) -> None:
        """Never cancelled, but told to stop: a process that is starting or ending must not be left to nobody."""
        pause_s = _FIRST_RESTART_S
        while not self._closing.is_set():
            worked_s = 0.0
            try:
                # A session of its own: Ctrl-C on our terminal is for us, and we close its stdin when we have drained.
                process = await asyncio.create_subprocess_exec(
                    *self._command, stdin=PIPE, stdout=PIPE, cwd=_ROOT, start_new_session=True
                )
            except OSError as error:
                log.warning("a speech process cannot be started", extra={"error": type(error).__name__})
            else:
                worked_s = await self._serve(process)
            if not self._closing.is_set():
                pause_s = _FIRST_RESTART_S if worked_s > _HEALTHY_S else min(2 * pause_s, _LAST_RESTART_S)
                log.warning("a speech process was lost and is started again")
                await self._pause(pause_s)

    async def _serve(self, process: Process) -> float:
        """Use a process until it ends, or the pool is left; for how long it could work, in seconds."""
        loop, link = asyncio.get_running_loop(), SpeechLink(process)
        ready_at = math.inf
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(link.run())
            closing = tasks.create_task(self._closing.wait())
            announcing = tasks.create_task(self._announce(link, process.pid))
            over = running, closing
            await asyncio.wait((*over, announcing), timeout=_START_S, return_when=asyncio.FIRST_COMPLETED)
            if announcing.done():
                ready_at = loop.time()
                await asyncio.wait(over, return_when=asyncio.FIRST_COMPLETED)
            elif not any(task.done() for task in over):
                log.warning("a speech process did not get ready in time and is killed")
            for task in (*over, announcing):
                task.cancel()
        self._links.pop(process.pid, None)
        await _end(process)
        return max(0.0, loop.time() - ready_at)

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._closing.wait()
        except TimeoutError:
            return

    async def _announce(self, link: SpeechLink, process_id: int) -> None:
        await link.ready.wait()
        async with self._changed:
            self._links[process_id] = link
            self._changed.notify_all()


async def _end(process: Process) -> None:
    """A closed stdin tells the process to go; one that does not is killed."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        async with asyncio.timeout(_EXIT_S):
            await process.wait()
    except TimeoutError:
        with suppress(ProcessLookupError):  # it has gone in this very moment
            process.kill()
        await process.wait()
    if process.stdin is not None:
        # What it did not take any more is lost with it; unless somebody asks, asyncio logs that as an error (3.11.2).
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(_EXIT_S):
                await process.stdin.wait_closed()
