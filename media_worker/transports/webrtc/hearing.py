"""What the peer says: its packets as sound without holes, as long as it took to say it."""

from collections.abc import Mapping

from media_worker.media.concealment import Concealment
from media_worker.media.jitter_buffer import Arrivals, JitterBuffer, Lost, Silence, Step
from media_worker.media.rtp import RtpPacket
from media_worker.transports.webrtc.codecs import SAMPLE_RATE_HZ, Codec

MAX_SILENCE_S = 2.0
"""A peer that sends nothing for longer has no microphone open, rather than a quiet one."""


class Hearing:
    """One leg's. Times are seconds on one monotonic clock."""

    def __init__(self) -> None:
        self._codecs: Mapping[int, Codec] = {}
        self._codec: Codec | None = None
        self._buffer: JitterBuffer | None = None
        self._concealment = Concealment(SAMPLE_RATE_HZ)
        self._silent_s = 0.0
        """How much silence was given out in a row."""

    def agree(self, codecs: Mapping[int, Codec]) -> None:
        """What the packets may hold from now on, by payload type."""
        self._codecs, self._codec = codecs, None

    @property
    def arrivals(self) -> Arrivals:
        """What has become of the packets."""
        return self._buffer.arrivals if self._buffer is not None else Arrivals()

    def put(self, packet: RtpPacket, now: float) -> bytes:
        """A packet has come; the sound that can be heard now."""
        codec = self._codecs.get(packet.payload_type)
        if codec is None or not packet.payload:
            return b""
        if codec is not self._codec or self._buffer is None:
            # Another codec has another clock.
            self._codec, self._buffer = codec, JitterBuffer(codec.clock_hz, self._samples_of)
        self._buffer.put(packet, now)
        return self.take(now)

    def take(self, now: float) -> bytes:
        """The sound that can be heard now, though no packet has come. Call it every 20 ms."""
        if self._buffer is None or self._codec is None:
            return b""
        heard: list[bytes] = []
        while (step := self._buffer.take(now)) is not None:
            heard.append(self._heard(step, self._codec))
        return b"".join(heard)

    def _samples_of(self, packet: RtpPacket) -> int:
        codec = self._codecs.get(packet.payload_type)
        return codec.samples_of(packet.payload) if codec is not None else 0

    def _heard(self, step: Step, codec: Codec) -> bytes:
        match step:
            case Silence(samples):
                self._silent_s += samples / codec.clock_hz
                return b"" if self._silent_s > MAX_SILENCE_S else bytes(2 * _ours(samples, codec))
            case Lost(samples):
                return self._concealment.conceal(_ours(samples, codec))
        self._silent_s = 0.0
        pcm = codec.decode(step.payload)
        if pcm is None:
            return self._concealment.conceal(_ours(codec.samples_of(step.payload), codec))
        return self._concealment.heard(pcm)


def _ours(samples: int, codec: Codec) -> int:
    return samples * SAMPLE_RATE_HZ // codec.clock_hz
