"""What a worker and its speech processes say to each other: length-prefixed frames over a pipe.

    length of the payload: u32 · kind: u8 · channel: u32 (all little-endian) · payload

Both ends are the same release of Parley, so a frame that is not understood is a bug, not a peer's mistake.
"""

import struct
from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple

_HEADER = struct.Struct("<IBI")
MAX_PAYLOAD_BYTES = 1024 * 1024


class FrameKind(IntEnum):
    """Towards the process: LISTEN, HEAR, FLUSH, SPEAK, CLOSE. From it: all the others."""

    READY = 1
    """The process can work. Channel 0, no payload."""
    FAILED = 2
    """The channel's request failed: JSON `{"failure", "detail"}`."""
    LISTEN = 3
    """Open a recognition: JSON `{"rate_hz", "book"}`; a null book means open English."""
    LISTENING = 4
    """It is open: JSON `{"skipped"}`, the number of phrases that could not be put into the grammar."""
    HEAR = 5
    """PCM of the running utterance."""
    FLUSH = 6
    """The utterance is over; a FINAL follows."""
    PARTIAL = 7
    """UTF-8 text."""
    FINAL = 8
    """One byte, 1 = rejected, then UTF-8 text."""
    SPEAK = 9
    """Say something: JSON `{"voice", "text"}`."""
    SOUND = 10
    """PCM of the voice."""
    SPOKEN = 11
    """All of it has been sent."""
    CLOSE = 12
    """Forget the channel, whatever it is doing."""


class Frame(NamedTuple):
    """One frame."""

    kind: FrameKind
    channel: int
    payload: bytes = b""

    def to_wire(self) -> bytes:
        """The frame as bytes. Raises ValueError when its payload is too large."""
        if len(self.payload) > MAX_PAYLOAD_BYTES:
            raise ValueError(f"a frame of {len(self.payload)} bytes is too large")
        return _HEADER.pack(len(self.payload), self.kind, self.channel) + self.payload


class FrameReader:
    """Cuts a byte stream into frames."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that `data` completes. Raises ValueError on what cannot be a frame."""
        self._rest += data
        while len(self._rest) >= _HEADER.size:
            length, kind, channel = _HEADER.unpack_from(self._rest)
            if length > MAX_PAYLOAD_BYTES:
                raise ValueError(f"a frame of {length} bytes is too large")
            end = _HEADER.size + length
            if len(self._rest) < end:
                return
            payload = bytes(self._rest[_HEADER.size : end])
            del self._rest[:end]
            yield Frame(FrameKind(kind), channel, payload)
