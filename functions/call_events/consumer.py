"""Takes what the workers put on the queue, where no event source mapping does."""

import logging
from dataclasses import dataclass

from call_events.finisher import MAX_ATTEMPTS, Finisher
from callcore.ports import Delivery, Queue

logger = logging.getLogger(__name__)

BATCH = 10


@dataclass(frozen=True)
class Consumer:
    """One worker of the queue; several may run at once."""

    queue: Queue
    dead_letters: Queue
    finisher: Finisher
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
                self.finisher.finish(delivery.body)
            except Exception as error:  # whatever is wrong with one message, the others go on
                # The error's own text may hold parts of the message.
                logger.warning("a message failed", extra={"attempt": delivery.attempt, "error": type(error).__name__})
                return
        self.queue.delete(delivery.receipt)
