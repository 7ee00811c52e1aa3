"""One message of AWS's event stream: `total u32 | headers u32 | crc32 | headers | payload | crc32`, big-endian."""

import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from botocore.eventstream import EventStreamBuffer, ParserError

_STRING = 7
_OVERHEAD_BYTES = 16


@dataclass(frozen=True)
class EventMessage:
    """A message that was received."""

    headers: Mapping[str, str]
    payload: bytes


def encode(headers: Mapping[str, str], payload: bytes) -> bytes:
    """A message whose headers are all texts."""
    block = b"".join(_header(name.encode(), value.encode()) for name, value in headers.items())
    prelude = struct.pack(">II", _OVERHEAD_BYTES + len(block) + len(payload), len(block))
    message = prelude + struct.pack(">I", zlib.crc32(prelude)) + block + payload
    return message + struct.pack(">I", zlib.crc32(message))


def _header(name: bytes, value: bytes) -> bytes:
    return struct.pack(">B", len(name)) + name + struct.pack(">BH", _STRING, len(value)) + value


def decode(data: bytes) -> tuple[EventMessage, ...]:
    """The messages of a frame. Raises ValueError when it is damaged."""
    buffer = EventStreamBuffer()
    buffer.add_data(data)
    try:
        return tuple(EventMessage(event.headers, event.payload) for event in buffer)
    except (ParserError, struct.error) as damage:
        raise ValueError("a damaged message of an event stream") from damage
