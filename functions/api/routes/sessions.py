"""What can be told to a session that is going on (protocol.md 7)."""

from typing import Annotated

from fastapi import APIRouter, Body
from pydantic import BaseModel, BeforeValidator, Field
from starlette.concurrency import run_in_threadpool

from api.dependencies import AppDependencies, PrivateAccount
from api.problems import AsciiJsonResponse
from callcore.ids import SessionId
from callcore.wire.jobs import MAX_SPOKEN_CHARS, Inject, Terminate

router = APIRouter()

_BlankIsNull = BeforeValidator(lambda value: None if value == "" else value)


class TerminateRequest(BaseModel):
    """How a session shall end."""

    message: Annotated[Annotated[str, Field(max_length=MAX_SPOKEN_CHARS)] | None, _BlankIsNull] = None
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

    409 when it has ended or has not begun; 503 when its worker does not answer.
    """
    command = Terminate(message=body.message if body else None)
    await run_in_threadpool(stores.control.send, account.account_id, SessionId(session_id), command)
    return AsciiJsonResponse({"session_id": session_id, "terminated": True})


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
