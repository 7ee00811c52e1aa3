"""The call log (protocol.md 7.6), and that of one agent."""

import json
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from api.dependencies import AppDependencies, Dependencies, PrivateAccount
from api.problems import AsciiJsonResponse
from api.routes.calls import BlankIsNull
from callcore.accounts.account import Account
from callcore.calls.call import END_STATUSES, Call, CallStatus
from callcore.calls.log import MAX_PAGE, CallQuery
from callcore.calls.privacy import opted_out
from callcore.calls.usage import UsageLine
from callcore.ids import AgentId, SessionId
from callstore.erasure import erase_call

DEFAULT_PAGE = 20
_LATEST_UNIX_S = 2**33
"""Far enough: the year 2242."""

router = APIRouter()


_UnixS = Annotated[float, Field(ge=0, le=_LATEST_UNIX_S, allow_inf_nan=False)]
Time = Annotated[_UnixS | None, BlankIsNull]
Limit = Annotated[int, Field(ge=1, le=MAX_PAGE)]
Text = Annotated[Annotated[str, Field(max_length=128)] | None, BlankIsNull]


class LogFilter(BaseModel):
    """The query of the call log. A blank parameter is the same as none."""

    limit: Limit = DEFAULT_PAGE
    start_after_ts: Time = None
    start_time: Time = None
    end_time: Time = None
    agent_id: Text = None
    call_status: Annotated[CallStatus | None, BlankIsNull] = None
    phone_number: Text = None


class HistoryFilter(BaseModel):
    """The query of one agent's calls."""

    start_at: Time = None
    limit: Limit = DEFAULT_PAGE


@router.get("/call-logs")
async def list_call_logs(
    wanted: Annotated[LogFilter, Query()], account: PrivateAccount, stores: AppDependencies
) -> AsciiJsonResponse:
    """The account's calls, newest first; `next_cursor` is null at the end."""
    query = CallQuery(
        account_id=account.account_id,
        limit=wanted.limit,
        after=wanted.start_after_ts or None,
        start_time=wanted.start_time,
        end_time=wanted.end_time,
        agent_id=AgentId(wanted.agent_id) if wanted.agent_id else None,
        status=wanted.call_status,
        phone_number=wanted.phone_number,
    )
    page = await run_in_threadpool(stores.call_log.list_calls, query)
    histories = [call_history(call, stores.recording_of(call, account)) for call in page.calls]
    return AsciiJsonResponse({"histories": histories, "next_cursor": page.next_cursor})


@router.get("/call-logs/{session_id}")
async def get_call_log(session_id: str, account: PrivateAccount, stores: AppDependencies) -> AsciiJsonResponse:
    """One call of the account, also while it lives."""
    call = await run_in_threadpool(stores.calls.get_call, account.account_id, SessionId(session_id))
    return AsciiJsonResponse(call_history(call, stores.recording_of(call, account)))


@router.delete("/call-logs/{session_id}")
async def delete_call_log(session_id: str, account: PrivateAccount, stores: AppDependencies) -> AsciiJsonResponse:
    """Delete a call that has ended, with its recording, or a registered one that shall not begin; else 409.

    The number that a campaign called by it leaves the campaign's list, with its metadata, and stays counted.
    """
    await run_in_threadpool(_delete, stores, account, SessionId(session_id))
    return AsciiJsonResponse({"session_id": session_id, "deleted": True})


@router.get("/agents/{agent_id}/call-histories")
async def list_agent_calls(
    agent_id: str, wanted: Annotated[HistoryFilter, Query()], account: PrivateAccount, stores: AppDependencies
) -> AsciiJsonResponse:
    """Calls of one agent that began at `start_at` or before, newest first; `chat` is an array here."""
    agent = await run_in_threadpool(stores.agents.get_agent, account.account_id, AgentId(agent_id))
    query = CallQuery(account.account_id, wanted.limit, end_time=wanted.start_at or None, agent_id=agent.agent_id)
    page = await run_in_threadpool(stores.call_log.list_calls, query)
    items = [_with_chat_as_array(call, stores.recording_of(call, account)) for call in page.calls]
    return AsciiJsonResponse({"items": items, "has_more": page.next_cursor is not None})


def _delete(stores: Dependencies, account: Account, session_id: SessionId) -> None:
    call = stores.calls.get_call(account.account_id, session_id)
    erase_call(call, stores.call_log, stores.blobs, stores.delivery_log, stores.deliveries)


def _with_chat_as_array(call: Call, recording: Mapping[str, str] | None) -> dict[str, Any]:
    return call_history(call, recording) | {"chat": None if call.chat is None else list(call.chat)}


def call_history(call: Call, recording: Mapping[str, str] | None) -> dict[str, Any]:
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
        "cost_breakdown": list(call.cost_breakdown) if call.status in END_STATUSES else None,
        "voip": None if call.voip is None else dict(call.voip),
        "recording": None if recording is None else dict(recording),
        "metadata": dict(call.metadata) if kept else None,
        "visitor_supplied": None if call.visitor_names is None else list(call.visitor_names),
        "function_calls": list(call.function_calls) if kept else None,
        "call_status": call.status,
        "usage": [_usage_body(line) for line in call.usage],
        "session_continuation": None if call.continues is None else {"session_id": call.continues},
        "notes": list(call.notes),
        "call_analysis": None if call.call_analysis is None else dict(call.call_analysis),
        "call_metrics": None if call.call_metrics is None else dict(call.call_metrics),
    }


def _usage_body(line: UsageLine) -> dict[str, Any]:
    """What was counted, also where it is not charged: `discarded`, and what only vendors bill (`stt:stream_ms`)."""
    return {
        "unit": line.unit,
        "quantity": line.quantity,
        "provider": line.service.provider,
        "model": line.service.model,
        "discarded": line.discarded,
    }
