"""Puts the packets of one stream in order, waits for those that are late, and gives up those that are lost.

Who listens is a machine: it takes audio whenever it comes, and needs it whole and in order, not even. So what is in
order is handed on at once, without any delay, and only a hole is waited for: until the missing packet would be later
than the network makes packets lately, 20 to 80 ms. A listener's ear would need every packet delayed by as much.

A sender that says nothing for a moment (RFC 3551, section 4.1) must not stop the listener's time: after QUIET_S without
a packet that could be played silence is given out, for up to MAX_QUIET_S. When what was said meanwhile comes after
all, because only the network stood still, it is played late and the listener is ahead of time (`ahead_s`) until it
leaves out some silence (`forgo`).
"""

from collections.abc import Callable
from dataclasses import dataclass

from media_worker.media.network_delay import NetworkDelay
from media_worker.media.rtp import SEQUENCE_BITS, TIMESTAMP_BITS, RtpPacket, unwrap

CAPACITY = 64
"""Packets that wait behind a hole; with more, the hole is given up."""
MAX_JUMP = 100
"""Packets by which a sequence may jump ahead or back; two in a row that are further away begin another sequence, as two
of another source do (RFC 3550, appendix A.1)."""
QUIET_S, MAX_QUIET_S = 0.1, 2.0
QUIET_PACKETS = 3
"""Of a sender whose packets are long; two may be lost in a row."""
STEP_S = 0.020
MAX_LEAP_S = 0.5
"""A larger jump of the timestamps that no silence explains is a clock that was set anew, or a sender that is back."""


@dataclass(frozen=True, slots=True)
class Lost:
    """A packet that does not come any more."""

    samples: int


@dataclass(frozen=True, slots=True)
class Silence:
    """The sender said nothing for so long."""

    samples: int


Step = RtpPacket | Lost | Silence


@dataclass
class Arrivals:
    """What has become of a stream's packets."""

    played: int = 0
    lost: int = 0
    """Given up; those of them that come later are `late` besides."""
    late: int = 0
    duplicate: int = 0
    reordered: int = 0
    """Came after a later one, and in time."""
    restarts: int = 0
    """The source or its clock was another from one packet to the next."""


class JitterBuffer:
    """One stream. Put in what comes; then, and every 20 ms, take until nothing is left to take.

    `samples_of` tells how long a payload sounds. 0 is for packets that take part in the sequence and make no sound,
    telephone-events and comfort noise: their timestamps are not looked at.
    """

    def __init__(self, clock_rate_hz: int, samples_of: Callable[[RtpPacket], int]) -> None:
        self._rate_hz = clock_rate_hz
        self._samples_of = samples_of
        self.arrivals = Arrivals()
        self._ssrc: int | None = None
        self._waiting: dict[int, RtpPacket] = {}
        """By unwrapped sequence number."""
        self._next = 0
        self._highest = 0
        self._stray: RtpPacket | None = None
        """The last packet, when it belonged to no sequence we know."""
        self._restart()

    def _restart(self) -> None:
        self._delay = NetworkDelay()
        self._end: int | None = None
        """Unwrapped timestamp at which the sound that was taken ends; None: nothing was."""
        self._step = round(STEP_S * self._rate_hz)
        """Samples of the last packet that made a sound."""
        self._ahead = 0
        """Samples given out that the sender's clock does not count."""
        self._quiet = False

    # --- putting in -----------------------------------------------------------------------------

    def put(self, packet: RtpPacket, now: float) -> None:
        """A packet has come."""
        if self._ssrc is None:
            self._begin(packet)
        number = unwrap(packet.sequence, self._highest, SEQUENCE_BITS)
        if packet.ssrc != self._ssrc or abs(number - self._highest) > MAX_JUMP:
            first, self._stray = self._stray, packet
            if first is None or not _follows(packet, first):
                return
            self.arrivals.restarts += 1
            self._begin(first)
            self._keep(self._next, first, now)
            number = self._next + 1
        self._stray = None
        self._keep(number, packet, now)

    def _begin(self, packet: RtpPacket) -> None:
        """A new sequence, with this packet; what waits of the old one is dropped."""
        self._ssrc = packet.ssrc
        self._waiting.clear()
        self._next = self._highest = packet.sequence
        self._restart()

    def _keep(self, number: int, packet: RtpPacket, now: float) -> None:
        if number in self._waiting:
            self.arrivals.duplicate += 1
            return
        if self._samples_of(packet) and not self._is_set_anew(start := self._unwrapped(packet)):
            self._delay.arrived(start / self._rate_hz, now)
        if number < self._next:
            self.arrivals.late += 1
        else:
            self.arrivals.reordered += number < self._highest
            self._waiting[number] = packet
        self._highest = max(self._highest, number)

    def _unwrapped(self, packet: RtpPacket) -> int:
        return packet.timestamp if self._end is None else unwrap(packet.timestamp, self._end, TIMESTAMP_BITS)

    def _is_set_anew(self, start: int) -> bool:
        """A timestamp is of another clock than those before it."""
        return self._end is not None and abs(start - self._end) > MAX_LEAP_S * self._rate_hz + self._ahead

    # --- taking out -----------------------------------------------------------------------------

    def take(self, now: float) -> Step | None:
        """What comes next in the stream; None: nothing yet."""
        while (packet := self._waiting.get(self._next)) is None:
            if not self._waiting:
                return self._pass_time(now)
            if not self._overdue(now):
                return None
            lost = self._give_up()
            if lost is not None:
                return lost
        return self._play(packet)

    def _play(self, packet: RtpPacket) -> Step:
        samples = self._samples_of(packet)
        if samples:
            start = self._unwrapped(packet)
            pause = 0 if self._end is None else start - self._end
            if self._is_set_anew(start):
                self.arrivals.restarts += 1
                self._restart()
            elif pause > 0 and (silence := self._count(pause)):
                self._end = start
                return Silence(silence)
            self._end = start + samples
            self._step = samples
            self._quiet = False
        del self._waiting[self._next]
        self._next += 1
        self.arrivals.played += 1
        return packet

    def _overdue(self, now: float) -> bool:
        """The next packet, which is missing while a later one is here, is not waited for any more."""
        if self._end is None or len(self._waiting) > CAPACITY:
            return True
        return now >= self._delay.base_s + self._end / self._rate_hz + self._delay.wait_s

    def _give_up(self) -> Lost | None:
        """Go on without the next packet; None when that leaves no gap."""
        number = min(self._waiting)
        missing, following = number - self._next, self._waiting[number]
        gap = missing * self._step
        if self._end is not None and self._samples_of(following):
            gap = self._unwrapped(following) - self._end
        if self._end is None or gap <= 0:
            # What is missing made no sound.
            self.arrivals.lost += missing
            self._next = number
            return None
        self.arrivals.lost += 1
        self._next += 1
        samples = min(gap // missing, self._step)
        self._end += samples
        gone = self._count(samples)
        return Lost(gone) if gone else None

    def _pass_time(self, now: float) -> Silence | None:
        """Nothing has come."""
        if self._end is None:
            return None
        behind_s = now - self._delay.base_s - self._end / self._rate_hz - self.ahead_s
        patience_s = STEP_S if self._quiet else max(QUIET_S, QUIET_PACKETS * self._step / self._rate_hz)
        if behind_s < patience_s or self.ahead_s >= MAX_QUIET_S:
            return None
        self._quiet = True
        samples = round(STEP_S * self._rate_hz)
        self._ahead += samples
        return Silence(samples)

    def _count(self, samples: int) -> int:
        """Of a gap on the sender's clock, what was not given out as silence before."""
        left = max(0, samples - self._ahead)
        self._ahead = max(0, self._ahead - samples)
        return left

    # --- time -----------------------------------------------------------------------------------

    @property
    def ahead_s(self) -> float:
        """How much longer what was given out is than what the sender's clock counts."""
        return self._ahead / self._rate_hz

    def forgo(self, samples: int) -> None:
        """The listener has left out so much of what was taken, because it is ahead."""
        self._ahead = max(0, self._ahead - samples)


def _follows(packet: RtpPacket, first: RtpPacket) -> bool:
    return packet.ssrc == first.ssrc and packet.sequence == (first.sequence + 1) & 0xFFFF
