"""The sound of a call (protocol.md 9.2): mixed, and in stereo with the caller left."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Header
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response, StreamingResponse

from api.dependencies import AppDependencies, Dependencies, RecordingReader
from api.problems import Problem
from callcore.accounts.account import Account
from callcore.byte_range import Unsatisfiable, beyond, sent
from callcore.errors import NotFound
from callcore.ids import SessionId
from callcore.ports import Blob

PRESIGNED_S = 300
"""For following a redirect; the address that leads there lives longer."""
_PRIVATE = {"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"}
_SOUND: dict[int | str, dict[str, Any]] = {
    200: {"content": {"audio/wav": {"schema": {"type": "string", "format": "binary"}}}, "description": "A WAV file."},
    206: {"content": {"audio/wav": {"schema": {"type": "string", "format": "binary"}}}, "description": "A part of it."},
    302: {"description": "Where the file is, for a few minutes."},
    416: {"model": Problem, "description": "The part lies beyond the end."},
}

router = APIRouter()
RangeHeader = Annotated[str | None, Header(alias="Range")]


@router.get("/call-logs/{session_id}/recording", responses=_SOUND, response_class=Response)
async def get_recording(
    session_id: str, account: RecordingReader, stores: AppDependencies, wanted: RangeHeader = None
) -> Response:
    """Both sides mixed, mono. Takes the private key, or the token of the address that the call log gave."""
    return await _sound(stores, account, session_id, "mixed", wanted)


@router.get("/call-logs/{session_id}/recording/stereo", responses=_SOUND, response_class=Response)
async def get_stereo_recording(
    session_id: str, account: RecordingReader, stores: AppDependencies, wanted: RangeHeader = None
) -> Response:
    """The caller left, the agent right."""
    return await _sound(stores, account, session_id, "stereo", wanted)


@router.get("/histories/{session_id}/recording", responses=_SOUND, response_class=Response)
async def get_history_recording(
    session_id: str, account: RecordingReader, stores: AppDependencies, wanted: RangeHeader = None
) -> Response:
    """The same as `/call-logs/{session_id}/recording`."""
    return await _sound(stores, account, session_id, "mixed", wanted)


async def _sound(stores: Dependencies, account: Account, session_id: str, form: str, wanted: str | None) -> Response:
    blob = await run_in_threadpool(_find, stores, account, SessionId(session_id), form)
    url = await run_in_threadpool(blob.url, PRESIGNED_S)
    if url is not None:
        return RedirectResponse(url, HTTPStatus.FOUND, _PRIVATE)
    size = blob.size_bytes
    try:
        answer = sent(wanted, size)
    except Unsatisfiable:
        reason = f"the recording has {size} bytes"
        raise HTTPException(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, reason, beyond(size)) from None
    sound = blob.chunks(answer.start, answer.stop)
    return StreamingResponse(sound, answer.status, {**_PRIVATE, **answer.headers}, "audio/wav")


def _find(stores: Dependencies, account: Account, session_id: SessionId, form: str) -> Blob:
    call = stores.calls.get_call(account.account_id, session_id)
    if call.recording is None or form not in call.recording:
        raise NotFound("the recording of call", session_id)
    return stores.blobs.open(call.recording[form])
