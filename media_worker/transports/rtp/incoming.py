"""What comes of a stream: from packets, as the network delivers them, to audio and keys."""

import numpy as np

from media_worker.media.concealment import Concealment
from media_worker.media.jitter_buffer import Arrivals, JitterBuffer, Lost, Silence, Step
from media_worker.media.reception import Reception
from media_worker.media.rtp import RtpPacket
from media_worker.media.telephone_event import KeyReader
from media_worker.transports.rtp.coding import Coder, new_coder
from media_worker.transports.rtp.terms import CLOCK_HZ, Codec, RtpTerms

QUIET_AMPLITUDE = 100
"""-50 dBFS: audio that nobody misses when the listener is ahead of time."""
AHEAD_S = 0.02
_CODECS = {codec.value: codec for codec in Codec}


class Incoming:
    """One stream. Times are seconds on one monotonic clock; audio is PCM, signed 16 bit, mono."""

    def __init__(self, terms: RtpTerms, rate_hz: int) -> None:
        """`rate_hz` is that of the audio."""
        self._event_payload_type = terms.event_payload_type
        self._buffer = JitterBuffer(CLOCK_HZ, _samples_of)
        self._concealment = Concealment(rate_hz)
        self._rate_hz = rate_hz
        self._coders: dict[int, Coder] = {}
        """By payload type, from its first packet on."""
        self._keys = KeyReader()
        self.reception = Reception(CLOCK_HZ)

    @property
    def arrivals(self) -> Arrivals:
        """What has become of the packets."""
        return self._buffer.arrivals

    def renegotiate(self, terms: RtpTerms) -> None:
        """Packets are like this from now on."""
        self._event_payload_type = terms.event_payload_type

    def understands(self, packet: RtpPacket) -> bool:
        """Whether a packet is of a kind that was agreed on."""
        return packet.payload_type in _CODECS or packet.payload_type == self._event_payload_type

    def put(self, packet: RtpPacket, now: float) -> str | None:
        """A packet has come; the key that it tells, at once: what is said of a key is said often, and in any order."""
        self.reception.arrived(packet, now, timed=packet.payload_type in _CODECS)
        self._buffer.put(packet, now)
        if packet.payload_type == self._event_payload_type:
            return self._keys.read(packet)
        return None

    def take(self, now: float) -> bytes:
        """The audio that is complete; call it after each packet, and every 20 ms."""
        pieces: list[bytes] = []
        while (step := self._buffer.take(now)) is not None:
            pieces.append(self._sound(step))
        return b"".join(pieces)

    def _sound(self, step: Step) -> bytes:
        if isinstance(step, Silence):
            return self._concealment.heard(bytes(2 * self._ours(step.samples)))
        if isinstance(step, Lost):
            return self._concealment.conceal(self._ours(step.samples))
        if step.payload_type not in _CODECS:
            return b""
        pcm = self._decoded(step)
        if self._keys.covers(step.timestamp):
            # Most likely the key's tone, which is no speech.
            pcm = bytes(len(pcm))
        pcm = self._concealment.heard(pcm)
        if self._buffer.ahead_s > AHEAD_S and _is_quiet(pcm):
            self._buffer.forgo(_samples_of(step))
            return b""
        return pcm

    def _decoded(self, packet: RtpPacket) -> bytes:
        coder = self._coders.get(packet.payload_type)
        if coder is None:
            coder = self._coders[packet.payload_type] = new_coder(_CODECS[packet.payload_type], self._rate_hz)
        return coder.decode(packet.payload)

    def _ours(self, samples: int) -> int:
        return samples * self._rate_hz // CLOCK_HZ


def _samples_of(packet: RtpPacket) -> int:
    # An octet each, of G.711 and on G.722's clock.
    return len(packet.payload) if packet.payload_type in _CODECS else 0


def _is_quiet(pcm: bytes) -> bool:
    return bool(np.abs(np.frombuffer(pcm, "<i2").astype(np.int32)).max(initial=0) < QUIET_AMPLITUDE)
