"""What the control plane asks of the worker that holds a session, over the internal endpoint (architecture.md 1)."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from callcore.ids import AccountId, SessionId

COMMANDS_PATH = "/internal/commands"
"""Of every worker; takes a Job, answers a Done."""
MAX_SPOKEN_CHARS = 2000


class Terminate(BaseModel):
    """End the session as `api-ended`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["terminate"] = "terminate"
    message: str | None = Field(default=None, max_length=MAX_SPOKEN_CHARS)
    """What the agent says first; nothing: it ends at once."""


class Inject(BaseModel):
    """Have the agent say something, as soon as nobody speaks."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["inject"] = "inject"
    message: str = Field(min_length=1, max_length=MAX_SPOKEN_CHARS)


Command = Terminate | Inject
"""Everything that a worker can be told."""


class Job(BaseModel):
    """A command on its way."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    account_id: AccountId
    session_id: SessionId
    command: Command = Field(discriminator="type")
    forwarded: bool = False
    """A worker sends it on, which nobody does twice."""


class Done(BaseModel):
    """The owner took the command."""

    model_config = ConfigDict(frozen=True)

    worker_id: str
    """Who holds the session."""
