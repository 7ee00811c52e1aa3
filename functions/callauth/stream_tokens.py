"""Tokens that tie a carrier's media stream to the call that we asked it for (architecture.md 7).

A JWT (RFC 7519), HS256 with the secret of our own processes: `sub` is the call, `iss` its account, `aud` keeps it apart
from what else the secret signs. It goes through the carrier, opens one stream and is worth nothing afterwards.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jwt

from callcore.accounts.ports import UsedTokens
from callcore.errors import NotAllowed, Unauthenticated
from callcore.ids import AccountId, CallId

LIFETIME_S = 180
"""From the moment the carrier is told: it may ring for two minutes."""
MAX_TOKEN_CHARS = 480
"""A parameter of TwiML has less than 500 characters with its name (telephony.md 1.3)."""
_ALGORITHM = "HS256"
_AUDIENCE = "stream"
# The library would compare with its own clock; here the time is an argument.
_OPTIONS: jwt.types.Options = {"verify_exp": False, "require": ["sub", "iss", "exp", "jti", "aud"]}


@dataclass(frozen=True)
class StreamClaims:
    """Which call the stream carries."""

    account_id: AccountId
    call_id: CallId
    signatures: tuple[str, ...] = ()
    """Digests of those that its carrier may put on the socket's upgrade; (): they are not known beforehand."""


def sign(claims: StreamClaims, secret: str, now: float) -> str:
    """A new token. `now` is unix seconds."""
    payload = {
        "sub": claims.call_id,
        "iss": claims.account_id,
        "aud": _AUDIENCE,
        "exp": int(now) + LIFETIME_S,
        "jti": secrets.token_urlsafe(16),
    }
    signed = {"sig": list(claims.signatures)} if claims.signatures else {}
    return jwt.encode(payload | signed, secret, algorithm=_ALGORITHM)


def verify(token: str, valid: Sequence[str], now: float, used: UsedTokens) -> StreamClaims:
    """The claims; the token is used up by this. `valid` are the secrets that count.

    Raises Unauthenticated when it proves nothing or is too old, NotAllowed when it has been used.
    """
    claims = next((claims for secret in valid if secret and (claims := _read(token, secret))), None)
    if claims is None:
        raise Unauthenticated("the stream's token is not ours")
    expires_at = float(claims["exp"])
    if not now < expires_at:
        raise Unauthenticated("the stream's token has expired")
    account_id = AccountId(claims["iss"])
    if not used.use_once(account_id, f"stream {claims['jti']}", expires_at):
        raise NotAllowed("the stream's token has been used already")
    return StreamClaims(account_id, CallId(claims["sub"]), tuple(claims.get("sig", ())))


def _read(token: str, secret: str) -> dict[str, Any] | None:
    if len(token) > MAX_TOKEN_CHARS:
        return None
    try:
        claims: dict[str, Any] = jwt.decode(
            token, secret, algorithms=[_ALGORITHM], audience=_AUDIENCE, options=_OPTIONS
        )
    except (jwt.InvalidTokenError, UnicodeEncodeError, RecursionError):
        return None
    return claims
