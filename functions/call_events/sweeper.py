"""Ends the calls whose worker died, and those that were registered and never started."""

import logging
from dataclasses import dataclass

from call_events.ended_call import canceled, is_lost, lost
from callcore.calls.call import Call
from callcore.calls.ports import CallStore, CheckpointStore
from callcore.calls.registration import is_forgotten
from callcore.deliveries.announcement import announce
from callcore.deliveries.outbox import Outbox
from callcore.deliveries.ports import DeliveryStore
from callcore.errors import CallError
from callcore.workers.ports import WorkerRegistry

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sweeper:
    """Runs at an interval, after the queue has been emptied: a worker's own word about a call's end wins."""

    calls: CallStore
    checkpoints: CheckpointStore
    workers: WorkerRegistry
    deliveries: DeliveryStore
    outbox: Outbox

    def sweep(self, now: float) -> int:
        """End every lost or forgotten call; how many. `now` is unix seconds.

        Raises StoreError when calls or workers cannot be listed.
        """
        self._empty_outbox(now)
        live = self.calls.list_live_calls()
        beats = {worker.worker_id: worker.beat_at for worker in self.workers.list_workers()}
        forgotten = sum(self._cancel(call, now) for call in live if is_forgotten(call, now))
        lost_now = [call for call in live if is_lost(call, beats.get(call.worker_id or ""), now)]
        return forgotten + sum(self._end(call, now) for call in lost_now)

    def _empty_outbox(self, now: float) -> None:
        try:
            if expired := self.outbox.delete_expired(now):
                logger.warning("private reports expired undelivered", extra={"count": expired})
        except CallError:
            logger.exception("the outbox could not be swept")

    def _cancel(self, call: Call, now: float) -> bool:
        try:
            announce(call, self.deliveries, now)
            return self.calls.finish_call(canceled(call))
        except CallError:
            # It has begun, or was deleted, since the list was read.
            logger.warning("a forgotten call could not be canceled", extra={"session_id": call.session_id})
            return False

    def _end(self, call: Call, now: float) -> bool:
        fields = {"session_id": call.session_id, "worker_id": call.worker_id}
        try:
            lost_call = lost(call, self.checkpoints.load_checkpoint(call.session_id))
            announce(lost_call, self.deliveries, now)
            finished = self.calls.finish_call(lost_call)
        except Exception:  # whatever is wrong with one call, the others are ended
            logger.exception("a lost call could not be ended", extra=fields)
            return False
        if finished:
            logger.warning("a call was lost with its worker", extra=fields)
        return finished
