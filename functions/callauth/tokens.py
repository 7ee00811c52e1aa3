"""Signed metadata tokens: what a page may pass on and its visitor cannot change (architecture.md 7).

A JWT (RFC 7519), HS256 with the account's embed secret. Claims: `metadata` (object), `agent` (agent id), `exp`,
and optionally `origin` (of the page), `nbf`, and `jti`, which makes it usable once.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from callcore.accounts.ports import UsedTokens
from callcore.errors import NotAllowed, Unauthenticated
from callcore.ids import AccountId, AgentId

if TYPE_CHECKING:
    import jwt

MAX_LIFETIME_S = 600
"""How far ahead `exp` may lie."""
CLOCK_SKEW_S = 30
"""By how much the signer's clock may differ from ours."""
MAX_TOKEN_CHARS = 32 * 1024
"""16 KiB of metadata in base64, and room for the other claims."""
_ALGORITHM = "HS256"
_SECRET_BYTES = 32
_MAX_UNIX_S = 2**53
"""Beyond it (and for NaN) a number is no time."""
# The library would compare with its own clock; here the time is an argument.
_OPTIONS: "jwt.types.Options" = {
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_aud": False,
    "verify_iss": False,
    "require": ["exp", "agent", "metadata"],
}


@dataclass(frozen=True)
class SignedMetadata:
    """The verified claims of a token."""

    metadata: Mapping[str, Any]
    agent_id: AgentId
    expires_at: float
    """Unix seconds."""
    origin: str | None = None
    """The only page origin that may use it; None = any."""
    token_id: str | None = None
    """`jti`; with it the token is usable once."""
    not_before: float | None = None
    """Unix seconds."""


def new_embed_secret() -> str:
    """A new secret of an account: 256 bits of randomness, the size of the signature (RFC 7518 3.2)."""
    return secrets.token_urlsafe(_SECRET_BYTES)


def sign(claims: SignedMetadata, embed_secret: str) -> str:
    """The token of these claims, as an account's own back end makes it."""
    optional = {"origin": claims.origin, "jti": claims.token_id, "nbf": claims.not_before}
    payload = {"metadata": dict(claims.metadata), "agent": claims.agent_id, "exp": claims.expires_at}
    payload |= {name: value for name, value in optional.items() if value is not None}
    import jwt  # late: it loads all of `cryptography`, for which a start does not wait

    return jwt.encode(payload, embed_secret, algorithm=_ALGORITHM)


@dataclass(frozen=True)
class TokenUse:
    """Where a token is used."""

    account_id: AccountId
    agent_id: AgentId
    origin: str | None
    """The browser's Origin header; None outside browsers."""
    now: float
    """Unix seconds."""


def verify(token: str, embed_secret: str, use: TokenUse, used_tokens: UsedTokens) -> SignedMetadata:
    """The claims, once everything about the token is right; a single-use token is used up by this.

    Raises Unauthenticated when the token proves nothing (form, signature, time) and NotAllowed when it was made
    for something else or has been used.
    """
    claims = _read(token, embed_secret)
    if claims.expires_at + CLOCK_SKEW_S <= use.now:
        raise Unauthenticated("the metadata token has expired")
    if claims.expires_at > use.now + MAX_LIFETIME_S + CLOCK_SKEW_S:
        raise Unauthenticated(f"the metadata token lives longer than {MAX_LIFETIME_S} seconds")
    if claims.not_before is not None and claims.not_before > use.now + CLOCK_SKEW_S:
        raise Unauthenticated("the metadata token is not valid yet")
    if claims.agent_id != use.agent_id:
        raise NotAllowed("the metadata token was made for another agent")
    if claims.origin is not None and claims.origin != use.origin:
        raise NotAllowed("the metadata token was made for another origin")
    if claims.token_id is not None and not used_tokens.use_once(
        use.account_id, claims.token_id, claims.expires_at + CLOCK_SKEW_S
    ):
        raise NotAllowed("the metadata token has been used already")
    return claims


def _read(token: str, embed_secret: str) -> SignedMetadata:
    if len(token) > MAX_TOKEN_CHARS:
        raise Unauthenticated("the metadata token is too long")
    if not embed_secret:
        raise Unauthenticated("the account has no embed secret, so no metadata token is believed")
    import jwt

    try:
        claims = jwt.decode(token, embed_secret, algorithms=[_ALGORITHM], options=_OPTIONS)
    except jwt.MissingRequiredClaimError as error:
        raise Unauthenticated(f"the metadata token lacks the claim {error.claim}") from None
    except jwt.InvalidSignatureError:
        raise Unauthenticated("the metadata token is not signed with the account's embed secret") from None
    except (jwt.InvalidTokenError, UnicodeEncodeError, RecursionError):
        raise Unauthenticated("the metadata token is no JWT signed with HS256") from None
    return SignedMetadata(
        metadata=_claim(claims, "metadata", dict),
        agent_id=AgentId(_claim(claims, "agent", str)),
        expires_at=float(_claim(claims, "exp", int, float)),
        origin=_claim(claims, "origin", str, type(None)),
        token_id=_claim(claims, "jti", str, type(None)),
        not_before=_claim(claims, "nbf", int, float, type(None)),
    )


def _claim(claims: Mapping[str, Any], name: str, *types: type) -> Any:
    value = claims.get(name)
    is_no_date = isinstance(value, int | float) and not abs(value) < _MAX_UNIX_S
    if not isinstance(value, types) or isinstance(value, bool) or is_no_date:
        raise Unauthenticated(f"the claim {name} of the metadata token has the wrong type")
    return value
