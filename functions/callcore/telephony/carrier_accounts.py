"""A customer's account at a carrier as it is stored with each number: sealed."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Protocol

from callcore.errors import InvalidInput, NotAllowed
from callcore.phones.phone import Carrier, Phone
from callcore.telephony.ports import CarrierAccount

CONNECTABLE = frozenset({Carrier.TWILIO, Carrier.VONAGE})
"""The carriers whose calls we take and place."""


class Seal(Protocol):
    """Makes texts that nobody but us can read."""

    def seal(self, text: str) -> str:
        """The text as it is stored."""
        ...

    def open(self, sealed: str) -> str:
        """The text again. Raises StoreError."""
        ...


def account_from(carrier: Carrier, given: Mapping[str, str | None]) -> CarrierAccount | None:
    """The account that an import names (protocol.md 7.7); None when it brings no credentials at all.

    `auth_token` (Twilio) and `signature_secret` (Vonage) are ours: with them the carrier's signatures are checked.
    Raises InvalidInput that names what is missing.
    """
    said = {name: value.strip() for name, value in given.items() if value and value.strip()}
    if not said:
        return None
    if carrier not in CONNECTABLE:
        raise InvalidInput(
            f"provider: numbers of {carrier} can be stored, not connected; connected are twilio and vonage"
        )
    needed = ("api_key", "api_secret", "account_sid") if carrier is Carrier.TWILIO else ("api_key", "api_secret")
    for name in needed:
        if name not in said:
            raise InvalidInput(f"{name}: {carrier} needs it")
    signing = said.get("auth_token", "") if carrier is Carrier.TWILIO else said.get("signature_secret", "")
    if carrier is Carrier.TWILIO and said["api_key"] == said["account_sid"]:
        signing = signing or said["api_secret"]  # the account's own token is its key
    return CarrierAccount(
        carrier, said.get("account_sid", ""), said["api_key"], said["api_secret"], signing_secret=signing
    )


def sealed(account: CarrierAccount, seal: Seal) -> str:
    """As it stands in the row of a number."""
    return seal.seal(json.dumps(asdict(account)))


def opened(phone: Phone, seal: Seal) -> CarrierAccount:
    """The account of a number. Raises NotAllowed for one that is not connected, StoreError."""
    if phone.sealed_account is None:
        raise NotAllowed(f"{phone.number} is not connected: import it with its carrier's credentials")
    said: dict[str, Any] = json.loads(seal.open(phone.sealed_account))
    return CarrierAccount(**said | {"carrier": Carrier(said["carrier"])})
