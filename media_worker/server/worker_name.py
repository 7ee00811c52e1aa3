"""A worker's name in DNS, for carriers that want no bare address: there while the worker lives.

Until every server of the zone knows the name, the worker goes by its address: a resolver would remember that there is
none. What a worker left that died without a word is taken away by a later one, when a day has passed.
"""

import asyncio
import logging
from collections.abc import Mapping
from typing import Protocol

from callcore.errors import StoreError
from callcore.workers.ports import WorkerRegistry
from media_worker.session.clock import WorkerClock

RETRY_S = 60.0
GOODBYE_S = 5.0
_ID_CHARS = 12
log = logging.getLogger(__name__)


class Names(Protocol):
    """Names of workers in DNS; every method may raise StoreError, and waits."""

    def name(self, label: str) -> str:
        """The label's full name."""
        ...

    def put(self, label: str, address: str) -> None:
        """Create or replace; returns when it is known everywhere."""
        ...

    def drop(self, label: str, address: str) -> None:
        """Delete it as it is listed."""
        ...

    def listed(self) -> Mapping[str, str]:
        """Every label, and its address."""
        ...


def label_of(worker_id: str) -> str:
    """What a worker is called in its zone."""
    return f"w-{worker_id[:_ID_CHARS]}"


class WorkerName:
    """Of one worker. `run` must be running."""

    def __init__(
        self, names: Names, registry: WorkerRegistry, clock: WorkerClock, worker_id: str, address: str
    ) -> None:
        """`address` is the public one."""
        self._names = names
        self._registry = registry
        self._clock = clock
        self._label = label_of(worker_id)
        self._address = address
        self.host = address
        """How others reach the worker now."""

    async def run(self) -> None:
        """Until cancelled; then the name is gone."""
        try:
            while not await self._published():
                await self._clock.sleep_until(self._clock.monotonic_s() + RETRY_S)
            await asyncio.Event().wait()
        finally:
            self.host = self._address
            await self._forgotten()

    async def _published(self) -> bool:
        try:
            await asyncio.to_thread(self._forget_the_lost)
            await asyncio.to_thread(self._names.put, self._label, self._address)
        except StoreError:
            log.exception("the worker's name is not in DNS")
            return False
        self.host = self._names.name(self._label)
        return True

    def _forget_the_lost(self) -> None:
        known = {label_of(worker.worker_id) for worker in self._registry.list_workers()} | {self._label}
        for label, address in self._names.listed().items():
            if label.startswith("w-") and label not in known:
                self._names.drop(label, address)

    async def _forgotten(self) -> None:
        try:
            async with asyncio.timeout(GOODBYE_S):
                await asyncio.to_thread(self._names.drop, self._label, self._address)
        except (StoreError, TimeoutError):
            log.warning("the worker's name stays in DNS until another one takes it away")
