"""What workers know a carrier's media socket by (architecture.md 7): enough to check it, nothing to act with."""

import json
from dataclasses import asdict, dataclass, field

from callcore.phones.phone import Carrier, Phone
from callcore.telephony.carrier_accounts import Seal


@dataclass(frozen=True)
class UpgradeCheck:
    """Of the sockets that one account at a carrier opens."""

    carrier: Carrier
    signatures: tuple[str, ...] = field(default=(), repr=False)
    """Twilio's: it signs the address of a socket and nothing else, so they are known before it opens one. They stand
    for the account's token, which opens everything there and stays where it is."""
    secret: str = field(default="", repr=False)
    """Vonage's signature secret: it signs each upgrade anew. Nothing is done at Vonage with it."""


def sealed(check: UpgradeCheck | None, seal: Seal) -> str | None:
    """As it stands in the row of a number. Raises StoreError."""
    return None if check is None else seal.seal(json.dumps(asdict(check)))


def opened(phone: Phone, seal: Seal) -> UpgradeCheck | None:
    """The check of a number; None when its carrier's signatures cannot be checked. Raises StoreError."""
    if phone.sealed_check is None:
        return None
    said = json.loads(seal.open(phone.sealed_check))
    return UpgradeCheck(Carrier(said["carrier"]), tuple(said["signatures"]), said["secret"])
