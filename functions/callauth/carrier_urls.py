"""The addresses that a carrier is given: who has one was given it by us.

    /telephony/{carrier}/{what}/{account}/{subject}?s={proof}

`subject` is a number or a session. The proof is an HMAC over the path, so that no address can be made of another. It
stands beside the carrier's own signature, which not every account lets us check.
"""

import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote

from callcore.errors import Unauthenticated
from callcore.ids import AccountId
from callcore.phones.phone import Carrier, PhoneNumber
from callcore.regions import MediaHosts
from callcore.telephony.ports import NumberUrls

PREFIX = "/telephony"
TELEPHONY_KEY = "telephony"
"""Our name for the secret that proves these addresses, and seals credentials of accounts."""
_DOMAIN = b"carrier url\0"
_PROOF_CHARS = 40


class What(StrEnum):
    """What a carrier asks or tells."""

    ANSWER = "answer"
    """A number is called."""
    STATUS = "status"
    """How a call goes on."""
    NEXT = "next"
    """Our media socket was closed: what comes after it."""
    DIALLED = "dialled"
    """How it goes with whom the caller is handed over to; at last that he is gone, or never came."""
    MACHINE = "machine"
    """Who has answered a call that was placed: a person or a machine."""
    TAKEN = "taken"
    """Whom the caller is handed over to has taken the call."""
    WHISPER = "whisper"
    """What he hears before he hears the caller."""


@dataclass(frozen=True)
class CarrierUrls:
    """Makes the addresses, and knows them again."""

    base_url: str
    """Our REST origin, as the internet knows it."""
    media: MediaHosts
    secrets: Callable[[], Sequence[str]]
    """The first one signs; all are believed."""

    def url(self, carrier: Carrier, what: What, account_id: AccountId, subject: str) -> str:
        """An address to give away."""
        path = self._path(carrier, what, account_id, subject)
        return f"{self.base_url}{path}?s={_proof(path, self.secrets()[0])}"

    def check(self, carrier: Carrier, what: What, account_id: AccountId, subject: str, proof: str) -> None:
        """Raises Unauthenticated when we never gave that address away."""
        path = self._path(carrier, what, account_id, subject)
        expected = [_proof(path, secret) for secret in self.secrets()]
        if not any(hmac.compare_digest(one.encode(), proof.encode()) for one in expected):
            raise Unauthenticated("the address is not one of ours")

    def asked_at(self, carrier: Carrier, what: What, account_id: AccountId, subject: str, query: str) -> str:
        """The address as it was given away, which the carrier signs; `query` is the request's, untouched.

        What stands between us and the carrier may have decoded the path, or put another host into it.
        """
        return f"{self.base_url}{self._path(carrier, what, account_id, subject)}" + (f"?{query}" if query else "")

    def stream(self, carrier: Carrier, region: str | None = None) -> str:
        """The media socket of a carrier, for calls of this region."""
        return f"{self.media.of(region)}/{carrier}"

    def of_number(self, carrier: Carrier, account_id: AccountId, number: PhoneNumber) -> NumberUrls:
        """For the calls of a number."""
        return NumberUrls(
            self.url(carrier, What.ANSWER, account_id, number), self.url(carrier, What.STATUS, account_id, "number")
        )

    def streams(self, carrier: Carrier) -> tuple[str, ...]:
        """Every address at which the carrier may open a media socket."""
        return tuple(f"{host}/{carrier}" for host in self.media.every())

    def _path(self, carrier: Carrier, what: What, account_id: AccountId, subject: str) -> str:
        return f"{PREFIX}/{carrier}/{what}/{quote(account_id, safe='')}/{quote(subject, safe='')}"


def _proof(path: str, secret: str) -> str:
    return hmac.new(secret.encode(), _DOMAIN + path.encode(), hashlib.sha256).hexdigest()[:_PROOF_CHARS]
