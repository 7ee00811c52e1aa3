"""Stores the end of a call as its worker told it; doing so twice is harmless."""

import logging
from dataclasses import dataclass

from call_events.ended_call import ended
from callcore.calls.ports import CallStore, CheckpointStore
from callcore.clock import Clock
from callcore.deliveries.announcement import announce
from callcore.deliveries.ports import DeliveryStore
from callcore.wire.events import CallEnded

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 5
"""A message that was tried so often without success goes to the dead letters."""


@dataclass(frozen=True)
class Finisher:
    """What is done with one message, whichever queue brought it."""

    calls: CallStore
    checkpoints: CheckpointStore
    deliveries: DeliveryStore
    clock: Clock

    def finish(self, body: str) -> bool:
        """Store the end of the call; False when it had ended already.

        Raises ValueError when the body is no such message, and CallError.
        """
        event = CallEnded.model_validate_json(body)
        call = self.calls.get_call(event.account_id, event.session_id)
        ended_call = ended(call, event, self.checkpoints.load_checkpoint(event.session_id))
        announce(ended_call, self.deliveries, self.clock.unix_s())
        finished = self.calls.finish_call(ended_call)
        logger.info(
            "a call ended" if finished else "a call had ended already",
            extra={"session_id": event.session_id, "call_status": event.status},
        )
        return finished
