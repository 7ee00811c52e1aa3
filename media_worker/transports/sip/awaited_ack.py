"""A 2xx to an INVITE that is sent again until its ACK comes (RFC 3261, 13.3.1.4)."""

from dataclasses import dataclass

from media_worker.transports.sip.line import Asked
from media_worker.transports.sip.transaction import GIVE_UP_S, T1_S, T2_S


@dataclass
class AwaitedAck:
    """Over streams as well: a 2xx goes from end to end, and there may be datagrams on its way."""

    asked: Asked
    response: bytes
    cseq: int
    brings_answer: bool
    """The 2xx held our offer: its ACK holds the answer."""
    give_up_at: float
    again_at: float
    wait_s: float = T1_S

    @classmethod
    def of(cls, asked: Asked, response: bytes, cseq: int, now: float, *, brings_answer: bool) -> "AwaitedAck":
        """One that was sent at `now`."""
        return cls(asked, response, cseq, brings_answer, now + GIVE_UP_S, now + T1_S)

    @property
    def deadline(self) -> float:
        """When it is sent again, or given up."""
        return min(self.again_at, self.give_up_at)

    def sent_again(self) -> None:
        """From T1 on twice as long every time, up to T2."""
        self.wait_s = min(2 * self.wait_s, T2_S)
        self.again_at += self.wait_s
