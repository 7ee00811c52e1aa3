"""How well a stream arrives, as receiver reports tell it (RFC 3550, sections 6.4.1 and A.3, A.8)."""

from dataclasses import dataclass

from media_worker.media.rtp import SEQUENCE_BITS, RtpPacket, unwrap

MAX_JUMP = 3000
"""Packets: more is another stream (appendix A.1, MAX_DROPOUT)."""
_MOST_LOST, _LEAST_LOST = 0x7FFFFF, -0x800000
"""The field has 24 bits and a sign."""
_JITTER_SHARE = 16


@dataclass(frozen=True)
class ReceptionReport:
    """One stream since it began, and since the last report."""

    ssrc: int
    fraction_lost: float
    """Since the last report, 0 to 1."""
    lost: int
    """Since it began; duplicates count against it."""
    highest_sequence: int
    """With the count of its wraps above the 16 bits."""
    jitter: int
    """In units of the timestamps."""


class Reception:
    """Follows one source; another one begins anew."""

    def __init__(self, clock_rate_hz: int) -> None:
        self.rate_hz = clock_rate_hz
        self.received = 0
        """Packets of all sources."""
        self._ssrc: int | None = None
        self._begin(0)

    def _begin(self, sequence: int) -> None:
        self._base = self._highest = sequence
        self._count = self._expected_before = self._count_before = 0
        self._transit: float | None = None
        self._jitter = 0.0

    @property
    def jitter_s(self) -> float:
        """The mean deviation of the time that packets take."""
        return self._jitter / self.rate_hz

    @property
    def lost(self) -> int:
        """Packets of the present source that have not come."""
        return max(0, self._expected - self._count) if self._count else 0

    @property
    def _expected(self) -> int:
        return self._highest - self._base + 1

    def arrived(self, packet: RtpPacket, now: float, *, timed: bool = True) -> None:
        """A packet has come; `timed`: it was sent at the time of its timestamp, which events are not."""
        number = unwrap(packet.sequence, self._highest, SEQUENCE_BITS)
        if packet.ssrc != self._ssrc or abs(number - self._highest) > MAX_JUMP:
            self._ssrc = packet.ssrc
            number = packet.sequence
            self._begin(number)
        self._highest = max(self._highest, number)
        self._count += 1
        self.received += 1
        if timed:
            self._time(now * self.rate_hz - packet.timestamp)

    def _time(self, transit: float) -> None:
        if self._transit is not None:
            deviation = abs(transit - self._transit)
            # Timestamps wrap: a difference that large is a wrap, or a clock that was set anew.
            if deviation < self.rate_hz:
                # "J += (1./16.) * (d - J)" (appendix A.8)
                self._jitter += (deviation - self._jitter) / _JITTER_SHARE
        self._transit = transit

    def report(self) -> ReceptionReport | None:
        """As it is now; None before the first packet. The next one tells what was lost since this one."""
        if self._ssrc is None:
            return None
        expected = self._expected - self._expected_before
        came = self._count - self._count_before
        self._expected_before, self._count_before = self._expected, self._count
        fraction = max(0.0, (expected - came) / expected) if expected else 0.0
        lost = min(max(self._expected - self._count, _LEAST_LOST), _MOST_LOST)
        return ReceptionReport(self._ssrc, fraction, lost, self._highest & 0xFFFFFFFF, round(self._jitter))
