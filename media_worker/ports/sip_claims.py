"""Whose call an INVITE is, as the SIP endpoint asks before it answers anything."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from callcore.phones.sip_addresses import SipAddress, SipToken


@dataclass(frozen=True)
class SipCredentials:
    """What digest authentication compares with."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class SipClaim:
    """The INVITE is for an agent of ours."""

    target: SipToken | SipAddress
    invite: str
    """The Call-ID of the INVITE."""
    credentials: SipCredentials | None = None
    """The caller has to prove these before it gets anything else; None: nothing."""


@dataclass(frozen=True)
class SipCaller:
    """What the INVITE says about its call."""

    from_phone: str | None = None
    """E.164, or None: of an asserted identity only where the source may assert one."""
    to_phone: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    """Its X- headers, for the metadata `sip_headers`; bounded by the endpoint."""
    takes_refer: bool = True
    """It does not say that the caller cannot be handed over."""


class SipClaims(Protocol):
    """The addresses that calls may come to."""

    async def claim(self, user: str, source: str, invite: str) -> SipClaim | None:
        """Whose call is an INVITE to `user`, from the IP address `source`, with the Call-ID `invite`?

        None: nobody's, and it gets no answer at all; nothing tells an unknown address from one that has expired, that
        another INVITE has used, or that may not be called from there. The same INVITE, sent again with credentials,
        gets the same claim. Raises StoreError.
        """
        ...

    async def release(self, claim: SipClaim) -> None:
        """Its INVITE failed or was canceled before it was answered: another one may use the address. Raises nothing."""
        ...
