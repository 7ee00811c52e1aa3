"""G.722 by PyAV: twice a telephone's band in as many bits (RFC 3551, section 4.5.2)."""

from typing import cast

import av
from av import AudioCodecContext, AudioFrame, CodecContext, Packet

from media_worker.media.resample import Resampler
from media_worker.transports.rtp.terms import Codec


class G722:
    """One stream: 16 kHz, two samples an octet, though its timestamps count 8000 a second."""

    def __init__(self, rate_hz: int) -> None:
        hz = Codec.G722.rate_hz
        self._decoder, self._encoder = _context("r", hz), _context("w", hz)
        self._in, self._out = Resampler(hz, rate_hz), Resampler(rate_hz, hz)
        self._hz, self._leg_hz = hz, rate_hz

    def encode(self, pcm: bytes) -> bytes:
        """The payload of this sound."""
        wide = self._out.push(pcm)
        frame = AudioFrame(format="s16", layout="mono", samples=len(wide) // 2)
        frame.sample_rate = self._hz
        frame.planes[0].update(wide)
        return b"".join(bytes(packet) for packet in self._encoder.encode(frame))

    def decode(self, payload: bytes) -> bytes:
        """The sound of a packet, as long as it is; silence where the payload is none."""
        try:
            frames = self._decoder.decode(Packet(payload)) if payload else []
        except av.FFmpegError:
            frames = []
        wide = b"".join(bytes(frame.planes[0])[: 2 * frame.samples] for frame in frames)
        return self._in.push(wide.ljust(4 * len(payload), b"\0"))

    def silence(self, seconds: float) -> bytes:
        """A payload of nothing: its codes depend on what came before."""
        return self.encode(bytes(2 * round(seconds * self._leg_hz)))


def _context(mode: str, rate_hz: int) -> AudioCodecContext:
    context = cast(AudioCodecContext, CodecContext.create("g722", mode))  # type: ignore[call-overload]
    context.format, context.layout, context.sample_rate = "s16", "mono", rate_hz
    return context
