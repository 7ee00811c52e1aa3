"""A carrier's media stream, as it asks for a session (protocol.md 2.6).

A stream that we told the carrier to open brings a session token. One that a customer's own TwiML opened brings a public
key and an agent id, and whatever else it brings is metadata.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from callcore.errors import InvalidInput
from callcore.phones.phone import Carrier, PhoneNumber, parse_number
from callcore.wire.client import AgentChoice, Initiate

SESSION_TOKEN = "session_token"
"""The parameter of the token; a secret."""
PUBLIC_KEY = "public_key"
AGENT_ID = "agent_id"
INCLUDE_METADATA = "include_metadata_in_prompt"
FROM, TO = "from", "to"
"""What TwiML has as {{From}} and {{To}}; a stream does not tell its numbers otherwise."""
_NAMES = frozenset({SESSION_TOKEN, PUBLIC_KEY, AGENT_ID, INCLUDE_METADATA})
_TRUE = frozenset({"true", "1", "yes"})


@dataclass(frozen=True)
class PhoneStream:
    """What the first frames of a stream say."""

    carrier: Carrier
    parameters: Mapping[str, str]
    """As TwiML or NCCO gave them to the carrier."""
    carrier_call_id: str | None = None
    """What the carrier calls the call; Vonage's frames do not say."""
    carrier_account: str | None = None
    from_phone: PhoneNumber | None = None
    """Both numbers only of a stream that is the carrier's, proved by its signature."""
    to_phone: PhoneNumber | None = None

    @property
    def session_token(self) -> str | None:
        """Of a stream that we asked for."""
        return self.parameters.get(SESSION_TOKEN)

    def with_numbers(self) -> "PhoneStream":
        """The stream with the numbers that its instructions passed on; one that is no number stays unset."""
        numbers = [_number(self.parameters.get(name, "")) for name in (FROM, TO)]
        return replace(self, from_phone=numbers[0], to_phone=numbers[1])

    def to_initiate(self) -> Initiate:
        """The same wish as a client of ours would say it."""
        return Initiate(
            public_key=self.parameters.get(PUBLIC_KEY),
            agent=AgentChoice(agent_id=self.parameters.get(AGENT_ID)),
            metadata={name: value for name, value in self.parameters.items() if name not in _NAMES},
            include_metadata_in_prompt=self.parameters.get(INCLUDE_METADATA, "").lower() in _TRUE,
        )

    def to_voip(self) -> Mapping[str, Any]:
        """What the call's record says of it, beside the numbers."""
        known = {"call_sid": self.carrier_call_id, "account_sid": self.carrier_account}
        return {"provider": str(self.carrier), **{name: value for name, value in known.items() if value}}


def _number(text: str) -> PhoneNumber | None:
    try:
        return parse_number(text)
    except InvalidInput:
        return None
