"""Between the sound of a leg and the payloads of its packets: G.711 by table, G.722 by g722.py.

A leg has one rate for all of its call; a peer may change what it sends and wants in the middle of it, so each coder
converts between that rate and its codec's.
"""

from typing import Protocol

from media_worker.media.g711 import a_law, mu_law
from media_worker.media.resample import Resampler
from media_worker.transports.rtp.terms import Codec


class Coder(Protocol):
    """One codec of one stream. Encoding and decoding share nothing; each remembers what came before."""

    def encode(self, pcm: bytes) -> bytes:
        """The payload of this sound."""
        ...

    def decode(self, payload: bytes) -> bytes:
        """The sound of a packet, as long as it is; silence where the payload is none."""
        ...

    def silence(self, seconds: float) -> bytes:
        """A payload of nothing."""
        ...


class _G711:
    """RFC 3551, section 4.5.14."""

    def __init__(self, codec: Codec, rate_hz: int) -> None:
        self._law = mu_law() if codec is Codec.PCMU else a_law()
        # The positive one of the two codes for zero: what every telephone sends.
        self._silence = b"\xff" if codec is Codec.PCMU else b"\xd5"
        self._rate_hz = codec.rate_hz
        self._in, self._out = Resampler(codec.rate_hz, rate_hz), Resampler(rate_hz, codec.rate_hz)

    def encode(self, pcm: bytes) -> bytes:
        return self._law.encode(self._out.push(pcm))

    def decode(self, payload: bytes) -> bytes:
        return self._in.push(self._law.decode(payload))

    def silence(self, seconds: float) -> bytes:
        self._out.reset()
        return self._silence * round(seconds * self._rate_hz)


def load(codec: Codec) -> None:
    """Load what a coder needs, which may take a tenth of a second: in a thread, before the call's sound begins."""
    if codec is Codec.G722:
        new_coder(codec, codec.rate_hz)


def new_coder(codec: Codec, rate_hz: int) -> Coder:
    """For a leg of that rate."""
    if codec is not Codec.G722:
        return _G711(codec, rate_hz)
    # Only here: PyAV takes 30 MiB, and most telephones have no use for it.
    from media_worker.transports.rtp.g722 import G722

    return G722(rate_hz)
