"""The life of a call as a table, and the rows that record it (protocol.md 7.6 and 8)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from callcore.calls.usage import UsageLine
from callcore.errors import InvalidTransition
from callcore.ids import AccountId, AgentId, CallId, SessionId


class CallStatus(StrEnum):
    """Every status of the call log."""

    REGISTERED = "registered"
    QUEUED = "queued"
    DISPATCHING = "dispatching"
    PROVIDER_QUEUED = "provider_queued"
    INITIATED = "initiated"
    RINGING = "ringing"
    IN_PROGRESS = "in-progress"
    USER_ENDED = "user-ended"
    AGENT_ENDED = "agent-ended"
    API_ENDED = "api-ended"
    VOICEMAIL_HANGUP = "voicemail-hangup"
    VOICEMAIL_MESSAGE = "voicemail-message"
    TIMEOUT = "timeout"
    CANCELED = "canceled"
    BUSY = "busy"
    NO_ANSWER = "no-answer"
    FAILED = "failed"
    ERROR = "error"
    UNKNOWN = "unknown"
    CHAT_COMPLETION = "chat_completion"


_S = CallStatus
TALK_ENDS = frozenset(
    {_S.USER_ENDED, _S.AGENT_ENDED, _S.API_ENDED, _S.VOICEMAIL_HANGUP, _S.VOICEMAIL_MESSAGE, _S.TIMEOUT, _S.ERROR}
) | {_S.CHAT_COMPLETION}
"""Of a session that began: the statuses that the end-of-call webhook knows (protocol.md 8)."""
_NEVER_ANSWERED = frozenset({_S.CANCELED, _S.BUSY, _S.NO_ANSWER, _S.FAILED, _S.ERROR, _S.UNKNOWN, _S.API_ENDED})

TRANSITIONS: Mapping[CallStatus, frozenset[CallStatus]] = {
    _S.REGISTERED: frozenset({_S.QUEUED, _S.IN_PROGRESS, _S.CHAT_COMPLETION}) | _NEVER_ANSWERED,
    _S.QUEUED: frozenset({_S.DISPATCHING}) | _NEVER_ANSWERED,
    _S.DISPATCHING: frozenset({_S.QUEUED, _S.PROVIDER_QUEUED, _S.INITIATED, _S.RINGING, _S.IN_PROGRESS})
    | _NEVER_ANSWERED,
    _S.PROVIDER_QUEUED: frozenset({_S.INITIATED, _S.RINGING, _S.IN_PROGRESS}) | _NEVER_ANSWERED,
    _S.INITIATED: frozenset({_S.RINGING, _S.IN_PROGRESS}) | _NEVER_ANSWERED,
    _S.RINGING: frozenset({_S.IN_PROGRESS}) | _NEVER_ANSWERED,
    _S.IN_PROGRESS: TALK_ENDS,
}
"""From a live status to what may follow it; a status without a row is an end and never changes."""

END_STATUSES = frozenset(CallStatus) - frozenset(TRANSITIONS)
BEFORE_THE_TALK = frozenset(status for status, following in TRANSITIONS.items() if _S.IN_PROGRESS in following)
"""Of a call that was asked for and may still begin."""


class EndCode(StrEnum):
    """What stands in `error_message` of a call that ended so; another text there is a sentence, or the status."""

    WORKER_LOST = "worker-lost"
    """Its worker died."""
    WORKER_SHUTDOWN = "worker-shutdown"
    """Its worker was stopped, and could wait no longer."""
    NEVER_STARTED = "never-started"
    """It was registered, and nobody came in time."""


def advance(current: CallStatus, following: CallStatus) -> CallStatus:
    """The new status. Raises InvalidTransition when the table forbids it."""
    if following not in TRANSITIONS.get(current, frozenset()):
        raise InvalidTransition("call", current, following)
    return following


def check_follows(current: CallStatus, following: CallStatus) -> None:
    """Raises InvalidTransition unless a live call may go from one status to the other; to stay is fine."""
    if following in END_STATUSES:
        raise InvalidTransition("call", current, following)
    if following is not current:
        advance(current, following)


@dataclass(frozen=True)
class Call:
    """One conversation as a business object. Fields without a value yet are None."""

    session_id: SessionId
    call_id: CallId
    account_id: AccountId
    status: CallStatus
    started_at: float
    """Unix seconds."""
    agent_id: AgentId | None = None
    agent_config: Mapping[str, Any] = field(default_factory=dict)
    """The effective configuration of the session."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    include_metadata_in_prompt: bool = False
    """Of a registered call: how it shall begin."""
    worker_id: str | None = None
    duration_s: int | None = None
    chat: Sequence[Mapping[str, Any]] | None = None
    """OpenAI-shaped messages, heard text only; None when collection is opted out of."""
    chars_used: int | None = None
    function_calls: Sequence[Mapping[str, Any]] = ()
    voip: Mapping[str, Any] | None = None
    usage: Sequence[UsageLine] = ()
    """What it used of the providers; empty when its worker could not report it."""
    cost_breakdown: Sequence[Mapping[str, Any]] = ()
    """What it costs, as callcore.billing.pricing makes it; empty when nothing is charged, as for a lost call."""
    error_message: str | None = None
    call_analysis: Mapping[str, bool] | None = None
    """What was watched for by its wire name, and whether it was heard; None = nothing was."""
    recording: Mapping[str, str] | None = None
    """The keys of its blobs by their form: `mixed`, and `stereo` with the caller left; None = there is none."""
    notes: Sequence[str] = ()
    """What of its configuration was ignored or failed before it began, and why."""
    call_metrics: Mapping[str, Any] | None = None
    """As callcore.calls.latency makes them."""
    continues: SessionId | None = None
    """The earlier session that it goes on from; of a registered call: that it shall."""
    opened_by: str | None = None
    """The id of the public key that began it; None: another way in."""
    visitor_names: Sequence[str] | None = None
    """Names in `metadata` whose values are the visitor's own word; None: nobody wrote down whose they are."""


@dataclass(frozen=True)
class Checkpoint:
    """The state of a live session after its last final turn."""

    session_id: SessionId
    saved_at: float
    """Unix seconds."""
    chat: Sequence[Mapping[str, Any]]
    chars_used: int = 0
    call_metrics: Mapping[str, Any] = field(default_factory=dict)
    after_call: Sequence[Mapping[str, Any]] = ()
    """Of the last one: what the model wants to be run now, each with `name` and `params`."""
