"""Calls that we place (protocol.md 7.1)."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from api.dependencies import AppDependencies, CallingAccount, Dependencies
from api.idempotency import RequestOnce
from api.problems import AsciiJsonResponse
from api.routes.calls import CallRequest, continues_of
from callcore.accounts.account import Account
from callcore.calls.registration import Registration
from callcore.errors import InvalidInput
from callcore.ids import AgentId
from callcore.phones.phone import Phone, parse_number
from callcore.telephony.outbound import order_call, parse_callee
from callstore import private_calls

router = APIRouter()


class AgentOfCall(BaseModel):
    """Which agent talks."""

    agent_id: str


class OldOutboundCall(BaseModel):
    """The request of older clients: the agent's own number is the caller."""

    init_agent: AgentOfCall
    phone: Annotated[str, Field(max_length=64)]


@router.post("/start_outbound_call")
async def start_outbound_call(
    body: CallRequest, account: CallingAccount, stores: AppDependencies, once: RequestOnce
) -> AsciiJsonResponse:
    """Order a call from a connected number of the account; it is placed as soon as account and number may.

    Without `agent_id` the agent of `from_phone` talks; without `from_phone` the agent's oldest number calls. The same
    `Idempotency-Key` with the same body within a day is the same call. `GET /call-logs/{session_id}` tells how it goes.
    """
    return await once.reply(lambda: _ordered(body, account, stores))


@router.post("/start_twilio_call")
async def start_twilio_call(
    body: OldOutboundCall, account: CallingAccount, stores: AppDependencies, once: RequestOnce
) -> AsciiJsonResponse:
    """The same, as older clients ask for it."""
    wanted = CallRequest(agent_id=body.init_agent.agent_id, to_phone=body.phone)
    return await once.reply(lambda: _ordered(wanted, account, stores))


async def _ordered(body: CallRequest, account: Account, stores: Dependencies) -> dict[str, Any]:
    if body.to_phone is None:
        raise InvalidInput("to_phone: the number to call is missing")
    to_phone = parse_callee(body.to_phone)
    caller = await _caller(body, account, stores)
    agent_id = body.agent_id or (caller.agent_id if body.agent_config is None else None)
    agent = None
    if agent_id is not None:
        agent = await run_in_threadpool(stores.agents.get_agent, account.account_id, AgentId(agent_id))
    wanted = Registration(
        agent=agent,
        agent_config=body.agent_config,
        metadata=body.metadata or {},
        include_metadata_in_prompt=bool(body.include_metadata_in_prompt),
        continues=continues_of(body.session_continuation),
    )
    call = order_call(wanted, caller, to_phone, stores.clock.unix_s())
    await run_in_threadpool(private_calls.register_call, call, stores.calls, stores.private)
    await run_in_threadpool(stores.telephony.ordered)
    return {"call_id": call.call_id, "session_id": call.session_id}


async def _caller(body: CallRequest, account: Account, stores: Dependencies) -> Phone:
    """The number that calls. Raises InvalidInput, NotFound."""
    if body.from_phone is not None:
        return await run_in_threadpool(stores.phones.get_phone, account.account_id, parse_number(body.from_phone))
    phones = await run_in_threadpool(stores.phones.list_phones, account.account_id)
    mine = [phone for phone in phones if phone.is_connected and phone.agent_id == body.agent_id]
    if not body.agent_id or not mine:
        raise InvalidInput("from_phone: the number that calls is missing, and the agent has none that is connected")
    return mine[0]
