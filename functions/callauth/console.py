"""What opens the console, and what proves its forms (architecture.md 7).

A cookie holds `<account id>.<random token>`: the store knows the token's hash. A form holds an HMAC, keyed by the
cookie, over the path that it is sent to: no other session and no other page can have made it. A one-time link holds
its expiry and a nonce under a secret of this run; whoever checks it has the nonce used up.
"""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass

from callcore.errors import Unauthenticated
from callcore.ids import AccountId

LINK_S = 600.0
"""How long a one-time link opens."""
MAX_COOKIE_CHARS = 256
_TOKEN_BYTES = 32
_MAC_CHARS = 43
"""256 bits in base64 without its padding."""


@dataclass(frozen=True)
class CookieToken:
    """What the cookie of a session says."""

    account_id: AccountId
    token: str

    def __str__(self) -> str:
        return f"{self.account_id}.{self.token}"

    @property
    def session_hash(self) -> str:
        """By which the store finds the session."""
        return hashlib.sha256(str(self).encode()).hexdigest()


def new_cookie_token(account_id: AccountId) -> CookieToken:
    """A token that nobody has seen yet: 256 bits of randomness."""
    return CookieToken(account_id, secrets.token_urlsafe(_TOKEN_BYTES))


def parse_cookie(text: str | None) -> CookieToken | None:
    """The inverse of `str`; None for what is no such cookie."""
    account_id, _, token = (text or "").partition(".")
    if not account_id or not token or len(text or "") > MAX_COOKIE_CHARS or not (text or "").isascii():
        return None
    return CookieToken(AccountId(account_id), token)


def form_proof(secret: str, path: str) -> str:
    """What a form that is sent to `path` holds; `secret` is the text of the cookie."""
    return _mac(secret, f"form {path}")


def is_form_proof(proof: str, secret: str, path: str) -> bool:
    """Whether it is that."""
    return hmac.compare_digest(proof.encode(errors="replace"), form_proof(secret, path).encode())


def one_time_code(secret: str, now: float) -> str:
    """The code of a link that opens for LINK_S after `now` (unix seconds)."""
    said = f"{int(now + LINK_S)}.{secrets.token_urlsafe(16)}"
    return f"{said}.{_mac(secret, f'link {said}')}"


@dataclass(frozen=True)
class OneTimeCode:
    """A code that is valid, unless it was used."""

    nonce: str
    expires_at: float
    """Unix seconds."""


def read_one_time_code(code: str, secret: str, now: float) -> OneTimeCode:
    """The code of a link. Raises Unauthenticated."""
    said, _, proof = code.rpartition(".")
    expected = _mac(secret, f"link {said}")
    if not secret or not hmac.compare_digest(proof.encode(errors="replace"), expected.encode()):
        raise Unauthenticated("the link is not one of this run")
    expires_at, _, nonce = said.partition(".")
    if float(expires_at) <= now:
        raise Unauthenticated("the link was good for ten minutes")
    return OneTimeCode(nonce, float(expires_at))


def _mac(secret: str, said: str) -> str:
    digest = hmac.new(
        secret.encode(errors="replace"), f"parley console {said}".encode(errors="replace"), hashlib.sha256
    )
    return base64.urlsafe_b64encode(digest.digest()).decode()[:_MAC_CHARS]
