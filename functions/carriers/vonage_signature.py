"""Whether a request comes from Vonage (telephony.md 2.1): a JWT, HS256 with the account's signature secret."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt

MAX_AGE_S = 300
"""How old a signature may be, and how far our clocks may differ."""
MAX_TOKEN_CHARS = 4096
_ALGORITHM = "HS256"
# The library would compare with its own clock; here the time is an argument.
_OPTIONS: jwt.types.Options = {"verify_exp": False, "verify_iat": False, "verify_nbf": False, "verify_aud": False}


@dataclass(frozen=True)
class VonageProof:
    """What a valid signature says of itself."""

    token_id: str
    """`jti`: take no second request that has it, until `expires_at`."""
    expires_at: float
    """Unix seconds."""


def proof_of(body: bytes, headers: Mapping[str, str], secret: str, now: float) -> VonageProof | None:
    """The proof that the request is Vonage's; None: it is not.

    `headers` have lower-case names, `now` is unix seconds.
    """
    claims = _claims(headers.get("authorization", ""), secret)
    issued_at, token_id = claims.get("iat"), claims.get("jti")
    if not isinstance(issued_at, int | float) or isinstance(issued_at, bool) or not isinstance(token_id, str):
        return None
    if not token_id or not abs(now - issued_at) <= MAX_AGE_S:
        return None
    if body and not hmac.compare_digest(hashlib.sha256(body).hexdigest(), str(claims.get("payload_hash", "")).lower()):
        return None
    return VonageProof(token_id, issued_at + 2 * MAX_AGE_S)


def _claims(authorization: str, secret: str) -> Mapping[str, Any]:
    kind, _, token = authorization.strip().partition(" ")
    if not secret or kind.lower() != "bearer" or len(token) > MAX_TOKEN_CHARS:
        return {}
    try:
        claims: Mapping[str, Any] = jwt.decode(token.strip(), secret, algorithms=[_ALGORITHM], options=_OPTIONS)
    except (jwt.InvalidTokenError, UnicodeEncodeError, RecursionError):
        return {}
    return claims
