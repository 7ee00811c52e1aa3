"""The text frames of a Twilio media stream (telephony.md 1.4), read and written without I/O."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from callcore.errors import RemoteProtocolError
from media_worker.transports.carrier_frames import Key, key_of, read_object

SAMPLE_RATE_HZ = 8000
"""One byte of mu-law is one sample."""


@dataclass(frozen=True)
class StreamStart:
    """The stream of a call begins."""

    stream_sid: str
    call_sid: str
    account_sid: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    """The `<Parameter>`s of the TwiML."""


@dataclass(frozen=True)
class Sound:
    """What the caller said: mu-law, from this moment of the stream on."""

    codes: bytes
    at_ms: int | None
    """None: the frame does not say."""


@dataclass(frozen=True)
class Mark:
    """Playback has reached the mark of this name, or it was cleared."""

    name: str


@dataclass(frozen=True)
class Stop:
    """The stream is over: the caller hung up, or the call goes on without us."""


Frame = StreamStart | Sound | Key | Mark | Stop


def parse(text: str) -> Frame | None:
    """One frame; None for one that means nothing to us. Raises RemoteProtocolError for what is no frame at all."""
    frame = read_object(text)
    event = frame.get("event")
    part = frame.get(event) if isinstance(event, str) else None
    if event == "stop":
        return Stop()
    if not isinstance(part, dict):
        return None
    match event:
        case "start":
            return _start(frame, part)
        case "media":
            return _sound(part)
        case "dtmf":
            return key_of(part.get("digit"))
        case "mark":
            return Mark(str(part.get("name", "")))
    return None


def _start(frame: Mapping[str, Any], start: Mapping[str, Any]) -> StreamStart:
    audio = start.get("mediaFormat")
    encoding = audio.get("encoding") if isinstance(audio, dict) else "audio/x-mulaw"
    if encoding != "audio/x-mulaw":
        raise RemoteProtocolError("the stream is not audio/x-mulaw")
    parameters = start.get("customParameters")
    given = parameters if isinstance(parameters, dict) else {}
    sid = start.get("streamSid") or frame.get("streamSid")
    if not isinstance(sid, str) or not isinstance(start.get("callSid"), str):
        raise RemoteProtocolError("start lacks its streamSid or callSid")
    return StreamStart(
        stream_sid=sid,
        call_sid=start["callSid"],
        account_sid=str(start.get("accountSid") or ""),
        parameters={str(name): str(value) for name, value in given.items()},
    )


def _sound(media: Mapping[str, Any]) -> Sound | None:
    if media.get("track", "inbound") != "inbound":
        return None
    try:
        codes = base64.b64decode(media.get("payload", ""), validate=True)
        at_ms = None if media.get("timestamp") is None else int(media["timestamp"])
    except (binascii.Error, TypeError, ValueError):
        raise RemoteProtocolError("a media frame has no base64 payload or a timestamp that is no number") from None
    return Sound(codes, at_ms)


def media(stream_sid: str, codes: bytes) -> str:
    """Audio for the caller."""
    return _frame("media", stream_sid, {"payload": base64.b64encode(codes).decode()})


def mark(stream_sid: str, name: str) -> str:
    """Asks to be told when playback reaches this place."""
    return _frame("mark", stream_sid, {"name": name})


def clear(stream_sid: str) -> str:
    """Drops what was sent and has not been played."""
    return json.dumps({"event": "clear", "streamSid": stream_sid})


def _frame(event: str, stream_sid: str, part: Mapping[str, str]) -> str:
    return json.dumps({"event": event, "streamSid": stream_sid, event: part})
