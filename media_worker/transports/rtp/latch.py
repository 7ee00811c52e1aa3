"""From whom media is taken, and whereto it is sent: symmetric RTP (RFC 4961) that nobody else can pull to himself.

Behind NAT a peer's media comes from another address than its SDP says, so we send to where it comes from. But who
sends media to a port that he guessed must not get, or become, somebody else's call. So: media of a host that the
signalling named is taken at once; media of another host only in the first seconds and only while none of a named host
has come; after that one source is the only one, until the very address that the SDP told is heard, new terms tell
another, or it has been silent and the same host goes on from another port.
"""

from enum import Enum, auto

from media_worker.transports.rtp.terms import Address, RtpTerms

OPEN_S = 5.0
"""After the terms were agreed on."""
SILENT_S = 2.0
PROBATION_S = 0.5
"""A host that nobody named is taken when it alone has sent for so long: a named one would have been heard by then."""


class _Trust(Enum):
    NOBODY = auto()
    """No media has come."""
    STRANGER = auto()
    """Its host was not named, and it was the first to come."""
    NAMED = auto()


class Latch:
    """One stream's. Times are seconds on one monotonic clock."""

    def __init__(self, terms: RtpTerms, now: float) -> None:
        self._named = _hosts(terms)
        self._told = terms.remote
        self._opened_at = now
        self._trust = _Trust.NOBODY
        self._source: Address | None = None
        self._heard_at = now
        self._candidate: Address | None = None
        self._candidate_since = now
        self.refused = 0
        """Packets of others."""

    @property
    def target(self) -> Address | None:
        """Where to send media."""
        return self._source or self._told

    @property
    def latched(self) -> bool:
        """Media has come from `target`."""
        return self._source is not None

    def renegotiate(self, terms: RtpTerms, now: float) -> None:
        """The peer has said where its media is from now on."""
        if terms.remote is None or terms.remote == self._told:
            self._named |= _hosts(terms)
            return
        self._named, self._told = _hosts(terms), terms.remote
        self._opened_at = now
        self._trust, self._source = _Trust.NOBODY, None

    def accepts(self, source: Address, now: float) -> bool:
        """Whether a valid packet from there is the peer's."""
        if source == self._source or self._moves_to(source, now):
            self._heard_at = now
            return True
        self.refused += 1
        return False

    def knows(self, source: Address) -> bool:
        """Whether RTCP from there may be the peer's: its host is that of the media."""
        target = self.target
        return source.host in self._named if target is None else source.host == target.host

    def _moves_to(self, source: Address, now: float) -> bool:
        is_named = source.host in self._named
        match self._trust:
            case _ if source == self._told:
                allowed = True
            case _Trust.NOBODY if not is_named:
                allowed = now - self._opened_at <= OPEN_S and self._passes_probation(source, now)
            case _Trust.NOBODY:
                allowed = True
            case _Trust.STRANGER if is_named:
                allowed = True
            case _:
                assert self._source is not None, "media of a source has come"
                allowed = source.host == self._source.host and now - self._heard_at >= SILENT_S
        if allowed:
            self._source, self._trust = source, _Trust.NAMED if is_named else _Trust.STRANGER
        return allowed

    def _passes_probation(self, source: Address, now: float) -> bool:
        if source != self._candidate:
            self._candidate, self._candidate_since = source, now
        return now - self._candidate_since >= PROBATION_S


def _hosts(terms: RtpTerms) -> frozenset[str]:
    told = {terms.remote.host} if terms.remote is not None else set()
    return frozenset({terms.signalling_host} | told)
