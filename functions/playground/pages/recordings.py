"""The sound of a call, and how it looks."""

from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Header
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response, StreamingResponse

from callcore.byte_range import Unsatisfiable, beyond, sent
from callcore.calls.waveform import HEAD_BYTES, loudness, wav_sound
from callcore.errors import NotFound
from callcore.ids import SessionId
from callcore.ports import Blob
from playground.charts import wave_path
from playground.views import PREFIX
from playground.visit import Visit, Visitor

PRESIGNED_S = 300
"""For following a redirect."""
STEPS = 600
"""Of a waveform."""
_SIDE_HEIGHT = 36
_QUIET = 0.08
"""A recording that is quieter than this is drawn as quiet."""
Form = Literal["mixed", "stereo"]

router = APIRouter(prefix=PREFIX)


@router.get("/calls/{session_id}/{form}.wav")
def get_sound(
    session_id: str, form: Form, visit: Visitor, wanted: Annotated[str | None, Header(alias="Range")] = None
) -> Response:
    """The recording, or the part of it that the player wants."""
    blob = _find(visit, session_id, form)
    url = blob.url(PRESIGNED_S)
    if url is not None:
        return RedirectResponse(url, HTTPStatus.FOUND)
    try:
        answer = sent(wanted, blob.size_bytes)
    except Unsatisfiable:
        raise HTTPException(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers=dict(beyond(blob.size_bytes))) from None
    sound = blob.chunks(answer.start, answer.stop)
    return StreamingResponse(sound, answer.status, dict(answer.headers), "audio/wav")


@router.get("/calls/{session_id}/waveform.svg")
def draw_sound(session_id: str, visit: Visitor) -> Response:
    """Both sides: the caller above, the agent below."""
    blob = _find(visit, session_id, "stereo")
    size = blob.size_bytes
    sound = wav_sound(b"".join(blob.chunks(0, min(HEAD_BYTES, size))), size)
    sides = loudness(sound, blob.chunks(sound.start, sound.stop), STEPS)
    loudest = max(_QUIET, max(max(side) for side in sides))
    paths = [
        wave_path(side, _SIDE_HEIGHT * (2 * place + 1) + place, _SIDE_HEIGHT - 2, loudest)
        for place, side in enumerate(sides)
    ]
    svg = visit.console.views.render(
        "waveform.svg.j2", paths=paths, width=len(sides[0]), height=2 * _SIDE_HEIGHT * len(sides), sound=sound
    )
    return Response(svg, media_type="image/svg+xml")


def _find(visit: Visit, session_id: str, form: Form) -> Blob:
    records = visit.console.records
    call = records.calls.get_call(visit.account.account_id, SessionId(session_id))
    if call.recording is None or form not in call.recording:
        raise NotFound("the recording of call", session_id)
    return records.blobs.open(call.recording[form])
