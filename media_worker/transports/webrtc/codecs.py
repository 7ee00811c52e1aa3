"""The codecs that we agree on with a peer of WebRTC (RFC 7874), as payloads of RTP: to and from PCM of 16 kHz, mono.

PyAV brings libopus. Our encoder is told what aiortc's is not: a voice, one channel, a phone's bit rate.
"""

from fractions import Fraction
from typing import Protocol, cast

import av
from av import AudioCodecContext, AudioFrame, CodecContext, Packet

from media_worker.media.g711 import Law, a_law, mu_law
from media_worker.media.resample import Resampler

SAMPLE_RATE_HZ = 16_000
_OPUS_HZ = 48_000
"""RFC 7587 4.1: "The RTP clock rate … is 48000" whatever is encoded, and libopus decodes to it."""
_OPUS_BIT_RATE = 32_000
"""RFC 7587 3.1.1: 16 to 20 kbit/s are enough for wideband speech; the rest is for what is no speech."""


class Codec(Protocol):
    """One direction-less codec of one stream; encoding and decoding share nothing."""

    @property
    def clock_hz(self) -> int:
        """Of its timestamps."""
        ...

    def samples_of(self, payload: bytes) -> int:
        """How long a packet sounds, on that clock."""
        ...

    def decode(self, payload: bytes) -> bytes | None:
        """The audio of one packet; None when it is none."""
        ...

    def encode(self, pcm: bytes) -> bytes:
        """The payload of 20 ms."""
        ...


def nothing_more(codec: Codec, payload: bytes) -> bytes | None:
    """What says, once in a while, that there is nothing to be heard since this payload; None: only silence says it.

    RFC 6716 3.2.1: an Opus packet may be a first byte and no data, which makes the listener's decoder fade out. Its
    sender may leave out the packets between (RFC 7587 3.1.3), and they are not taken for lost.
    """
    return bytes([payload[0] & 0xFC]) if isinstance(codec, Opus) else None


class Opus:
    """RFC 6716, 7587."""

    clock_hz = _OPUS_HZ

    def __init__(self) -> None:
        self._decoder = _context("r", _OPUS_HZ)
        self._encoder = _context("w", SAMPLE_RATE_HZ)
        self._encoder.bit_rate = _OPUS_BIT_RATE
        self._encoder.time_base = Fraction(1, SAMPLE_RATE_HZ)
        self._encoder.options = {"application": "voip", "frame_duration": "20", "compression_level": "5"}
        self._down = Resampler(_OPUS_HZ, SAMPLE_RATE_HZ)
        self._encoded_samples = 0

    def samples_of(self, payload: bytes) -> int:
        """RFC 6716 3.1 and 3.2: the first byte says how long a frame is, and how many there are."""
        if not payload:
            return 0
        configuration, code = payload[0] >> 3, payload[0] & 3
        if configuration < 12:
            frame = (480, 960, 1920, 2880)[configuration & 3]
        elif configuration < 16:
            frame = (480, 960)[configuration & 1]
        else:
            frame = (120, 240, 480, 960)[configuration & 3]
        frames = (1, 2, 2, payload[1] & 0x3F if len(payload) > 1 else 0)[code]
        return frame * frames

    def decode(self, payload: bytes) -> bytes | None:
        """The audio of one packet; None when it is none."""
        try:
            # An empty packet would tell the decoder that the stream has ended.
            frames = self._decoder.decode(Packet(payload)) if payload else []
        except av.FFmpegError:
            return None
        pcm = b"".join(bytes(frame.planes[0])[: 2 * frame.samples] for frame in frames)
        return self._down.push(pcm) if pcm else None

    def encode(self, pcm: bytes) -> bytes:
        """The payload of 20 ms."""
        frame = AudioFrame(format="s16", layout="mono", samples=len(pcm) // 2)
        frame.sample_rate = SAMPLE_RATE_HZ
        frame.pts = self._encoded_samples
        frame.planes[0].update(pcm)
        self._encoded_samples += frame.samples
        return b"".join(bytes(packet) for packet in self._encoder.encode(frame))


def _context(mode: str, rate_hz: int) -> AudioCodecContext:
    context = cast(AudioCodecContext, CodecContext.create("libopus", mode))  # type: ignore[call-overload]
    context.format, context.layout, context.sample_rate = "s16", "mono", rate_hz
    return context


class G711:
    """RFC 3551 4.5.14: a telephone's eight bits at 8 kHz."""

    clock_hz = 8_000

    def __init__(self, law: Law) -> None:
        self._law = law
        self._up, self._down = Resampler(self.clock_hz, SAMPLE_RATE_HZ), Resampler(SAMPLE_RATE_HZ, self.clock_hz)

    def samples_of(self, payload: bytes) -> int:
        """A byte each."""
        return len(payload)

    def decode(self, payload: bytes) -> bytes | None:
        """The audio of one packet; None when it is none."""
        return self._up.push(self._law.decode(payload)) if payload else None

    def encode(self, pcm: bytes) -> bytes:
        """The payload of 20 ms."""
        return self._law.encode(self._down.push(pcm))


def new_codec(name: str) -> Codec:
    """By its name in SDP, in lower case: `opus`, `pcmu` or `pcma`."""
    return Opus() if name == "opus" else G711(mu_law() if name == "pcmu" else a_law())
