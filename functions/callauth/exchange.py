"""What placing calls and answering carriers have in common: our addresses, and tokens for the streams of calls."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from callauth import stream_tokens
from callauth.carrier_urls import TELEPHONY_KEY, CarrierUrls, What
from callauth.internal import INTERNAL_SECRET
from callauth.sealing import Sealer
from callauth.stream_tokens import StreamClaims
from callcore.calls.call import Call
from callcore.clock import Clock
from callcore.ids import SessionId
from callcore.phones.phone import Phone
from callcore.ports import Secrets
from callcore.regions import MediaHosts
from callcore.telephony.carrier_accounts import Seal, opened
from callcore.telephony.ports import CarrierAccount
from callcore.telephony.streams import SESSION_TOKEN

_DOMAIN = b"session of a carrier's call\0"


@dataclass(frozen=True)
class Stream:
    """The media socket that takes a call."""

    url: str
    parameters: dict[str, str]
    """Secret: they open the session."""
    next_url: str
    """Is asked what comes after it."""


@dataclass(frozen=True)
class Exchange:
    """Raises StoreError where a secret cannot be read."""

    seal: Seal
    """Of carriers' credentials."""
    urls: CarrierUrls
    stream_secret: Callable[[], str]
    """With what stream tokens are signed: workers believe it."""
    clock: Clock

    def account_of(self, phone: Phone) -> CarrierAccount:
        """What acts for the number. Raises NotAllowed for one that is not connected."""
        return opened(phone, self.seal)

    def url(self, phone: Phone, what: What, call: Call) -> str:
        """The address at which the number's carrier asks or tells this about the call."""
        return self.urls.url(phone.carrier, what, call.account_id, call.session_id)

    def session_of(self, phone: Phone, carrier_call: str) -> SessionId:
        """The session of what the carrier calls so, however often it asks; nobody else can tell its id."""
        said = "\0".join((phone.carrier, phone.account_id, carrier_call))
        digest = hmac.digest(self.urls.secrets()[0].encode(), _DOMAIN + said.encode(), "sha256")
        return SessionId(str(UUID(bytes=digest[:16], version=4)))

    def stream_of(self, call: Call, phone: Phone, signatures: tuple[str, ...]) -> Stream:
        """The media socket for a call of this number, with a new token; `signatures` as its claims have them."""
        claims = StreamClaims(call.account_id, call.call_id, signatures)
        token = stream_tokens.sign(claims, self.stream_secret(), self.clock.unix_s())
        url = self.urls.stream(phone.carrier, phone.region)
        return Stream(url, {SESSION_TOKEN: token}, self.url(phone, What.NEXT, call))


def exchange_of(secrets: Secrets, api_url: str, media: MediaHosts, clock: Clock) -> Exchange:
    """With the secrets of an installation, by our names for them."""

    def keys() -> tuple[str]:
        return (secrets.secret(TELEPHONY_KEY),)

    urls = CarrierUrls(api_url, media, keys)
    return Exchange(Sealer(keys), urls, lambda: secrets.secret(INTERNAL_SECRET), clock)
