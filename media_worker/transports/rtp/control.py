"""The RTCP of one stream: what we tell the peer about it, and what the peer tells us."""

import random
import secrets

from media_worker.media.rtcp import Report, ReportBlock, compound, middle_bits, parse_rtcp, round_trip_s, to_ntp
from media_worker.transports.rtp.incoming import Incoming
from media_worker.transports.rtp.outgoing import Outgoing

REPORT_EVERY_S = 5.0
"""On average: streams that began at once shall not report at once (RFC 3550, section 6.2)."""


class Control:
    """One stream's. `now` is monotonic seconds, `unix_s` the same moment on the calendar."""

    def __init__(self, incoming: Incoming, outgoing: Outgoing, now: float) -> None:
        self._incoming, self._outgoing = incoming, outgoing
        # "It SHOULD be … unique among all participants", and says nothing about this machine (RFC 7022, section 4.2).
        self._cname = secrets.token_urlsafe(12)
        self._due_at = now + REPORT_EVERY_S / 2
        self._last_report = 0
        self._last_report_at = now
        self.round_trip_s: float | None = None
        """As the peer's latest report tells; None: it tells nothing."""
        self.remote_fraction_lost = 0.0
        """Of our packets, as the peer's latest report tells."""
        self.remote_jitter_s = 0.0

    def due(self, now: float, unix_s: float) -> bytes | None:
        """The report to send now, when one is due."""
        if now < self._due_at:
            return None
        self._due_at = now + REPORT_EVERY_S * random.uniform(0.5, 1.5)
        return self._report(now, unix_s, bye=False)

    def bye(self, now: float, unix_s: float) -> bytes:
        """What to send last."""
        return self._report(now, unix_s, bye=True)

    def _report(self, now: float, unix_s: float, *, bye: bool) -> bytes:
        reception = self._incoming.reception.report()
        blocks = () if reception is None else (ReportBlock(reception, self._last_report, now - self._last_report_at),)
        sent = self._outgoing
        if not sent.packets:
            return compound(Report(sent.ssrc, blocks), self._cname, bye=bye)
        timestamp = sent.timestamp()
        report = Report(sent.ssrc, blocks, to_ntp(unix_s), timestamp, sent.packets, sent.octets)
        return compound(report, self._cname, bye=bye)

    def take(self, datagram: bytes, now: float, unix_s: float) -> bool:
        """What the peer reports; whether it is RTCP at all."""
        found = parse_rtcp(datagram)
        for report in found or ():
            if isinstance(report, Report):
                self._note(report, now, to_ntp(unix_s))
        return found is not None

    def _note(self, report: Report, now: float, now_ntp: int) -> None:
        if report.ntp is not None:
            self._last_report, self._last_report_at = middle_bits(report.ntp), now
        for block in report.blocks:
            if block.reception.ssrc == self._outgoing.ssrc:
                self.remote_fraction_lost = block.reception.fraction_lost
                self.remote_jitter_s = block.reception.jitter / self._incoming.reception.rate_hz
                trip_s = round_trip_s(block, now_ntp)
                self.round_trip_s = self.round_trip_s if trip_s is None else trip_s
