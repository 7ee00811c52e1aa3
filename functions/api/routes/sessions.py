"""What can be told to a session that is going on (protocol.md 7)."""

from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Body
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from api.dependencies import AppDependencies, Dependencies, PrivateAccount
from api.problems import AsciiJsonResponse
from api.routes.calls import BlankIsNull
from callcore.calls.call import CallStatus
from callcore.deliveries.announcement import announce
from callcore.errors import Conflict, InvalidTransition, NotFound
from callcore.ids import AccountId, SessionId
from callcore.phones.phone import parse_number
from callcore.telephony.carrier_accounts import opened
from callcore.telephony.outbound import CALL_SID, is_cancellable, never_answered
from callcore.telephony.ports import CarrierRefused
from callcore.wire.jobs import MAX_SPOKEN_CHARS, Inject, Terminate

router = APIRouter()


class TerminateRequest(BaseModel):
    """How a session shall end."""

    message: Annotated[Annotated[str, Field(max_length=MAX_SPOKEN_CHARS)] | None, BlankIsNull] = None
    """Spoken first; without it the session ends at once."""


class InjectRequest(BaseModel):
    """What the agent shall say."""

    message: Annotated[str, Field(min_length=1, max_length=MAX_SPOKEN_CHARS)]


@router.post("/sessions/{session_id}/terminate")
async def terminate_session(
    session_id: str,
    account: PrivateAccount,
    stores: AppDependencies,
    body: Annotated[TerminateRequest | None, Body()] = None,
) -> AsciiJsonResponse:
    """End a call that goes on, as `api-ended`; the reply comes when its worker has been told.

    A call that we place and that nobody has taken yet is canceled. 409 when the call has ended or has not begun; 503
    when its worker or its carrier does not answer.
    """
    command = Terminate(message=body.message if body else None)
    try:
        await run_in_threadpool(stores.control.send, account.account_id, SessionId(session_id), command)
    except Conflict:
        if not await run_in_threadpool(_canceled, stores, account.account_id, SessionId(session_id), command):
            raise
    return AsciiJsonResponse({"session_id": session_id, "terminated": True})


def _canceled(stores: Dependencies, account_id: AccountId, session_id: SessionId, command: Terminate) -> bool:
    """Whether it was a call that we place; it is over now, or its worker knows that it shall be."""
    try:
        call = stores.calls.get_call(account_id, session_id)
    except NotFound:
        return False
    if not is_cancellable(call):
        return False
    # First the row, so that whoever places or answers the call at this moment finds it over.
    announce(call, stores.deliveries, stores.clock.unix_s())
    try:
        stores.calls.finish_call(never_answered(call, CallStatus.CANCELED))
    except InvalidTransition:
        # Somebody has taken it up meanwhile.
        stores.control.send(account_id, session_id, command)
        return True
    telephony, voip = stores.telephony, call.voip or {}
    if CALL_SID in voip:
        phone = stores.phones.get_phone(call.account_id, parse_number(str(voip["from"])))
        control = telephony.controls[phone.carrier]
        with suppress(CarrierRefused):  # it is over there
            control.hang_up(opened(phone, telephony.seal), str(voip[CALL_SID]), ringing=True)
    return True


@router.post("/sessions/{session_id}/inject")
async def inject_message(
    session_id: str, body: InjectRequest, account: PrivateAccount, stores: AppDependencies
) -> AsciiJsonResponse:
    """Have the agent say a message, as soon as nobody speaks; the caller may interrupt it, and it is history then.

    409 when the call is not going on, 429 when eight messages wait already, 503 when its worker does not answer.
    """
    command = Inject(message=body.message)
    await run_in_threadpool(stores.control.send, account.account_id, SessionId(session_id), command)
    return AsciiJsonResponse({"session_id": session_id, "injected": True})
