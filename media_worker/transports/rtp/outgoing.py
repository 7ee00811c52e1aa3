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
from media_worker.transports.rtp.coding import new_coder
from media_worker.transports.rtp.terms import CLOCK_HZ, RtpTerms

MAX_LAG_S = 0.2
"""After a longer standstill of the process the stream goes on where it would be, instead of catching up."""
MAX_QUEUED_S = 5
"""A session sends 0.2 s ahead; when more waits than this, the oldest is lost."""
_32_BITS, _16_BITS = 0xFFFF_FFFF, 0xFFFF
_Slot = TelephoneEvent | None
"""What one packet's time holds of the keys: an event, or the pause after one."""


class Outgoing:
    """One stream. Times are seconds on one monotonic clock; audio is PCM, signed 16 bit, mono."""

    def __init__(self, terms: RtpTerms, rate_hz: int) -> None:
        """`rate_hz` is that of the audio."""
        # "The initial value of the sequence number SHOULD be random (unpredictable)" (RFC 3550, section 5.1): all are.
        self.ssrc = secrets.randbits(32)
        self._sequence = secrets.randbits(16)
        self._first_timestamp = secrets.randbits(32)
        self._terms, self._rate_hz = terms, rate_hz
        self._coder = new_coder(terms.codec, rate_hz)
        self._queue = bytearray()
        self._held = False
        self._on_hold = False
        """The peer does not listen for a while: what is queued waits for him."""
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
        return self._held or self._on_hold or not self._queue

    def timestamp(self) -> int:
        """Of the sample that is sent next."""
        return (self._first_timestamp + self._position) & _32_BITS

    def renegotiate(self, terms: RtpTerms, *, on_hold: bool) -> None:
        """Send like this from the next packet on. `on_hold`: what is queued waits until it is heard again."""
        if terms.codec is not self._terms.codec:
            self._coder = new_coder(terms.codec, self._rate_hz)
        if terms.ptime_ms != self._terms.ptime_ms or terms.event_payload_type != self._terms.event_payload_type:
            self._keys.clear()
        self._terms, self._on_hold = terms, on_hold

    def add(self, pcm: bytes) -> None:
        """Audio to be heard after all that was added before."""
        self._queue += pcm
        del self._queue[: max(0, len(self._queue) - 2 * MAX_QUEUED_S * self._rate_hz)]

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
                slots += key_events(key, round(tones.ON_S * CLOCK_HZ), step)
            slots += [None] * (ceil(lasts_s * CLOCK_HZ / step) - len(slots))
            self._keys += slots

    def due(self, now: float) -> list[RtpPacket]:
        """What is to be sent now."""
        step = self._terms.packet_samples
        if self._zero is None:
            # Calls come around the middle of a packet's time: one that is a little early or late changes nothing.
            self._zero = now - (self._position + step / 2) / CLOCK_HZ
        due = (now - self._zero) * CLOCK_HZ
        if due - self._position > MAX_LAG_S * CLOCK_HZ:
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
        pcm = self._take(step)
        if not self._terms.sends:
            self._keys.clear()
            self._marked = True
            return None
        slot = self._keys.popleft() if self._keys else None
        if slot is not None and self._terms.event_payload_type is not None:
            return self._event(slot, self._terms.event_payload_type, step)
        marker, self._marked = self._marked, False
        codes = self._coder.encode(pcm) if pcm else self._coder.silence(step / CLOCK_HZ)
        return self._packet(self._terms.codec.value, self.timestamp(), codes, marker=marker)

    def _take(self, step: int) -> bytes:
        """The next audio, filled up with silence; empty when there is none."""
        size = 2 * step * self._rate_hz // CLOCK_HZ
        pcm = b"" if self._held or self._on_hold else bytes(self._queue[:size])
        del self._queue[: len(pcm)]
        return pcm.ljust(size, b"\0") if pcm else pcm

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
