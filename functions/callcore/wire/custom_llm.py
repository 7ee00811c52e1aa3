"""The WebSocket to a customer's own language model, to which we are the client (protocol.md 5; PROTOCOL.md).

All frames are text, JSON objects `{"type", "data"}`. Where the published documents do not show whether an id stands at
the top or inside `data`, we send it in both places and read it in either.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from callcore.errors import InvalidInput, RemoteProtocolError
from callcore.jsontext import parse_json

MAX_STREAM_ID = 2**31 - 1
MAX_PAUSE_MS = 10_000


# --- to the model -----------------------------------------------------------------------------


@dataclass(frozen=True)
class StartCall:
    """A call begins; what answers this stream is the greeting."""

    stream_id: int
    session_id: str
    agent_id: str | None = None
    call_sid: str | None = None
    """Twilio's; None when Twilio does not carry the call."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    voip: Mapping[str, Any] | None = None
    """Both numbers, `from` the caller's; None when it is no phone call."""


@dataclass(frozen=True)
class StreamRequest:
    """The user's turn is complete: answer it, and abandon streams with a lower id."""

    stream_id: int
    transcript: Sequence[Mapping[str, str]]
    """The whole conversation as `role` and `content`; the last one is the user's."""


@dataclass(frozen=True)
class PartialTranscript:
    """What the user says, while he says it."""

    session_id: str
    text: str
    is_final: bool


@dataclass(frozen=True)
class PlaybackFinished:
    """The whole answer was heard."""

    session_id: str
    stream_id: int


@dataclass(frozen=True)
class Interrupt:
    """The user interrupted this answer: nothing more of it is wanted."""

    stream_id: int


ModelBound = StartCall | StreamRequest | PartialTranscript | PlaybackFinished | Interrupt


def to_wire(message: ModelBound) -> str:
    """The text frame of a message."""
    return json.dumps(_frame(message), ensure_ascii=False, separators=(",", ":"))


def _frame(message: ModelBound) -> dict[str, Any]:
    match message:
        case StartCall(stream_id, session_id, agent_id, call_sid, metadata, voip):
            data = {"stream_id": stream_id, "agent_id": agent_id, "call_sid": call_sid, "session_id": session_id}
            numbers = {} if voip is None else {"voip": dict(voip)}
            return {"type": "start_call", "data": {**data, "metadata": dict(metadata), **numbers}}
        case StreamRequest(stream_id, transcript):
            turns = [dict(turn) for turn in transcript]
            return {"type": "stream_request", "data": {"stream_id": stream_id, "transcript": turns}}
        case PartialTranscript(session_id, text, is_final):
            data = {"session_id": session_id, "transcript": text, "is_final": is_final}
            return {"type": "partial_transcript", "session_id": session_id, "data": data}
        case PlaybackFinished(session_id, stream_id):
            data = {"session_id": session_id, "stream_id": stream_id}
            return {"type": "playback_finished", "session_id": session_id, "data": data}
        case Interrupt(stream_id):
            return {"type": "interrupt", "stream_id": stream_id, "data": {"stream_id": stream_id}}


# --- from the model ---------------------------------------------------------------------------


@dataclass(frozen=True)
class StreamResponse:
    """The next piece of an answer; pieces concatenate verbatim."""

    stream_id: int | None
    """Of what it answers; None: it does not say."""
    content: str = ""
    flush: bool = False
    """Say all of it so far now, whether or not it is a whole sentence."""
    pause_ms: int = 0
    """Silence after it."""
    end_of_stream: bool = False
    """The answer is complete."""


@dataclass(frozen=True)
class EndCall:
    """End the call when everything has been heard."""

    stream_id: int | None


@dataclass(frozen=True)
class TransferCall:
    """Transfer the call when everything has been heard."""

    stream_id: int | None
    destination: str


@dataclass(frozen=True)
class Unrecognised:
    """A type that we do not know: ignored."""

    type: str


CallBound = StreamResponse | EndCall | TransferCall | Unrecognised


def parse_model_message(text: str) -> CallBound:
    """Read one text frame. Raises RemoteProtocolError when it is no message of this protocol."""
    try:
        frame = parse_json(text)
    except InvalidInput as error:
        raise RemoteProtocolError(f"a frame {error}") from None
    if not isinstance(frame, dict) or not isinstance(frame.get("type"), str):
        raise RemoteProtocolError('a frame is not an object with a string "type"')
    inner = frame.get("data")
    data: dict[str, Any] = {**frame, **(inner if isinstance(inner, dict) else {})}
    match frame["type"]:
        case "stream_response":
            return _stream_response(data)
        case "end_call" | "hangup":
            return EndCall(_stream_id(data))
        case "transfer_call" | "transfer":
            return TransferCall(_stream_id(data), _text(data, "destination"))
    return Unrecognised(frame["type"])


def _stream_response(data: Mapping[str, Any]) -> StreamResponse:
    pause = data.get("pause")
    is_number = isinstance(pause, int | float) and not isinstance(pause, bool)
    return StreamResponse(
        stream_id=_stream_id(data),
        content=_text(data, "content"),
        flush=data.get("flush") is True,
        pause_ms=round(min(max(pause, 0), MAX_PAUSE_MS)) if is_number and pause is not None else 0,
        end_of_stream=data.get("end_of_stream") is True,
    )


def _stream_id(data: Mapping[str, Any]) -> int | None:
    """Servers in languages that know one kind of number send 1.0, and some send "1"."""
    given = data.get("stream_id")
    if given is None:
        return None
    try:
        number = int(given) if isinstance(given, int | float | str) and not isinstance(given, bool) else -1
    except (ValueError, OverflowError):
        number = -1
    if not 0 <= number <= MAX_STREAM_ID:
        raise RemoteProtocolError("stream_id is no number that a stream can have")
    return number


def _text(data: Mapping[str, Any], name: str) -> str:
    given = data.get(name)
    if given is None:
        return ""
    if not isinstance(given, str):
        raise RemoteProtocolError(f"{name} is not text")
    return given
