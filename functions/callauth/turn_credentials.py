"""TURN servers for our clients, with what opens them (RFC 8656; telephony.md 4.5).

With a secret that the server shares (coturn: `use-auth-secret`), every client gets credentials of its own: the user's
name is the moment at which they stop, the password its HMAC (draft-uberti-behave-turn-rest-00). With a user's name of
the operator's, the secret is that user's password, and every client gets the same.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

TURN_SECRET = "turn"
"""Its name among the secrets."""
LIFETIME_S = 2 * 3600
"""Of a client's own credentials. They open a relay; one that stands is kept by them afterwards, too."""


def _no_secret() -> str:
    return ""


@dataclass(frozen=True)
class TurnServers:
    """The operator's."""

    urls: Sequence[str] = ()
    """`turn:` and `turns:` (RFC 7065), or `stun:`."""
    username: str = ""
    """Of the one user; empty: every client gets credentials of its own."""
    secret: Callable[[], str] = _no_secret
    """Is asked when credentials are made."""

    def for_client(self, who: str, now: float) -> list[dict[str, Any]]:
        """`iceServers` of an RTCPeerConnection. `who` is told to the server; `now` is unix seconds."""
        if not self.urls:
            return []
        if all(url.startswith("stun") for url in self.urls):
            return [{"urls": list(self.urls)}]
        username = self.username or f"{int(now) + LIFETIME_S}:{who}"
        credential = self.secret() if self.username else _password(self.secret(), username)
        return [{"urls": list(self.urls), "username": username, "credential": credential}]


NO_TURN = TurnServers()
"""Clients reach the workers by themselves."""


def _password(secret: str, username: str) -> str:
    # SHA-1 is what the servers compute (coturn's documentation of use-auth-secret).
    return base64.b64encode(hmac.new(secret.encode(), username.encode(), hashlib.sha1).digest()).decode()


def ice_link(server: dict[str, Any]) -> list[str]:
    """The server as values of the header Link (RFC 9725 4.6)."""
    opening = ""
    if "username" in server:
        opening = f'; username="{server["username"]}"; credential="{server["credential"]}"; credential-type="password"'
    return [f'<{url}>; rel="ice-server"{opening}' for url in server["urls"]]
