"""The queue consumer and the sweeper with their timers: `python -m infra.local.call_events_process`.

On AWS the queue and a schedule start the same two parts.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from call_events.consumer import BATCH, Consumer
from call_events.finisher import Finisher
from call_events.retention import Retention
from call_events.sweeper import Sweeper
from callcore.clock import Clock, SystemClock
from callcore.errors import StoreError
from callcore.wire.events import CALL_EVENTS_QUEUE
from callcore.workers.worker import HEARTBEAT_S, Worker
from callstore.files import FilesBlobStore
from callstore.sqlite.stores import SqliteStores
from infra.local.process import run_process
from infra.local.settings import LocalSettings
from infra.local.telephony import placing_of
from infra.local.termination import Termination

logger = logging.getLogger(__name__)

DEAD_LETTERS = "call_events_dead"
HEARTBEAT_ID = "call_events"
"""Among the workers, as one that takes no session: it says that this process is up."""
_POLL_S = 0.5
_AFTER_FAILURE_S = 2.0


class Stop(Protocol):
    """Says when to end."""

    def is_set(self) -> bool:
        """Whether to end now."""
        ...

    def wait(self, timeout: float) -> bool:
        """Wait that long, in seconds, or until it is time to end."""
        ...


@dataclass
class Rounds:
    """What is done again and again, and when it is due (monotonic seconds)."""

    consumer: Consumer
    sweeper: Sweeper
    beat: Callable[[float], None]
    """Says that this process is up; takes unix seconds."""
    clock: Clock
    retention: Retention
    dial: Callable[[], object]
    """Places the calls that were ordered, those of campaigns too."""
    sweep_interval_s: float
    next_sweep: float = 0.0
    next_beat: float = 0.0

    def run(self, stop: Stop) -> None:
        """Until told to stop; then what is on the queue is still dealt with."""
        while not stop.is_set():
            try:
                idle_s = self._round()
            except StoreError as error:
                if not error.retryable:
                    raise
                logger.exception("the store failed; trying again")
                idle_s = _AFTER_FAILURE_S
            if idle_s:
                stop.wait(idle_s)
        while self.consumer.handle_batch() == BATCH:
            pass

    def _round(self) -> float:
        """One round; how long to be idle after it."""
        now = self.clock.monotonic_s()
        if now >= self.next_beat:
            self.beat(self.clock.unix_s())
            self.next_beat = now + HEARTBEAT_S
        self.dial()
        if self.consumer.handle_batch() == BATCH:
            return 0.0
        # Only now: the end of a call that its worker reported is not on the queue any more.
        if now >= self.next_sweep:
            self.sweeper.sweep(self.clock.unix_s())
            self.retention.sweep(self.clock.unix_s())
            self.next_sweep = now + self.sweep_interval_s
        return _POLL_S


def main(settings: LocalSettings) -> None:
    """Work until SIGTERM."""
    stop = Termination()
    clock = SystemClock()
    with SqliteStores(settings.database, clock) as stores:
        consumer = Consumer(
            stores.queue(CALL_EVENTS_QUEUE),
            stores.queue(DEAD_LETTERS),
            Finisher(stores.calls, stores.checkpoints, stores.deliveries, clock),
        )
        sweeper = Sweeper(stores.calls, stores.checkpoints, stores.workers, stores.deliveries, stores.outbox)
        Rounds(
            consumer,
            sweeper,
            lambda now: stores.workers.beat(Worker(HEARTBEAT_ID, now)),
            clock,
            Retention(
                stores.directory,
                stores.call_log,
                FilesBlobStore(settings.blobs),
                stores.delivery_log,
                stores.deliveries,
            ),
            placing_of(settings, stores, clock).run,
            settings.sweep_interval_s,
        ).run(stop)


if __name__ == "__main__":
    run_process("call_events", main)
