"""What a worker tells the control plane through the queue (architecture.md 1); ids, never speech."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from callcore.calls.call import CallStatus
from callcore.calls.usage import UsageLine
from callcore.ids import AccountId, SessionId

CALL_EVENTS_QUEUE = "call_events"
"""Where workers put these; the control plane consumes them."""


class CallsOrdered(BaseModel):
    """There are calls to be placed; their rows say which."""

    model_config = ConfigDict(frozen=True)

    type: Literal["calls_ordered"]


def is_order(body: str) -> bool:
    """Whether a message of the queue says that calls were ordered; it asks for nothing else to be done."""
    try:
        CallsOrdered.model_validate_json(body, strict=True)
    except ValidationError:
        return False
    return True


class CallEnded(BaseModel):
    """A session is over. Its chat is in its last checkpoint."""

    model_config = ConfigDict(frozen=True)

    type: Literal["call_ended"] = "call_ended"
    account_id: AccountId
    session_id: SessionId
    status: CallStatus
    duration_s: int = Field(ge=0)
    chars_used: int = Field(default=0, ge=0)
    error_message: str | None = None
    call_analysis: Mapping[str, bool] | None = None
    """As in callcore.calls.call."""
    recording: Mapping[str, str] | None = None
    """As in callcore.calls.call."""
    usage: tuple[UsageLine, ...] = ()
    cost_breakdown: tuple[Mapping[str, Any], ...] = ()
    """As in callcore.calls.call."""
