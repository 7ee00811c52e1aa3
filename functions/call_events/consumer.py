"""Takes what the workers put on the queue; doing so twice is harmless."""

import logging
from dataclasses import dataclass

from call_events.records import ended
from callcore.ports import CallStore, CheckpointStore, Delivery, Queue
from callcore.wire.events import CallEnded

logger = logging.getLogger(__name__)

BATCH = 10
MAX_ATTEMPTS = 5
"""A message that was tried so often without success goes to the dead letters."""


@dataclass(frozen=True)
class Consumer:
    """One worker of the queue; several may run at once."""

    queue: Queue
    dead_letters: Queue
    calls: CallStore
    checkpoints: CheckpointStore
    visibility_s: float = 30.0
    """How long a message is ours; also the wait before a failed one is tried again."""

    def handle_batch(self) -> int:
        """Deal with up to BATCH messages; how many there were. Does not wait.

        A message that fails stays on the queue and does not hold up the others. Raises StoreError when the
        queue itself fails.
        """
        deliveries = self.queue.receive(BATCH, self.visibility_s)
        for delivery in deliveries:
            self._handle(delivery)
        return len(deliveries)

    def _handle(self, delivery: Delivery) -> None:
        # The attempt is counted when a message is received, so one that kills its process is caught as well.
        if delivery.attempt > MAX_ATTEMPTS:
            self.dead_letters.send(delivery.body)
            logger.error("a message went to the dead letters", extra={"attempt": delivery.attempt})
        else:
            try:
                self._finish(CallEnded.model_validate_json(delivery.body))
            except Exception as error:  # whatever is wrong with one message, the others go on
                # The error's own text may hold parts of the message.
                logger.warning("a message failed", extra={"attempt": delivery.attempt, "error": type(error).__name__})
                return
        self.queue.delete(delivery.receipt)

    def _finish(self, event: CallEnded) -> None:
        call = self.calls.get_call(event.account_id, event.session_id)
        finished = self.calls.finish_call(ended(call, event, self.checkpoints.load_checkpoint(event.session_id)))
        logger.info(
            "a call ended" if finished else "a call had ended already",
            extra={"session_id": event.session_id, "call_status": event.status},
        )
