"""Addresses at which SIP calls reach an agent (protocol.md 7.3): one for a single call, or a permanent one.

The address of a single call is a bearer capability: 128 random bits that live for a minute or ten and open one call.
A permanent one stays, so knowing it is not enough: its calls come from known networks, or prove credentials.
"""

import base64
import hashlib
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Any

from callcore.errors import InvalidInput
from callcore.ids import AccountId, AgentId, CallId, SessionId

SIP = "sip"
"""The transport, as a call's record and its bill name it."""
TOKEN_S, MAX_TOKEN_S = 60, 600
"""How long the address of one call is good for, unless its request says otherwise."""
MAX_SOURCES = 32
MAX_ADDRESSES = 100
"""Of one account."""
DEFAULT_PORT = 5060
_RANDOM_BYTES = 16
_USER = re.compile(r"\+?[a-z0-9][a-z0-9._-]{0,31}", re.ASCII)
_CREDENTIAL = re.compile(r"[!-~]{1,64}", re.ASCII)
LEAST_PASSWORD_CHARS = 12


@dataclass(frozen=True)
class SipToken:
    """The address of one call."""

    user_hash: str
    """Of the user part, which is not stored."""
    account_id: AccountId
    session_id: SessionId
    call_id: CallId
    """Of the registered call that it opens."""
    expires_at: float
    """Unix seconds."""


@dataclass(frozen=True)
class SipAddress:
    """A permanent address; `sources`, `username` and its password, or both guard it."""

    call_id: CallId
    """Names it; its calls have ids of their own."""
    account_id: AccountId
    user: str
    created_at: float
    """Unix seconds."""
    agent_id: AgentId | None = None
    """None: a temporary agent, made of `agent_config` alone."""
    agent_config: Mapping[str, Any] | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    include_metadata_in_prompt: bool = False
    to_phone: str | None = None
    """The number that its callers dial, where their INVITE does not tell."""
    sources: tuple[str, ...] = ()
    """Networks that calls may come from (CIDR); none: any."""
    username: str | None = None
    """For digest authentication; None: calls of its sources need none."""
    sealed_password: str | None = field(default=None, repr=False)
    """Sealed for the workers (callauth.sealing)."""

    def admits(self, source: str) -> bool:
        """Whether a call may come from that IP address."""
        if not self.sources:
            return True
        host = ip_address(source)
        return any(host in ip_network(network) for network in self.sources)


def new_user() -> str:
    """A user part that nobody can guess, of letters and digits that no SIP stack escapes or folds."""
    return base64.b32encode(secrets.token_bytes(_RANDOM_BYTES)).decode().rstrip("=").lower()


def new_password() -> str:
    """A password for digest authentication."""
    return secrets.token_urlsafe(_RANDOM_BYTES)


def user_hash(user: str) -> str:
    """Under which a token is stored."""
    return hashlib.sha256(user.encode()).hexdigest()


def sip_uri(user: str, host: str, transport: str = "udp") -> str:
    """The address as a carrier is given it; `host` may have a port."""
    at = host if _has_port(host) else f"{host}:{DEFAULT_PORT}"
    return f"sip:{user}@{at};transport={transport}"


def _has_port(host: str) -> bool:
    return host.rpartition("]")[2].count(":") == 1


def is_user(user: str) -> bool:
    """Whether a user part may be one of ours at all."""
    return bool(_USER.fullmatch(user))


def check_user(user: str) -> str:
    """A user part that somebody chose: a number, or a name. Raises InvalidInput."""
    if not is_user(user):
        raise InvalidInput("user: at most 32 of a-z, 0-9, dot, dash and underscore, with or without a + in front")
    return user


def check_sources(sources: Sequence[str]) -> tuple[str, ...]:
    """Networks as they are stored. Raises InvalidInput for what is none, and for the whole internet."""
    if len(sources) > MAX_SOURCES:
        raise InvalidInput(f"sources: more than {MAX_SOURCES} networks")
    try:
        networks = [ip_network(source, strict=False) for source in sources]
    except ValueError:
        raise InvalidInput("sources: not a list of networks such as 203.0.113.0/24") from None
    if any(not network.prefixlen for network in networks):
        raise InvalidInput("sources: a network that is the whole internet guards nothing")
    return tuple(map(str, networks))


def check_credentials(username: str, password: str) -> None:
    """Raises InvalidInput for what cannot be used for digest authentication, or is too easy to guess."""
    if not _CREDENTIAL.fullmatch(username) or set(username) & set('":\\'):
        raise InvalidInput("username: at most 64 printable ASCII characters, without quotes, colons and backslashes")
    if not _CREDENTIAL.fullmatch(password) or len(password) < LEAST_PASSWORD_CHARS:
        raise InvalidInput(f"password: {LEAST_PASSWORD_CHARS} to 64 printable ASCII characters")
