"""Digest authentication of callers (RFC 3261, 22; RFC 7616; RFC 8760), for addresses that ask for it."""

import base64
import hashlib
import hmac
import re
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from media_worker.transports.sip.credentials import Credentials, parse_credentials

HASHES: Mapping[str, str] = {"SHA-256": "sha256", "MD5": "md5"}
"""By the names of RFC 7616, the better one first: a caller takes the first that he knows."""
NONCE_S = 60.0
MAX_NONCES = 10_000
"""Of those that were used; with more at once the oldest have to ask anew."""
_COUNT = re.compile(r"[0-9a-fA-F]{8}")
_TIME_CHARS = 12


class Verdict(Enum):
    """What credentials prove."""

    PROVED = auto()
    STALE = auto()
    """Right, but of a nonce that is too old: the caller need not ask his user again."""
    NOTHING = auto()


@dataclass(frozen=True)
class Expected:
    """What has to be proved."""

    username: str
    password: str
    method: str
    uri: str
    """The Request-URI as it was written."""
    source: str
    """Where the request came from: a nonce is good there only."""


class Digest:
    """Challenges, and what answers them. Only nonces that were used once are remembered."""

    def __init__(self, realm: str, key: bytes) -> None:
        """`key` signs nonces; nobody else knows it."""
        self._realm, self._key = realm, key
        self._counts: OrderedDict[str, int] = OrderedDict()

    def challenges(self, source: str, now: float, *, stale: bool = False) -> list[tuple[str, str]]:
        """Fields of a 401; `now` is unix seconds."""
        nonce = self._nonce(source, now)
        told = f'Digest realm="{self._realm}", nonce="{nonce}", qop="auth"' + (", stale=true" if stale else "")
        return [("WWW-Authenticate", f"{told}, algorithm={name}") for name in HASHES]

    def check(self, fields: Sequence[str], expected: Expected, now: float) -> Verdict:
        """What the Authorization fields of a request prove."""
        for field in fields:
            credentials = parse_credentials(field)
            if credentials is not None and credentials.parameters.get("realm") == self._realm:
                return self._check(credentials, expected, now)
        return Verdict.NOTHING

    def _check(self, credentials: Credentials, expected: Expected, now: float) -> Verdict:
        given = credentials.parameters
        nonce, count = given.get("nonce", ""), given.get("nc", "")
        algorithm = given.get("algorithm", "MD5").upper()
        well_formed = credentials.scheme == "digest" and algorithm in HASHES and given.get("qop") == "auth"
        if not well_formed or not _COUNT.fullmatch(count) or given.get("uri") != expected.uri:
            return Verdict.NOTHING
        if not hmac.compare_digest(_response(given, expected, HASHES[algorithm]), given.get("response", "").lower()):
            return Verdict.NOTHING
        if not self._is_ours(nonce, expected.source):
            return Verdict.NOTHING
        if now - _time_of(nonce) > NONCE_S or int(count, 16) <= self._counts.get(nonce, 0):
            return Verdict.STALE
        self._counts[nonce] = int(count, 16)
        if len(self._counts) > MAX_NONCES:
            self._counts.popitem(last=False)
        return Verdict.PROVED

    def _nonce(self, source: str, now: float) -> str:
        time = f"{int(now):0{_TIME_CHARS}x}"
        return time + self._signature(time, source)

    def _signature(self, time: str, source: str) -> str:
        made = hmac.digest(self._key, f"{time} {source}".encode(), "sha256")
        return base64.urlsafe_b64encode(made[:18]).decode()

    def _is_ours(self, nonce: str, source: str) -> bool:
        time, signature = nonce[:_TIME_CHARS], nonce[_TIME_CHARS:]
        made = self._signature(time, source)
        return hmac.compare_digest(made.encode(), signature.encode("utf-8", "surrogateescape"))


def _time_of(nonce: str) -> float:
    """Of one that is ours."""
    return float(int(nonce[:_TIME_CHARS], 16))


def _response(given: Mapping[str, str], expected: Expected, algorithm: str) -> str:
    """RFC 7616, 3.4.1."""

    def hashed(*parts: str) -> str:
        return hashlib.new(algorithm, ":".join(parts).encode("utf-8", "surrogateescape")).hexdigest()

    if given.get("username") != expected.username:
        return ""
    secret = hashed(expected.username, given.get("realm", ""), expected.password)
    asked = hashed(expected.method, expected.uri)
    return hashed(secret, given.get("nonce", ""), given.get("nc", ""), given.get("cnonce", ""), "auth", asked)
