"""What both ends of an RTP stream have agreed on, by SDP or otherwise."""

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

CLOCK_HZ = 8000
"""Of all timestamps, those of G.722 too, by a mistake that stayed (RFC 3551, section 4.5.2)."""
PTIMES_MS = (10, 20, 30, 40, 60)
DEFAULT_PTIME_MS = 20


class Codec(Enum):
    """How audio is coded; the value is its static payload type (RFC 3551, table 4)."""

    PCMU = 0
    PCMA = 8
    G722 = 9

    @property
    def rate_hz(self) -> int:
        """Of the sound in it."""
        return 16_000 if self is Codec.G722 else 8_000


class Address(NamedTuple):
    """A UDP endpoint: a numeric IP address and a port."""

    host: str
    port: int


@dataclass(frozen=True)
class RtpTerms:
    """One stream in both directions, as it is from now on.

    A new offer of the peer makes new terms: hold is `sends=False` (its `sendonly` or `inactive`, or `c=0.0.0.0`).
    """

    remote: Address | None
    """Where its SDP says that it receives; None: it has no address (yet)."""
    signalling_host: str
    """Where its signalling comes from: media may come from there as well."""
    codec: Codec
    """What we send. What comes may be in any of ours, by its payload type."""
    event_payload_type: int | None = None
    """Of telephone-event/8000; None: the peer has none, keys are tones."""
    ptime_ms: int = DEFAULT_PTIME_MS
    """Of the packets that we send; those that come may have any length."""
    sends: bool = True
    """We may send."""
    receives: bool = True
    """The peer may send."""
    remote_rtcp: Address | None = None
    """Where the peer receives RTCP, if it said so; else one port above its RTP."""
    rtcp_mux: bool = False
    """RTCP shares the port of RTP (RFC 5761)."""

    def __post_init__(self) -> None:
        if self.ptime_ms not in PTIMES_MS:
            raise ValueError(f"packets of {self.ptime_ms} ms are not sent")
        taken = {codec.value for codec in Codec}
        if self.event_payload_type is not None and not (
            0 <= self.event_payload_type < 128 and self.event_payload_type not in taken
        ):
            raise ValueError(f"telephone-event cannot have payload type {self.event_payload_type}")

    @property
    def packet_samples(self) -> int:
        """Of a packet that we send, on its clock."""
        return CLOCK_HZ * self.ptime_ms // 1000

    @property
    def rtcp(self) -> Address | None:
        """Where our RTCP goes (RFC 3550, section 11)."""
        if self.rtcp_mux or self.remote is None:
            return self.remote
        return self.remote_rtcp or Address(self.remote.host, self.remote.port + 1)
