"""The call log (protocol.md 7.6)."""

import json
from typing import Any

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool

from api.dependencies import AppDependencies, PrivateAccount
from api.problems import AsciiJsonResponse
from callcore.calls import Call
from callcore.ids import SessionId
from callcore.privacy import opted_out

router = APIRouter()


@router.get("/call-logs/{session_id}")
async def get_call_log(session_id: str, account: PrivateAccount, stores: AppDependencies) -> AsciiJsonResponse:
    """One call of the account, also while it lives."""
    call = await run_in_threadpool(stores.calls.get_call, account.account_id, SessionId(session_id))
    return AsciiJsonResponse(call_history(call))


def call_history(call: Call) -> dict[str, Any]:
    """CallHistory: every field stands, null when there is no value; after an opt-out nothing was kept."""
    kept = not opted_out(call.agent_config)
    return {
        "agent_id": call.agent_id,
        "agent_config": dict(call.agent_config),
        "duration": call.duration_s,
        "ts": call.started_at,
        "chat": None if call.chat is None else json.dumps(list(call.chat), ensure_ascii=False),
        "chars_used": call.chars_used,
        "session_id": call.session_id,
        "call_id": call.call_id,
        "cost_breakdown": None,
        "voip": None if call.voip is None else dict(call.voip),
        "recording": None,
        "metadata": dict(call.metadata) if kept else None,
        "function_calls": list(call.function_calls) if kept else None,
        "call_status": call.status,
    }
