"""What the kernel asks of the storage of calls; the rules of callcore.ports apply."""

from collections.abc import Sequence
from typing import Protocol

from callcore.calls.call import Call, Checkpoint
from callcore.calls.log import CallPage, CallQuery
from callcore.ids import AccountId, CallId, SessionId


class CallStore(Protocol):
    """The call log."""

    def begin_call(self, call: Call) -> None:
        """Store a call that begins: a new one, or one that was registered under the same session and call id.

        Raises Conflict when the session id is taken by anything but such a registration; so a registered call
        begins once.
        """
        ...

    def get_call(self, account_id: AccountId, session_id: SessionId) -> Call:
        """Raises NotFound, also for another account's call."""
        ...

    def finish_call(self, call: Call) -> bool:
        """Replace a live call by its ended form; False (and no change) when it had ended already.

        Raises NotFound, also for another account's call, and InvalidTransition when the call's status
        may not become that of `call`.
        """
        ...

    def list_live_calls(self) -> Sequence[Call]:
        """Every call that has begun and not ended, of all accounts: for the sweeper."""
        ...


class CallLog(Protocol):
    """The call log as its owner reads it."""

    def list_calls(self, query: CallQuery) -> CallPage:
        """The newest `query.limit` calls that match; those of other accounts never do."""
        ...

    def find_call(self, account_id: AccountId, call_id: CallId) -> Call:
        """The call with that call id. Raises NotFound, also for another account's call."""
        ...

    def delete_call(self, account_id: AccountId, session_id: SessionId) -> None:
        """Delete a call, its checkpoint and, of a campaign's call, its record (callcore.campaigns.ports).

        Raises NotFound, also for another account's call, and Conflict while the call goes on.
        """
        ...


class CheckpointStore(Protocol):
    """What survives a worker's death: the last state of every live session."""

    def save_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Replace the session's checkpoint. Raises Conflict when its call has not begun, or was deleted."""
        ...

    def load_checkpoint(self, session_id: SessionId) -> Checkpoint | None:
        """The last one, or None."""
        ...
