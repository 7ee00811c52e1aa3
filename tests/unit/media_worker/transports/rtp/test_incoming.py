"""From packets to sound: what is lost is concealed, and who is ahead of time leaves out silence."""

import numpy as np

from media_worker.media.rtp import RtpPacket
from media_worker.transports.rtp.incoming import Incoming
from media_worker.transports.rtp.terms import Codec, RtpTerms
from tests.peers.rtp_caller import CALLER, Telephone

FRAME_S, FRAME = 0.02, 160
VOWEL = np.tile(6000 * np.sin(np.arange(64) * 2 * np.pi / 64) ** 3, 1000).astype("<i2").tobytes()
"""125 Hz."""


def voice(frames: int) -> bytes:
    return VOWEL[: 2 * FRAME * frames]


class Listener:
    """Hears packets as they come, on a clock that ticks."""

    def __init__(self) -> None:
        self.incoming = Incoming(RtpTerms(CALLER, CALLER.host, Codec.PCMU), 8000)
        self.pcm = b""
        self._now = 0.0

    def hear(self, *packets: RtpPacket | None) -> None:
        """One in each 20 ms; None does not come."""
        for packet in packets:
            self._now += FRAME_S
            if packet is not None:
                self.incoming.put(packet, self._now)
            self.pcm += self.incoming.take(self._now)

    def stall(self, packets: list[RtpPacket]) -> None:
        """The network stands still, and then brings all of it at once."""
        self.hear(*[None] * len(packets))
        for packet in packets:
            self.incoming.put(packet, self._now)
        self.pcm += self.incoming.take(self._now)


def test_a_lost_packet_is_heard_as_more_of_the_same_voice() -> None:
    packets = list(Telephone().say(voice(20)))
    listener = Listener()
    listener.hear(*packets[:10], None, *packets[11:])
    heard, said = (np.frombuffer(pcm, "<i2").astype(float) for pcm in (listener.pcm, voice(20)))
    assert heard.size == said.size
    lost = slice(10 * FRAME, 11 * FRAME)
    likeness = heard[lost] @ said[lost] / np.sqrt(heard[lost] @ heard[lost] * (said[lost] @ said[lost]))
    assert likeness > 0.9


def test_after_a_standstill_nothing_that_was_said_is_lost_and_silence_takes_the_delay_back() -> None:
    telephone = Telephone()
    before, late, after = (list(telephone.say(voice(25))) for _ in range(3))
    quiet = list(telephone.say(bytes(2 * FRAME * 50)))
    listener = Listener()
    listener.hear(*before)
    listener.stall(late)
    listener.hear(*after)
    spoken = np.abs(np.frombuffer(listener.pcm, "<i2").reshape(-1, FRAME).astype(int)).max(axis=1) > 1000
    assert spoken.sum() == 75
    assert len(listener.pcm) > 2 * FRAME * (75 + 15)
    listener.hear(*quiet)
    assert len(listener.pcm) <= 2 * FRAME * (75 + 50 + 2)
