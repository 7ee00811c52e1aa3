"""Call control that writes down what it is told."""

from dataclasses import dataclass, field

from callcore.errors import CallError
from callcore.ids import AccountId, SessionId
from callcore.wire.jobs import Command, Done


@dataclass
class RecordingControl:
    sent: list[tuple[AccountId, SessionId, Command]] = field(default_factory=list)
    error: CallError | None = None
    done: Done = field(default_factory=lambda: Done(worker_id="w-1"))

    def send(self, account_id: AccountId, session_id: SessionId, command: Command) -> Done:
        self.sent.append((account_id, session_id, command))
        if self.error is not None:
            raise self.error
        return self.done
