"""Telephone keys as named events in RTP (RFC 4733), read and written without I/O."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from media_worker.media.rtp import TIMESTAMP_BITS, RtpPacket, unwrap

KEYS = "0123456789*#ABCD"
"""By event code (section 3.2); the codes after them are no keys."""
MAX_DURATION = 0xFFFF
"""In samples. What lasts longer goes on as another event, which begins where this one ends (section 2.5.1.3)."""
END_PACKETS = 3
"""So often the end is told, because a lost one would make the key long (section 2.5.1.4)."""
VOLUME = 10
"""dBm0 below zero."""
_EVENT = struct.Struct("!BBH")
_END = 0x80


@dataclass(frozen=True)
class TelephoneEvent:
    """What one packet says about a key."""

    code: int
    end: bool
    duration: int
    """Samples since the packet's timestamp."""

    def to_wire(self) -> bytes:
        """The payload."""
        return _EVENT.pack(self.code, (_END if self.end else 0) | VOLUME, self.duration)


def parse_telephone_event(payload: bytes) -> TelephoneEvent | None:
    """The event in a payload; None for what is none."""
    if len(payload) < _EVENT.size:
        return None
    code, flags, duration = _EVENT.unpack_from(payload)
    return TelephoneEvent(code, bool(flags & _END), duration)


class KeyReader:
    """Tells one stream's keys, each once, with the first packet about it that comes."""

    def __init__(self) -> None:
        self._ssrc = 0
        self._start: int | None = None
        """Unwrapped timestamp of the latest event."""
        self._code = -1
        self._end = 0
        """Up to where it is known to last."""

    def read(self, packet: RtpPacket) -> str | None:
        """The key that a packet tells for the first time."""
        event = parse_telephone_event(packet.payload)
        if event is None:
            return None
        if self._start is None or self._is_set_anew(packet, self._start):
            self._ssrc, self._start, self._code = packet.ssrc, None, -1
        start = packet.timestamp if self._start is None else unwrap(packet.timestamp, self._start, TIMESTAMP_BITS)
        is_news = self._start is None or start > self._start
        goes_on = is_news and event.code == self._code and self._start is not None and start == self._end
        if not is_news and start != self._start:
            return None
        self._start, self._code = start, event.code
        self._end = max(self._end, start + event.duration) if not is_news else start + event.duration
        return KEYS[event.code] if is_news and not goes_on and event.code < len(KEYS) else None

    def _is_set_anew(self, packet: RtpPacket, start: int) -> bool:
        """Another source has another clock, and so may the same one; no packet is as late as an event can be long."""
        return packet.ssrc != self._ssrc or unwrap(packet.timestamp, start, TIMESTAMP_BITS) < start - MAX_DURATION

    def covers(self, timestamp: int) -> bool:
        """Whether audio of that time sounds beside a key, and is most likely its tone."""
        if self._start is None:
            return False
        return self._start <= unwrap(timestamp, self._start, TIMESTAMP_BITS) < self._end


def key_events(key: str, samples: int, step: int) -> Iterator[TelephoneEvent]:
    """What to send for a key that is held for so many samples: one event every `step` samples, and the end thrice."""
    code = KEYS.index(key)
    for duration in range(step, samples, step):
        yield TelephoneEvent(code, False, min(duration, MAX_DURATION))
    for _ in range(END_PACKETS):
        yield TelephoneEvent(code, True, min(samples, MAX_DURATION))
