"""The sessions that a new one may go on from; its stores are synchronous."""

from dataclasses import dataclass

from callcore.calls.call import END_STATUSES
from callcore.calls.ports import CallStore, CheckpointStore
from callcore.clock import Clock
from callcore.errors import NotFound
from callcore.ids import AccountId
from callcore.opening.continuation import ContinuationWish, Continued, continued


@dataclass(frozen=True)
class EarlierCalls:
    """Finds them, inside one account."""

    calls: CallStore
    checkpoints: CheckpointStore
    clock: Clock

    def find(self, account_id: AccountId, wish: ContinuationWish) -> Continued | None:
        """What there is to take over; None when there is nothing, or nothing for whoever asks."""
        try:
            call = self.calls.get_call(account_id, wish.session_id)
        except NotFound:
            return None
        is_stored = call.status in END_STATUSES and bool(call.chat)
        checkpoint = None if is_stored else self.checkpoints.load_checkpoint(call.session_id)
        return continued(call, checkpoint, wish, self.clock.unix_s())
