"""What the functions after calls do, on the stores of AWS, in one process: the queue, the sweep, the webhooks."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from call_events.consumer import Consumer
from call_events.deliverer import Deliverer, Reports
from call_events.finisher import Finisher
from call_events.sweeper import Sweeper
from callauth.private_reports import SealedReports
from callcore.clock import Clock
from callcore.errors import CallError
from callcore.wire.events import CALL_EVENTS_QUEUE
from callnet.guarded import GuardedClient
from callstore.aws.stores import AwsStores

DEAD_LETTERS = "dead_letters"
POLL_S = 0.3
SWEEP_EVERY_S = 60.0
"""As the schedule of template.yaml has it."""


class ControlPlane:
    """One of it."""

    def __init__(self, stores: AwsStores, client: GuardedClient, clock: Clock) -> None:
        reports = Reports(
            stores.calls,
            stores.accounts,
            stores.disabled_webhooks,
            lambda *_: None,
            SealedReports(stores.outbox, tuple),
        )
        finisher = Finisher(stores.calls, stores.checkpoints, stores.deliveries, clock)
        self._clock = clock
        self._consumer = Consumer(stores.queue(CALL_EVENTS_QUEUE), stores.queue(DEAD_LETTERS), finisher)
        self._sweeper = Sweeper(stores.calls, stores.checkpoints, stores.workers, stores.deliveries, stores.outbox)
        self._deliverer = Deliverer(stores.deliveries, reports, client, clock, lambda: 0.5)

    async def run(self) -> None:
        """Until cancelled."""
        stop = asyncio.Event()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._consume())
                tasks.create_task(self._sweep())
                tasks.create_task(self._deliverer.run(stop))
        finally:
            stop.set()

    async def _consume(self) -> None:
        while True:
            taken = 0
            with contextlib.suppress(CallError):
                taken = await asyncio.to_thread(self._consumer.handle_batch)
            await asyncio.sleep(0 if taken else POLL_S)

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_EVERY_S)
            with contextlib.suppress(CallError):
                await asyncio.to_thread(self._sweeper.sweep, self._clock.unix_s())


@asynccontextmanager
async def control_plane(stores: AwsStores, clock: Clock) -> AsyncIterator[None]:
    """It runs as long as the block lasts."""
    async with GuardedClient(private=True) as client, asyncio.TaskGroup() as tasks:
        running = tasks.create_task(ControlPlane(stores, client, clock).run())
        try:
            yield
        finally:
            running.cancel()
