"""The frames of a Vonage WebSocket (telephony.md 2.4), read and written without I/O; audio frames are bare PCM."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from callcore.errors import RemoteProtocolError
from media_worker.transports.carrier_frames import Key, key_of, read_object

SAMPLE_RATE_HZ = 16_000
FRAME_BYTES = 640
"""20 ms: Vonage plays messages of exactly this size."""
MAX_AUDIO_BYTES = 64 * 1024
AUDIO = "audio/l16;rate=16000"


@dataclass(frozen=True)
class Connected:
    """The first frame: what the NCCO's `headers` gave us."""

    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Notify:
    """Playback has reached this place."""

    name: str


Frame = Connected | Key | Notify


def parse(text: str) -> Frame | None:
    """One text frame; None for one that means nothing to us. Raises RemoteProtocolError for what is no frame."""
    frame = read_object(text)
    match frame.get("event"):
        case "websocket:connected":
            return _connected(frame)
        case "websocket:dtmf":
            return _key(frame)
        case "websocket:notify":
            payload = frame.get("payload")
            return Notify(str(payload.get("id", ""))) if isinstance(payload, dict) else None
    return None


def _connected(frame: Mapping[str, Any]) -> Connected:
    if str(frame.get("content-type", AUDIO)).replace(" ", "").lower() != AUDIO:
        raise RemoteProtocolError(f"the socket's audio is not {AUDIO}")
    return Connected(
        {
            name: str(value)
            for name, value in frame.items()
            if name not in ("event", "content-type") and value is not None
        }
    )


def _key(frame: Mapping[str, Any]) -> Key | None:
    """Clients in the field meet the key as `digit`, `dtmf` and `dtmf.digit`."""
    nested = frame.get("dtmf")
    return key_of(frame.get("digit") or (nested.get("digit") if isinstance(nested, dict) else nested))


def notify(name: str) -> str:
    """Asks to be told when playback reaches this place."""
    return json.dumps({"action": "notify", "payload": {"id": name}})


def clear() -> str:
    """Drops what was sent and has not been played."""
    return json.dumps({"action": "clear"})
