"""Whether a media socket is its carrier's: the signature on the request that opens it (telephony.md 1.2 and 2.2)."""

import hmac
from collections.abc import Collection, Mapping

from callcore.telephony.upgrade_check import UpgradeCheck
from carriers.twilio_signature import SIGNATURE_HEADER, digest
from carriers.vonage_signature import VonageProof, proof_of


def is_twilios(check: UpgradeCheck, headers: Mapping[str, str]) -> bool:
    """Whether the account's Twilio sent the upgrade. `headers` have lower-case names."""
    given = headers.get(SIGNATURE_HEADER, "").encode()
    # Every one is looked at: how long it takes tells nothing.
    return sum(hmac.compare_digest(one.encode(), given) for one in check.signatures) > 0


def is_of_digests(digests: Collection[str], headers: Mapping[str, str]) -> bool:
    """Whether Twilio's signature on the upgrade is one of these (carriers.upgrade_checks.digests_of)."""
    return digest(headers.get(SIGNATURE_HEADER, "")) in digests


def vonages_proof(check: UpgradeCheck, headers: Mapping[str, str], now: float) -> VonageProof | None:
    """The proof that the account's Vonage sent the upgrade; it counts once. `now` is unix seconds."""
    return proof_of(b"", headers, check.secret, now)
