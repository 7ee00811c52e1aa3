"""What the text frames of the carriers' media sockets have in common, read without I/O."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from callcore.errors import InvalidInput, RemoteProtocolError
from callcore.jsontext import parse_json

MAX_FRAME_CHARS = 64 * 1024
_KEYS = frozenset("0123456789*#ABCD")
_TOO_BIG = 1009


@dataclass(frozen=True)
class Key:
    """The caller pressed a key."""

    key: str


def read_object(text: str) -> Mapping[str, Any]:
    """A frame, which is a JSON object. Raises RemoteProtocolError."""
    if len(text) > MAX_FRAME_CHARS:
        raise RemoteProtocolError("a frame is too large", _TOO_BIG)
    try:
        frame = parse_json(text)
    except InvalidInput as error:
        raise RemoteProtocolError(f"a frame {error}") from None
    if not isinstance(frame, dict):
        raise RemoteProtocolError("a frame is no object")
    return frame


def key_of(digit: object) -> Key | None:
    """The key of that name; None: there is none."""
    key = str("" if digit is None else digit).upper()
    return Key(key) if key in _KEYS else None
