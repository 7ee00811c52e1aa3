"""What the end-of-call webhook is sent (protocol.md 9.2). Pure."""

import json
from collections.abc import Mapping
from typing import Any

from callcore.calls.call import TALK_ENDS, Call, CallStatus


def call_ended(call: Call, recording: Mapping[str, str] | None) -> dict[str, Any]:
    """The payload of an ended call; `recording` are its addresses.

    Consumers call methods on some fields without looking: those are never null. An object without a value is absent.
    """
    payload: dict[str, Any] = {
        "session_id": call.session_id,
        "call_id": call.call_id,
        "agent_id": call.agent_id,
        "agent_config": dict(call.agent_config),
        "ts": call.started_at,
        "duration": call.duration_s or 0,
        "chat": json.dumps(list(call.chat or ()), ensure_ascii=False),
        "function_calls": list(call.function_calls),
        "chars_used": call.chars_used or 0,
        "cost_breakdown": list(call.cost_breakdown),
        "metadata": dict(call.metadata),
        "call_status": str(_told(call)),
        "error_message": call.error_message or "",
    }
    optional = {
        "session_continuation": None if call.continues is None else {"session_id": call.continues},
        "voip": call.voip,
        "recording": recording,
        "call_metrics": call.call_metrics,
        "call_analysis": call.call_analysis,
    }
    return payload | {name: dict(value) for name, value in optional.items() if value is not None}


def _told(call: Call) -> CallStatus:
    """Its status among those that consumers know (protocol.md 8): the word of a call without a talk is its error."""
    if call.status in TALK_ENDS:
        return call.status
    return CallStatus.API_ENDED if call.error_message == CallStatus.CANCELED else CallStatus.ERROR
