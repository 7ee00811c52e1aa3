"""Requests between our own processes: an HMAC over method, path, body and time, usable once (architecture.md 7)."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from callcore.clock import Clock
from callcore.errors import Unauthenticated
from callcore.ports import Secrets

INTERNAL_SECRET = "internal"
"""Its name among the secrets."""
WINDOW_S = 30.0
"""How far the clocks of two machines, and the way between them, may differ."""
TIME_HEADER = "parley-time"
NONCE_HEADER = "parley-nonce"
SIGNATURE_HEADER = "parley-signature"
_NONCE_CHARS = 32


@dataclass(frozen=True)
class InternalRequest:
    """What is signed."""

    method: str
    path: str
    body: bytes


def sign(request: InternalRequest, secret: str, now: float) -> dict[str, str]:
    """The headers to send. `now` is unix seconds."""
    sent_at, nonce = f"{now:.3f}", secrets.token_hex(_NONCE_CHARS // 2)
    return {
        TIME_HEADER: sent_at,
        NONCE_HEADER: nonce,
        SIGNATURE_HEADER: _signature(request, secret, sent_at, nonce),
    }


@dataclass(frozen=True)
class InternalSigner:
    """Signs requests as they are sent, with the secret that is valid then."""

    secrets: Secrets
    clock: Clock

    def __call__(self, method: str, path: str, body: bytes) -> dict[str, str]:
        """The headers to send."""
        return sign(InternalRequest(method, path, body), self.secrets.secret(INTERNAL_SECRET), self.clock.unix_s())


@dataclass(frozen=True)
class Proof:
    """What a verified request must still show: that nobody used its nonce before."""

    nonce: str
    expires_at: float
    """Unix seconds; later the time alone refuses it."""


def verify(request: InternalRequest, headers: Mapping[str, str], valid: Sequence[str], now: float) -> Proof:
    """Check a request against the secrets that are valid (two while they are exchanged); header names in lower case.

    Raises Unauthenticated.
    """
    sent_at, nonce = headers.get(TIME_HEADER, ""), headers.get(NONCE_HEADER, "")
    signature = headers.get(SIGNATURE_HEADER, "").encode()
    if len(nonce) != _NONCE_CHARS:
        raise Unauthenticated("the request is not signed")
    # Without a secret nothing is valid.
    expected = [_signature(request, secret, sent_at, nonce).encode() for secret in valid if secret]
    if not any(hmac.compare_digest(one, signature) for one in expected):
        raise Unauthenticated("the request is not signed with an internal secret")
    age_s = now - float(sent_at)  # it was signed, so it is ours
    if abs(age_s) > WINDOW_S:
        raise Unauthenticated("the request was signed at another time")
    return Proof(nonce, now + 2 * WINDOW_S)


def _signature(request: InternalRequest, secret: str, sent_at: str, nonce: str) -> str:
    digest = hashlib.sha256(request.body).hexdigest()
    text = "\n".join((request.method, request.path, sent_at, nonce, digest))
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
