"""What sessions left behind and the stores would not take: it is offered again until they do."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from callcore.errors import StoreError
from callcore.ids import SessionId
from media_worker.session.clock import WorkerClock

RETRY_EVERY_S = 5.0
MOST = 100
"""A worker that keeps so much takes no further session, which might leave something behind as well."""
Writes = deque[Callable[[], None]]
"""In their order; each may be done twice."""
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Left:
    session_id: SessionId
    writes: Writes


class Unstored:
    """Of one worker. `run` must be running."""

    def __init__(self, clock: WorkerClock) -> None:
        self._clock = clock
        self._left: deque[_Left] = deque()
        self._some = asyncio.Event()
        self._none = asyncio.Event()
        self._none.set()

    def __len__(self) -> int:
        """Of how many sessions."""
        return len(self._left)

    def add(self, session_id: SessionId, writes: Writes) -> None:
        """Offer them from now on."""
        self._left.append(_Left(session_id, writes))
        self._some.set()
        self._none.clear()

    async def run(self) -> None:
        """Offer what is left, every few seconds, until cancelled."""
        while True:
            await self._some.wait()
            await self._clock.sleep_until(self._clock.monotonic_s() + RETRY_EVERY_S)
            for left in tuple(self._left):
                if await self._stored(left):
                    self._left.remove(left)
            if not self._left:
                self._some.clear()
                self._none.set()

    async def emptied(self) -> None:
        """Return when nothing is left."""
        await self._none.wait()

    async def _stored(self, left: _Left) -> bool:
        """Whether nothing of it is left."""
        fields = {"session_id": left.session_id}
        while left.writes:
            try:
                await asyncio.to_thread(left.writes[0])
            except StoreError as error:
                if error.retryable:
                    return False
                log.exception("what a call left was refused", extra=fields)
            except Exception:
                log.exception("what a call left was refused", extra=fields)
            left.writes.popleft()
        log.warning("what a call left was stored late", extra=fields)
        return True
