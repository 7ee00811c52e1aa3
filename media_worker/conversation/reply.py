"""The reply that the agent owes, as an enum and a table."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

from callcore.errors import InvalidTransition
from media_worker.conversation.tool_round import ToolRound


class ReplyState(Enum):
    """How far the reply is."""

    SPECULATED = auto()
    """Prepared before the user's turn has surely ended; nothing of it leaves the session."""
    COMMITTED = auto()
    """Owed; nothing of it has been sent."""
    SPEAKING = auto()
    """Its first sample has been sent."""
    CUT = auto()
    """Interrupted or replaced."""
    DONE = auto()
    """Heard to its end, or failed."""


class ReplySignal(Enum):
    """What moves a reply."""

    COMMIT = auto()
    """The turn that it answers is complete."""
    AUDIO = auto()
    CUT = auto()
    OVER = auto()


TABLE: Mapping[tuple[ReplyState, ReplySignal], ReplyState] = {
    (ReplyState.SPECULATED, ReplySignal.COMMIT): ReplyState.COMMITTED,
    (ReplyState.SPECULATED, ReplySignal.CUT): ReplyState.CUT,
    (ReplyState.COMMITTED, ReplySignal.AUDIO): ReplyState.SPEAKING,
    (ReplyState.COMMITTED, ReplySignal.CUT): ReplyState.CUT,
    (ReplyState.COMMITTED, ReplySignal.OVER): ReplyState.DONE,
    (ReplyState.SPEAKING, ReplySignal.AUDIO): ReplyState.SPEAKING,
    (ReplyState.SPEAKING, ReplySignal.CUT): ReplyState.CUT,
    (ReplyState.SPEAKING, ReplySignal.OVER): ReplyState.DONE,
}


class ReplyKind(Enum):
    """Why the agent speaks."""

    ANSWER = auto()
    GREETING = auto()
    APOLOGY = auto()
    IDLE_PROMPT = auto()
    NOTICE = auto()
    GOODBYE = auto()
    VOICEMAIL = auto()
    """A message for a machine; the call ends with it."""


@dataclass
class Reply:
    """One reply and where it stands."""

    turn_id: int
    kind: ReplyKind
    interruptible: bool
    state: ReplyState = ReplyState.COMMITTED
    closing: bool = False
    """Less than a second of it is still to be heard."""
    tools: ToolRound = field(default_factory=ToolRound)
    corrections: int = 0
    """How often the model was asked anew because the user's words were corrected."""
    fill_due: float | None = None
    """When something must be said if the reply is not there; None: never, or it was said, or the reply is near."""

    def signal(self, signal: ReplySignal) -> None:
        """Move on. Raises InvalidTransition."""
        try:
            self.state = TABLE[self.state, signal]
        except KeyError:
            raise InvalidTransition("reply", self.state.name, signal.name) from None

    @property
    def live(self) -> bool:
        """Still owed or being spoken."""
        return self.state in (ReplyState.COMMITTED, ReplyState.SPEAKING)

    @property
    def audible(self) -> bool:
        """Something of it has been sent."""
        return self.state is ReplyState.SPEAKING
