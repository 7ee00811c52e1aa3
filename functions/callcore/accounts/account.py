"""Accounts and the keys that open them (architecture.md 5 and 7).

A key is never stored: its row is found by the SHA-256 of the key. A public key stands in page
source, so a policy limits what it opens.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from callcore.ids import AccountId, AgentId


class AccountStatus(StrEnum):
    """Whether an account may be used."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    """Every key of it is refused with 403."""


@dataclass(frozen=True)
class Account:
    """One tenant."""

    account_id: AccountId
    name: str
    created_at: float
    """Unix seconds."""
    embed_secret: str
    """Signs metadata tokens (HS256); shown to the owner only."""
    status: AccountStatus = AccountStatus.ACTIVE
    max_concurrent_calls: int = 50
    max_call_duration_s: int = 3600
    """Caps every agent's `max_duration`, whatever an override says."""
    webhook_secrets: tuple[str, ...] = ()
    """Sign the webhooks that we send, newest first; two while the owner changes from one to the other."""
    max_minutes_per_day: int | None = None
    """Of all its calls together, in a day of UTC; None = no limit, here and below."""
    max_spend_per_day: int | None = None
    """US cents."""
    retention_days: int | None = None
    """Calls are deleted when they are older, with transcript and recording; None = kept until somebody deletes them."""
    discount_percent: Decimal = Decimal(0)
    """Off every price."""
    vendor_keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Its own keys of vendors, by their names; sealed (callauth.sealing)."""


class KeyKind(StrEnum):
    """Which of the two kinds of key a row is."""

    PRIVATE = "private"
    """REST."""
    PUBLIC = "public"
    """`initiate` and the widget URL."""


class Overrides(StrEnum):
    """What `agent_config` a public key may send in `initiate`."""

    NONE = "none"
    SAFE = "safe"
    """language, first_message and voice."""
    ALL = "all"
    """Anything, a temporary agent included."""


@dataclass(frozen=True)
class KeyPolicy:
    """What a public key opens. The defaults are those of a new key."""

    agents: tuple[AgentId, ...] | None = None
    """Allowed agents; None = every agent of the account, () = none."""
    origins: tuple[str, ...] | None = None
    """Allowed page origins; None = any, () = none. A browser control, not authentication."""
    overrides: Overrides = Overrides.SAFE
    phone: bool = False
    """May a carrier stream without a token use it?"""
    loopback_only: bool = False
    """Refused unless the connection comes from loopback without forwarding headers."""
    max_concurrent_calls: int | None = None
    """As for the account, which counts these calls too; None = no limit of its own."""
    max_minutes_per_day: int | None = None
    max_spend_per_day: int | None = None


@dataclass(frozen=True)
class KeyRecord:
    """The stored row of one key."""

    key_hash: str
    """Hex SHA-256 of the key."""
    kind: KeyKind
    account_id: AccountId
    label: str
    hint: str
    """First four characters of the key, to recognise it in a list."""
    created_at: float
    policy: KeyPolicy = field(default_factory=KeyPolicy)
    revoked_at: float | None = None
    """Unix seconds; None = the key works."""

    @property
    def key_id(self) -> str:
        """Names the key in the API; it opens nothing."""
        return self.key_hash[:16]
