"""What happened, as the conversation hears of it. Past tense, immutable; audio is no event.

Replies are numbered by `turn_id`, which grows by one for every reply. An event that carries the id of
a reply which is over is stale: normal traffic, no effect.
"""

from dataclasses import dataclass
from enum import Enum, auto

from callcore.calls.call import CallStatus
from callcore.phones.answered_by import AnsweredBy
from callcore.tools.tool_call import ToolCall
from media_worker.conversation.policy import TurnPolicy


@dataclass(frozen=True, slots=True)
class Ready:
    """The client knows that the session has begun."""


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """The VAD hears the user."""

    onset: float | None = None
    """When the first sound began, on the session's clock; a little before now. None: unknown."""
    doubtful: bool = False
    """It may be the agent's own echo or a noise: `SoundJudged` follows, unless it cannot be told."""


class Sound(Enum):
    """Whose a sound is."""

    USER = auto()
    ECHO = auto()
    """The agent's own voice."""
    NOISE = auto()


@dataclass(frozen=True, slots=True)
class SoundJudged:
    """Whose the doubtful speech is that runs."""

    sound: Sound


@dataclass(frozen=True, slots=True)
class SpeechEnded:
    """The VAD no longer hears the user. An edge, not the end of a turn."""

    true_end: float
    """When the last sound ended, on the session's clock; a little before now."""
    voiced_ms: int
    """How much of the utterance was speech."""


@dataclass(frozen=True, slots=True)
class BeepHeard:
    """A tone has sounded as machines give it before they record, and it is silent now."""


@dataclass(frozen=True, slots=True)
class AnswererHinted:
    """The carrier says what it takes whoever answered the call for."""

    answered_by: AnsweredBy


@dataclass(frozen=True, slots=True)
class PartialHeard:
    """Provisional text of the running utterance."""

    text: str


@dataclass(frozen=True, slots=True)
class FinalHeard:
    """Fixed text of an utterance."""

    text: str
    rejected: bool = False
    """Speech that the recogniser could not tell."""
    epoch: int = 0
    """Grows when the recogniser is opened anew; what an earlier one says after that is stale."""


@dataclass(frozen=True, slots=True)
class TurnEnded:
    """The recogniser says that the user's turn is over. All its words were heard before."""


@dataclass(frozen=True, slots=True)
class TurnLikelyOver:
    """The recogniser expects the user's turn to be over; it will say TurnEnded or TurnResumed."""


@dataclass(frozen=True, slots=True)
class TurnResumed:
    """The recogniser takes its expectation back: the user goes on."""


@dataclass(frozen=True, slots=True)
class UserTyped:
    """The user wrote instead of speaking."""

    text: str


@dataclass(frozen=True, slots=True)
class KeyPressed:
    """The user pressed a telephone key."""

    key: str


@dataclass(frozen=True, slots=True)
class Muted:
    """The user's microphone sends nothing at all, or sends again."""

    on: bool
    since: float
    """When that began, on the session's clock; a little before now."""


@dataclass(frozen=True, slots=True)
class MicrophoneClosed:
    """The user has no microphone, or uses it no more: no sound comes, not even silence. He reads and writes."""


@dataclass(frozen=True, slots=True)
class MicrophoneOpened:
    """His sound comes."""


@dataclass(frozen=True, slots=True)
class PreparationFailed:
    """The language model or the voice gave up on a reply that is being prepared."""

    attempt: int


@dataclass(frozen=True, slots=True)
class ReplyEnded:
    """The language model has said everything; the voice may still be talking."""

    turn_id: int
    end_call: bool
    """The agent wants to end the call once this reply has been heard."""


@dataclass(frozen=True, slots=True)
class ToolsCalled:
    """The language model has said all it has to say before it knows what these functions do."""

    turn_id: int
    calls: tuple[ToolCall, ...]
    spoke: bool
    """It said something since it was asked."""


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """All that the reply has said so far was heard; comes once after AwaitHeard."""

    turn_id: int


@dataclass(frozen=True, slots=True)
class ToolFinished:
    """A function has its result, which may be a failure; the history holds it."""

    call_id: str
    ends_call: bool = False
    """What it did is the end of the call."""
    ends_reply: bool = False
    """There is nothing to say to it."""


@dataclass(frozen=True, slots=True)
class ReplyFailed:
    """The language model gave up on this reply."""

    turn_id: int


@dataclass(frozen=True, slots=True)
class VoiceFailed:
    """The voice gave up on this reply."""

    turn_id: int


@dataclass(frozen=True, slots=True)
class VoiceAsked:
    """The first piece of the reply's text went to the voice: its sound is near."""

    turn_id: int


@dataclass(frozen=True, slots=True)
class PlayoutStarted:
    """The first sample of the reply is on its way."""

    turn_id: int


@dataclass(frozen=True, slots=True)
class AgentSaid:
    """More of the reply's text can be heard."""

    turn_id: int
    text: str
    """All of it that has begun to sound."""


@dataclass(frozen=True, slots=True)
class NearlyHeard:
    """All of the reply is there, and less than a second of it is still to be heard."""

    turn_id: int


@dataclass(frozen=True, slots=True)
class PlayoutDrained:
    """The last sample of the reply has been heard."""

    turn_id: int


@dataclass(frozen=True, slots=True)
class LanguageSwitched:
    """The session goes on in another language."""

    policy: TurnPolicy
    """The same rules with that language's words."""


@dataclass(frozen=True, slots=True)
class RecogniserSwitched:
    """Another recogniser hears him from now on, in another way."""

    policy: TurnPolicy
    """The same rules for that one."""


@dataclass(frozen=True, slots=True)
class HungUp:
    """The user is gone."""


@dataclass(frozen=True, slots=True)
class TransportLost:
    """The connection is gone, and may come back."""


@dataclass(frozen=True, slots=True)
class TransportBack:
    """It is back, with the same user."""


@dataclass(frozen=True, slots=True)
class PutOnHold:
    """The user has turned away: nobody hears the agent, and nobody speaks."""


@dataclass(frozen=True, slots=True)
class TakenOffHold:
    """He is there again."""


@dataclass(frozen=True, slots=True)
class HearingLost:
    """No recogniser can be had: the user can no longer be understood."""


@dataclass(frozen=True, slots=True)
class Told:
    """The account's back end has the agent say something."""

    text: str


@dataclass(frozen=True, slots=True)
class Terminated:
    """Somebody else ends the call."""

    reason: CallStatus
    message: str = ""
    """Said first; empty = end at once."""
    error: str | None = None
    """What went wrong, for the call record."""


Event = (
    Ready
    | SpeechStarted
    | SpeechEnded
    | SoundJudged
    | BeepHeard
    | AnswererHinted
    | PartialHeard
    | FinalHeard
    | TurnEnded
    | TurnLikelyOver
    | TurnResumed
    | UserTyped
    | KeyPressed
    | Muted
    | MicrophoneClosed
    | MicrophoneOpened
    | PreparationFailed
    | ReplyEnded
    | ToolsCalled
    | CaughtUp
    | ToolFinished
    | ReplyFailed
    | VoiceFailed
    | VoiceAsked
    | PlayoutStarted
    | AgentSaid
    | NearlyHeard
    | PlayoutDrained
    | LanguageSwitched
    | RecogniserSwitched
    | HungUp
    | HearingLost
    | Told
    | Terminated
)

TransportEvent = TransportLost | TransportBack | PutOnHold | TakenOffHold
"""Only a ResumableConversation hears of these."""
