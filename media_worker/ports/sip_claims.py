"""Whose call an INVITE is, as the SIP endpoint asks before it answers anything."""

from collections.abc import Mapping
from dataclasses import dataclass, field

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
