"""Ends the calls whose worker died."""

import logging
from dataclasses import dataclass

from call_events.records import is_lost, lost
from callcore.calls import Call
from callcore.errors import CallError
from callcore.ports import CallStore, CheckpointStore

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sweeper:
    """Runs at an interval, after the queue has been emptied: a worker's own word about a call's end wins."""

    calls: CallStore
    checkpoints: CheckpointStore

    def sweep(self, now: float) -> int:
        """End every lost call; how many. `now` is unix seconds. Raises StoreError when the list cannot be read."""
        return sum(self._end(call) for call in self.calls.list_live_calls() if self._is_lost(call, now))

    def _is_lost(self, call: Call, now: float) -> bool:
        last_beat = self.checkpoints.last_beat(call.worker_id) if call.worker_id else None
        return is_lost(call, last_beat, now)

    def _end(self, call: Call) -> bool:
        fields = {"session_id": call.session_id, "worker_id": call.worker_id}
        try:
            finished = self.calls.finish_call(lost(call, self.checkpoints.load_checkpoint(call.session_id)))
        except CallError:
            logger.exception("a lost call could not be ended", extra=fields)
            return False
        if finished:
            logger.warning("a call was lost with its worker", extra=fields)
        return finished
