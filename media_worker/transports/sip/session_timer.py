"""Session timers (RFC 4028): whether a call that nobody talks in is still there."""

import re
from dataclasses import dataclass

from media_worker.transports.sip.message import Headers, Response

MIN_SE_S = 90
"""RFC 4028, 5: the smallest interval there is."""
MAX_SE_S = 24 * 3600
MARGIN_S = 32.0
"""RFC 4028, 10: so long, or a third of the interval, before the end a session is given up."""
_SECONDS = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True)
class Terms:
    """What both sides keep to from a 2xx on."""

    interval_s: int
    we_refresh: bool
    peer_supports: bool = True
    """Else only we do."""

    @property
    def fields(self) -> list[tuple[str, str]]:
        """Of the 2xx that says so. `uac` is whoever sent the request."""
        told = [("Session-Expires", f"{self.interval_s};refresher={'uas' if self.we_refresh else 'uac'}")]
        return [*told, ("Require", "timer")] if self.peer_supports else told

    def asked(self) -> list[tuple[str, str]]:
        """Of a refresh that we send."""
        return [("Session-Expires", f"{self.interval_s};refresher={'uac' if self.we_refresh else 'uas'}")]

    def refresh_at(self, now: float) -> float | None:
        """When we have to refresh; None: the peer does."""
        return now + self.interval_s / 2 if self.we_refresh else None

    def over_at(self, now: float) -> float:
        """When the call is over unless it was refreshed."""
        return now + self.interval_s - min(MARGIN_S, self.interval_s / 3)


class TooSmall(Exception):
    """The peer asks for more refreshes than we take."""


def agree(headers: Headers) -> Terms | None:
    """What a request of the peer's asks for; None: nothing. Raises TooSmall (422), ValueError (400)."""
    value = headers.get("Session-Expires")
    if value is None:
        return None
    interval, _, parameters = value.partition(";")
    if not _SECONDS.fullmatch(interval.strip()):
        raise ValueError("Session-Expires is malformed")
    interval_s = min(int(interval), MAX_SE_S)
    supports = "timer" in headers.tokens("Supported") or "timer" in headers.tokens("Require")
    if interval_s < MIN_SE_S:
        if supports:
            raise TooSmall
        # RFC 4028, 9: who knows no timers would not understand the refusal.
        interval_s = MIN_SE_S
    named = {
        name.strip().lower(): word.strip().lower()
        for name, _, word in (p.partition("=") for p in parameters.split(";"))
    }
    return Terms(interval_s, we_refresh=not supports or named.get("refresher") == "uas", peer_supports=supports)


def agreed(headers: Headers, asked: Terms) -> Terms | None:
    """What a 2xx to our refresh says; None: the peer wants no timer any more."""
    value = headers.get("Session-Expires")
    if value is None:
        return None
    interval, _, parameters = value.partition(";")
    if not _SECONDS.fullmatch(interval.strip()) or int(interval) < MIN_SE_S:
        return asked
    peer_refreshes = "refresher=uas" in parameters.replace(" ", "").lower()
    return Terms(min(int(interval), MAX_SE_S), we_refresh=not peer_refreshes)


def smallest(headers: Headers) -> int:
    """Of a 422: what the peer takes, seconds."""
    value = headers.get("Min-SE") or ""
    digits = value.partition(";")[0].strip()
    return min(max(MIN_SE_S, int(digits)), MAX_SE_S) if _SECONDS.fullmatch(digits) else MIN_SE_S


AGAIN_S = 2.0
"""After a 491 (RFC 3261, 14.1): who was called waits for up to two seconds. After other refusals no less."""


_UNKNOWN_THERE = frozenset({408, 481})
"""RFC 4028, 7.2, and RFC 3261, 12.2.1.2: after these the call is over."""


class SessionTimer:
    """One call's: when to refresh it, and when it is over."""

    def __init__(self) -> None:
        self.terms: Terms | None = None
        """None: nobody asked for a timer."""
        self._refresh_at: float | None = None
        self._over_at: float | None = None

    @property
    def deadline(self) -> float | None:
        """When the next of the two is due."""
        return min((at for at in (self._refresh_at, self._over_at) if at is not None), default=None)

    def renew(self, terms: Terms | None) -> None:
        """A request of the peer's asks for these; one that asks for none ends a timer that the peer kept."""
        if terms is not None or not (self.terms and self.terms.we_refresh):
            self.terms = terms

    def arm(self, now: float) -> None:
        """The session was agreed on, or refreshed."""
        self._refresh_at = self.terms.refresh_at(now) if self.terms else None
        self._over_at = self.terms.over_at(now) if self.terms else None

    def stop(self) -> None:
        """The call is over."""
        self._refresh_at = self._over_at = None

    def is_over(self, now: float) -> bool:
        """Nobody refreshed the session in time."""
        return self._over_at is not None and self._over_at <= now

    def take_refresh(self, now: float) -> bool:
        """Whether it is time to refresh; only once."""
        due = self._refresh_at is not None and self._refresh_at <= now
        if due:
            self._refresh_at = None
        return due

    def responded(self, response: Response, now: float) -> bool:
        """What our refresh was answered; whether the peer does not know the call any more (RFC 3261, 12.2.1.2)."""
        if self.terms is None:
            return False
        if response.status < 300:
            self.terms = agreed(response.headers, self.terms)
            self.arm(now)
        elif response.status == 422 and (least_s := smallest(response.headers)) > self.terms.interval_s:
            # Who refuses what he asked for would be asked without end.
            self.terms = Terms(least_s, self.terms.we_refresh)
            self._refresh_at = now
        elif response.status in _UNKNOWN_THERE:
            return True
        elif self._over_at is not None:
            self._refresh_at = now + max(AGAIN_S, _wait_s(response, self._over_at - now))
        return False


def _wait_s(refusal: Response, left_s: float) -> float:
    """When a refused refresh is tried again (RFC 4028, 7.2); a session has `left_s`, and each refusal halves them."""
    if refusal.status == 491:
        return AGAIN_S
    told = _SECONDS.match((refusal.headers.get("Retry-After") or "").strip())
    return int(told[0]) if told else left_s / 2
