"""How a running session is told what to do; the rules of callcore.ports apply."""

from typing import TYPE_CHECKING, Protocol

from callcore.ids import AccountId, SessionId

if TYPE_CHECKING:  # what happens after calls commands no worker, and its start does not wait for the commands' models
    from callcore.wire.jobs import Command, Done


class CallControl(Protocol):
    """The one road from the control plane into a running session."""

    def send(self, account_id: AccountId, session_id: SessionId, command: "Command") -> "Done":
        """Tell the worker that holds the session; returns when it has taken the command.

        Raises NotFound, also for another account's call, Conflict when the call is not going on, LimitExceeded when
        it has been told too much, and WorkerUnreachable.
        """
        ...
