"""What the conversation wants done. Imperative, immutable; performed in order, at once."""

from dataclasses import dataclass

from callcore.calls.call import CallStatus
from callcore.tools.tool_call import ToolCall


@dataclass(frozen=True, slots=True)
class StartReply:
    """Ask the language model for the reply to the history as it is now, and speak it."""

    turn_id: int


@dataclass(frozen=True, slots=True)
class RestartReply:
    """Ask the language model anew for this reply, of which nothing was sent: the history was revised."""

    turn_id: int


@dataclass(frozen=True, slots=True)
class PrepareReply:
    """Ask the language model for the reply to the history and `text`, and keep it behind a gate.

    Nothing of it may reach the client, the history, a tool or the bill before it is promoted.
    """

    turn_id: int
    """What the reply will be if it is promoted."""
    attempt: int
    text: str
    """What the user has said so far; it may yet change."""


@dataclass(frozen=True, slots=True)
class PrepareVoice:
    """Let the voice prepare the first segment of this attempt."""

    attempt: int


@dataclass(frozen=True, slots=True)
class PromoteReply:
    """The turn is complete and this attempt answers it: open the gate."""

    turn_id: int
    attempt: int


@dataclass(frozen=True, slots=True)
class DiscardReply:
    """Cancel this attempt; it has never been."""

    attempt: int


@dataclass(frozen=True, slots=True)
class Say:
    """Speak a fixed text as a reply of its own."""

    turn_id: int
    text: str


@dataclass(frozen=True, slots=True)
class Fill:
    """Say a filler before the reply, unless its own audio is already on its way."""

    turn_id: int
    text: str


@dataclass(frozen=True, slots=True)
class Announce:
    """Say these texts in the reply, after what it has said, before its functions run."""

    turn_id: int
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SayAside:
    """Say this now, beside the reply: it is no part of what the model said."""

    turn_id: int
    text: str


@dataclass(frozen=True, slots=True)
class AwaitHeard:
    """Tell (CaughtUp) when all that the reply has said so far was heard."""

    turn_id: int


@dataclass(frozen=True, slots=True)
class RunTools:
    """Run these functions at once, enter them into the history, and tell of each when it has its result."""

    turn_id: int
    calls: tuple[ToolCall, ...]


@dataclass(frozen=True, slots=True)
class CancelTool:
    """Stop a function that runs; why is its result."""

    call_id: str
    timed_out: bool
    """It had its time; otherwise nobody waits for it any more."""


@dataclass(frozen=True, slots=True)
class ContinueReply:
    """Ask the language model to go on with the reply, now that the history holds the results."""

    turn_id: int
    may_call: bool
    """Whether it may call functions again."""


@dataclass(frozen=True, slots=True)
class AnswerForm:
    """The user is done with a form that no reply waits for: ask the language model to go on from what became of it."""

    turn_id: int
    call_id: str


@dataclass(frozen=True, slots=True)
class FinishReply:
    """Nothing is added to the reply any more."""

    turn_id: int


@dataclass(frozen=True, slots=True)
class HoldPlayout:
    """Stop sending the reply's audio and stop its clock; generation goes on."""

    audible: bool
    """A sample was sent already: the client must be told."""


@dataclass(frozen=True, slots=True)
class ResumePlayout:
    """Undo the hold, from the first sample that was not sent."""

    audible: bool


@dataclass(frozen=True, slots=True)
class CutReply:
    """Cancel language model and voice, drop unheard audio; what was heard goes into the history."""

    turn_id: int
    audible: bool
    keep: bool
    """Whether the model may see the heard part later."""


@dataclass(frozen=True, slots=True)
class DoubtSounds:
    """Sounds without words were taken for speech: be harder to convince for a while."""


@dataclass(frozen=True, slots=True)
class RequestFinal:
    """Ask the recogniser for the final text of what it has."""


@dataclass(frozen=True, slots=True)
class ShowTranscript:
    """Show the client what the user says."""

    text: str
    is_final: bool


@dataclass(frozen=True, slots=True)
class CommitUser:
    """The user's turn is complete: it enters the history."""

    text: str
    true_end: float
    """When his last sound ended, on the session's clock."""
    wait_s: float | None = None
    """The silence that ended it; None: something else did."""


@dataclass(frozen=True, slots=True)
class NoteDoNotCall:
    """The user does not want to be called again: it belongs into the call's record."""


@dataclass(frozen=True, slots=True)
class ReviseUser:
    """The user's last turn in the history was really this."""

    text: str


@dataclass(frozen=True, slots=True)
class Explain:
    """Tell a developer what was decided, and why. Never holds speech."""

    text: str


@dataclass(frozen=True, slots=True)
class EndSession:
    """Close the call. The last effect of a conversation."""

    reason: CallStatus
    error: str | None = None


Effect = (
    StartReply
    | RestartReply
    | PrepareReply
    | PrepareVoice
    | PromoteReply
    | DiscardReply
    | Say
    | Fill
    | Announce
    | SayAside
    | AwaitHeard
    | RunTools
    | CancelTool
    | ContinueReply
    | AnswerForm
    | FinishReply
    | HoldPlayout
    | ResumePlayout
    | CutReply
    | DoubtSounds
    | RequestFinal
    | ShowTranscript
    | CommitUser
    | NoteDoNotCall
    | ReviseUser
    | Explain
    | EndSession
)
