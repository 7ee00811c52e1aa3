"""What an INVITE says about who calls whom (telephony.md 3.2, 17)."""

import re
from collections.abc import Iterator

from sipmessage import Address

from media_worker.ports.sip_claims import SipCaller
from media_worker.transports.sip.fields import parse_address, parse_addresses
from media_worker.transports.sip.message import Headers, Request

MAX_HEADERS = 20
MAX_VALUE_BYTES = 256
ASSERTED = ("P-Asserted-Identity", "Remote-Party-ID")
"""Only who is trusted may say who somebody else is (RFC 3325)."""
_NUMBER = re.compile(r"\+[1-9][0-9]{2,14}|[1-9][0-9]{7,14}", re.ASCII)
_SEPARATORS = re.compile(r"[-.()]")


def caller_of(invite: Request, *, trusted: bool) -> SipCaller:
    """`trusted`: its sender proved who he is."""
    senders = [*_asserted(invite.headers), invite.sender] if trusted else [invite.sender]
    numbers = (_number(sender) for sender in senders)
    called = (_number(address) for address in (*_diverted(invite.headers), invite.to))
    return SipCaller(
        next((number for number in numbers if number), None),
        next((number for number in called if number), None),
        dict(_own_headers(invite.headers)),
        takes_refer(invite),
    )


def takes_refer(invite: Request) -> bool:
    """Whether its sender says that he hands callers over, or says nothing."""
    allowed = invite.headers.tokens("Allow")
    return not allowed or "refer" in allowed


def _asserted(headers: Headers) -> list[Address]:
    return [address for name in ASSERTED for address in _readable(headers.all(name))]


def _diverted(headers: Headers) -> list[Address]:
    """Whom the caller dialled, where somebody forwards his calls to us (RFC 5806: the last field is the first one)."""
    return _readable(headers.all("Diversion"))[-1:]


def _readable(values: list[str]) -> list[Address]:
    try:
        return parse_addresses(values)
    except ValueError:
        return []


def _number(address: Address) -> str | None:
    """E.164; None for a name, an extension, or nobody."""
    user = _SEPARATORS.sub("", (address.uri.user or "").partition(";")[0])
    if not _NUMBER.fullmatch(user):
        return None
    return user if user.startswith("+") else f"+{user}"


def _own_headers(headers: Headers) -> Iterator[tuple[str, str]]:
    """Those that whoever sends us calls has made up."""
    own = [(name, value) for name, value in headers if name.lower().startswith("x-")]
    for name, value in own[:MAX_HEADERS]:
        text = value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        yield name, text.encode()[:MAX_VALUE_BYTES].decode("utf-8", "ignore")


def transfer_target(invite: Request, number: str) -> str:
    """The URI at which the caller's own company reaches a number."""
    try:
        uri = parse_address(invite.headers.get("From") or "").uri
    except ValueError:
        return f"tel:{number}"
    if not uri.host:
        return f"tel:{number}"
    return f"sip:{number}@{uri.host}" + (f":{uri.port}" if uri.port else "")
