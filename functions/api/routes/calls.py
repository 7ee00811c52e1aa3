"""Calls that begin later (protocol.md 6 and 7.2)."""

from contextlib import suppress
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, BeforeValidator, Field
from starlette.concurrency import run_in_threadpool

from api.dependencies import AppDependencies, CallingAccount, Dependencies
from api.idempotency import RequestOnce
from api.problems import AsciiJsonResponse
from callcore.accounts.account import Account
from callcore.calls.call import Call, CallStatus
from callcore.calls.registration import Registration, register
from callcore.errors import InvalidTransition
from callcore.ids import AgentId, SessionId
from callcore.telephony.outbound import never_answered
from callstore import private_calls

router = APIRouter()

BlankIsNull = BeforeValidator(lambda value: None if value == "" else value)
Number = Annotated[Annotated[str, Field(max_length=64)] | None, BlankIsNull]


class Continuation(BaseModel):
    """The earlier session whose history is wanted; one that there is not is no error."""

    session_id: Annotated[str | None, BlankIsNull] = None


def continues_of(continuation: Continuation | None) -> SessionId | None:
    """The session that it names."""
    return SessionId(continuation.session_id) if continuation and continuation.session_id else None


class CallRequest(BaseModel):
    """The common request object; clients send null for every key they do not use, and flags as text."""

    agent_id: Annotated[str | None, BlankIsNull] = None
    agent_config: dict[str, Any] | None = None
    metadata: dict[str, Any] | None = None
    include_metadata_in_prompt: Annotated[bool | None, BlankIsNull] = None
    from_phone: Number = None
    to_phone: Number = None
    session_continuation: Continuation | None = None


@router.post("/register_call")
async def register_call(
    body: CallRequest, account: CallingAccount, stores: AppDependencies, once: RequestOnce
) -> AsciiJsonResponse:
    """Register a call; an `initiate` with its `call_id` starts it, once, within a day.

    The same `Idempotency-Key` with the same body within a day gives the same call.
    """
    return await once.reply(lambda: _registered(body, account, stores))


async def _registered(body: CallRequest, account: Account, stores: Dependencies) -> dict[str, Any]:
    wanted = await run_in_threadpool(registration_of, body, account, stores)
    call = register(account.account_id, wanted, stores.clock.unix_s())
    await run_in_threadpool(private_calls.register_call, call, stores.calls, stores.private)
    return {"call_id": call.call_id, "session_id": call.session_id}


def registration_of(body: CallRequest, account: Account, stores: Dependencies) -> Registration:
    """The registration that the request asks for. Raises NotFound."""
    agent = None
    if body.agent_id is not None:
        agent = stores.agents.get_agent(account.account_id, AgentId(body.agent_id))
    return Registration(
        agent=agent,
        agent_config=body.agent_config,
        metadata=body.metadata or {},
        include_metadata_in_prompt=bool(body.include_metadata_in_prompt),
        continues=continues_of(body.session_continuation),
        from_phone=body.from_phone,
        to_phone=body.to_phone,
    )


def call_off(call: Call, stores: Dependencies) -> None:
    """End a registered call that no worker would begin; one that has begun all the same is its worker's."""
    with suppress(InvalidTransition):
        stores.calls.finish_call(never_answered(call, CallStatus.CANCELED))
