"""The load of a worker as a log line that CloudWatch reads numbers from; the service grows and shrinks by them."""

import logging
from dataclasses import dataclass

from media_worker.session.clock import WorkerClock
from media_worker.session.supervisor import Supervisor

EVERY_S = 20.0
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LoadReport:
    """Of one worker."""

    supervisor: Supervisor
    clock: WorkerClock
    cluster: str

    async def run(self) -> None:
        """Until cancelled. A worker that drains says nothing: its slots are nobody's."""
        while True:
            await self.clock.sleep_until(self.clock.monotonic_s() + EVERY_S)
            if not self.supervisor.draining:
                self.tell()

    def tell(self) -> None:
        """How it is now."""
        load = self.supervisor.load
        log.info(
            "load",
            extra={
                "cluster": self.cluster,
                "sessions": load.sessions,
                "free_slots": load.free_slots,
                "busy_percent": load.busy_percent,
                "late_percent": load.late_percent,
            },
        )
