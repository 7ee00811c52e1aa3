"""What we send of a stream, and when: audio in packets at the pace of a clock, silence where there is none, and keys.

A packet goes out every `ptime`, whoever speaks: it keeps the way through NAT open, and a peer that hears nothing at all
takes the call for dead. `due` is called every 20 ms or so; packets are due by the time that has passed, not by calls.
"""

import secrets
from collections import deque
from math import ceil

from media_worker.media import tones
from media_worker.media.rtp import RtpPacket
from media_worker.media.telephone_event import TelephoneEvent, key_events
from media_worker.transports.rtp.terms import SAMPLE_RATE_HZ, RtpTerms

MAX_LAG_S = 0.2
"""After a longer standstill of the process the stream goes on where it would be, instead of catching up."""
MAX_QUEUED_S = 5
"""A session sends 0.2 s ahead; when more waits than this, the oldest is lost."""
_32_BITS, _16_BITS = 0xFFFF_FFFF, 0xFFFF
_Slot = TelephoneEvent | None
"""What one packet's time holds of the keys: an event, or the pause after one."""


class Outgoing:
    """One stream. Times are seconds on one monotonic clock; audio is PCM, signed 16 bit, mono."""

    def __init__(self, terms: RtpTerms) -> None:
        # "The initial value of the sequence number SHOULD be random (unpredictable)" (RFC 3550, section 5.1): all are.
        self.ssrc = secrets.randbits(32)
        self._sequence = secrets.randbits(16)
        self._first_timestamp = secrets.randbits(32)
        self._terms = terms
        self._queue = bytearray()
        """Codes: one byte is one sample."""
        self._held = False
        self._keys: deque[_Slot] = deque()
        self._key_began = 0
        self._zero: float | None = None
        """When sample 0 was due."""
        self._position = 0
        """Samples that are over, sent or not."""
        self._marked = True
        """The next packet of audio begins something new."""
        self.packets = self.octets = 0
        """Sent."""

    @property
    def empty(self) -> bool:
        """All audio that may be sent has been."""
        return self._held or not self._queue

    def timestamp(self) -> int:
        """Of the sample that is sent next."""
        return (self._first_timestamp + self._position) & _32_BITS

    def renegotiate(self, terms: RtpTerms) -> None:
        """Send like this from the next packet on."""
        if terms.codec is not self._terms.codec:
            self._queue = bytearray(terms.codec.law.encode(self._terms.codec.law.decode(bytes(self._queue))))
        if terms.ptime_ms != self._terms.ptime_ms or terms.event_payload_type != self._terms.event_payload_type:
            self._keys.clear()
        self._terms = terms

    def add(self, pcm: bytes) -> None:
        """Audio to be heard after all that was added before."""
        self._queue += self._terms.codec.law.encode(pcm)
        del self._queue[: max(0, len(self._queue) - MAX_QUEUED_S * SAMPLE_RATE_HZ)]

    def hold(self) -> None:
        """Send none of it until `release`."""
        self._held = True

    def release(self) -> None:
        """Go on with the next sample."""
        self._held = False

    def clear(self) -> None:
        """Forget what was not sent."""
        self._queue.clear()
        self._held = False

    def press(self, keys: str) -> None:
        """Send these keys, in place of what sounds meanwhile; `w` waits. As long as `tones` of them would be."""
        step = self._terms.packet_samples
        for key in keys:
            lasts_s = tones.WAIT_S if key == tones.WAIT else tones.ON_S + tones.OFF_S
            slots: list[_Slot] = []
            if key != tones.WAIT:
                slots += key_events(key, round(tones.ON_S * SAMPLE_RATE_HZ), step)
            slots += [None] * (ceil(lasts_s * SAMPLE_RATE_HZ / step) - len(slots))
            self._keys += slots

    def due(self, now: float) -> list[RtpPacket]:
        """What is to be sent now."""
        step = self._terms.packet_samples
        if self._zero is None:
            # Calls come around the middle of a packet's time: one that is a little early or late changes nothing.
            self._zero = now - (self._position + step / 2) / SAMPLE_RATE_HZ
        due = (now - self._zero) * SAMPLE_RATE_HZ
        if due - self._position > MAX_LAG_S * SAMPLE_RATE_HZ:
            self._position = round(due - step / 2)
            self._marked = True
        packets: list[RtpPacket] = []
        while self._position <= due:
            packet = self._next(step)
            if packet is not None:
                packets.append(packet)
            self._position += step
        return packets

    def _next(self, step: int) -> RtpPacket | None:
        codes = self._take(step)
        if not self._terms.sends:
            self._keys.clear()
            self._marked = True
            return None
        slot = self._keys.popleft() if self._keys else None
        if slot is not None and self._terms.event_payload_type is not None:
            return self._event(slot, self._terms.event_payload_type, step)
        marker, self._marked = self._marked, False
        return self._packet(self._terms.codec.value, self.timestamp(), codes, marker=marker)

    def _take(self, step: int) -> bytes:
        """The next codes; silence where there is no audio."""
        codes = b"" if self._held else bytes(self._queue[:step])
        del self._queue[: len(codes)]
        return codes + self._terms.codec.silence * (step - len(codes))

    def _event(self, event: TelephoneEvent, payload_type: int, step: int) -> RtpPacket:
        begins = event.duration == step and not event.end
        if begins:
            self._key_began = self.timestamp()
        return self._packet(payload_type, self._key_began, event.to_wire(), marker=begins)

    def _packet(self, payload_type: int, timestamp: int, payload: bytes, *, marker: bool) -> RtpPacket:
        packet = RtpPacket(payload_type, self._sequence, timestamp, self.ssrc, payload, marker)
        self._sequence = (self._sequence + 1) & _16_BITS
        self.packets += 1
        self.octets += len(payload)
        return packet
