"""Phone numbers of an account (protocol.md 7.7)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NewType

from callcore.errors import InvalidInput
from callcore.ids import AccountId, AgentId

PhoneNumber = NewType("PhoneNumber", str)
"""E.164: `+` and up to 15 digits."""

_SEPARATORS = re.compile(r"[\s().\-]")
_E164 = re.compile(r"\+[1-9]\d{2,14}", re.ASCII)


class Carrier(StrEnum):
    """Where a number was bought."""

    TWILIO = "twilio"
    VONAGE = "vonage"
    PLIVO = "plivo"
    EXOTEL = "exotel"


@dataclass(frozen=True)
class Phone:
    """A number of an account."""

    account_id: AccountId
    number: PhoneNumber
    created_at: float
    """Unix seconds."""
    carrier: Carrier
    country: str | None = None
    region: str | None = None
    agent_id: AgentId | None = None
    """Who answers."""
    agent_config_override: Mapping[str, Any] | None = None
    """Top-level keys that replace the agent's own on calls of this number."""
    tags: tuple[str, ...] = ()
    sealed_account: str | None = field(default=None, repr=False)
    """The account at the carrier, sealed (callauth.sealing); None: the number is stored only."""
    sealed_check: str | None = field(default=None, repr=False)
    """What workers know its carrier's media sockets by, sealed (callcore.telephony.upgrade_check); None: by nothing."""
    previous: Mapping[str, str] | None = None
    """What the carrier did with its calls before it was told to ask us."""

    @property
    def is_connected(self) -> bool:
        """Whether calls come and go by it."""
        return self.sealed_account is not None


def parse_number(text: str) -> PhoneNumber:
    """A number as people and clients write it, with or without its `+`. Raises InvalidInput."""
    digits = _SEPARATORS.sub("", text)
    number = digits if digits.startswith("+") else f"+{digits}"
    if not _E164.fullmatch(number):
        raise InvalidInput("phone: not a number of the form +15551234567 (E.164)")
    return PhoneNumber(number)
