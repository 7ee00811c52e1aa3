"""Values of header fields (RFC 3261, 25.1). Every function reads its text once, from left to right.

sipmessage has the types; its own readers of quoted text and of lists are not asked, because they look for a quotation's
end behind its end. Where RFC 3261's grammar of IPv6 addresses is wrong, RFC 5118 (4.10) is followed.
All raise ValueError for what is malformed, with words of ours.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import AddressValueError, IPv6Address

from sipmessage import URI, Address, CSeq, Parameters, Via

MAX_CSEQ = 2**31
"""RFC 3261, 8.1.1.5: "The sequence number value MUST be expressible as a 32-bit unsigned integer and MUST be less than
2**31."
"""
SIP_SCHEMES = frozenset({"sip", "sips"})
_TOKEN = re.compile(r"[A-Za-z0-9\-.!%*_+`'~]+")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*")
_HOST_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.\-]*[A-Za-z0-9_.])?")
_PORT = re.compile(r"[0-9]{1,5}")
_CSEQ = re.compile(r"([0-9]{1,10})[ \t]+(\S+)")
_SENT_PROTOCOL = re.compile(r"SIP[ \t]*/[ \t]*2\.0[ \t]*/[ \t]*([^ \t/]+)[ \t]+(\S.*)", re.IGNORECASE)
_PLAIN_HOST = "host.invalid"


def is_token(text: str) -> bool:
    """Whether it is one, and may be a method, a name or a tag."""
    return _TOKEN.fullmatch(text) is not None


def split_outside(text: str, separator: str) -> list[str]:
    """The parts between separators that stand neither in quotation marks nor in angle brackets."""
    parts, start, quoted, bracketed, escaped = [], 0, False, False, False
    for index, character in enumerate(text):
        if escaped:
            escaped = False
        elif quoted:
            escaped, quoted = character == "\\", character != '"'
        elif character == '"':
            quoted = not bracketed
        elif character in "<>":
            if bracketed == (character == "<"):
                raise ValueError("angle brackets do not match")
            bracketed = not bracketed
        elif character == separator and not bracketed:
            parts.append(text[start:index])
            start = index + 1
    if quoted or bracketed:
        raise ValueError("a quotation or an address does not end")
    return [*parts, text[start:]]


def split_list(text: str) -> list[str]:
    """The members of a comma-separated list, of which none is empty."""
    members = [member.strip() for member in split_outside(text, ",")]
    if not all(members):
        raise ValueError("a member of a list is empty")
    return members


def parse_parameters(parts: list[str]) -> Parameters:
    """`;name=value` pairs without their semicolons. Names in lower case; values as they were written."""
    return Parameters(**dict(_pairs(parts)))


def _pairs(parts: list[str]) -> Iterator[tuple[str, str | None]]:
    for part in parts:
        name, equals, value = part.partition("=")
        name, value = name.strip(), value.strip()
        if not is_token(name) or (equals and not value):
            raise ValueError("a parameter is malformed")
        yield name.lower(), value if equals else None


def parse_host(text: str) -> tuple[str, int | None]:
    """`host[:port]`; an IPv6 address stays in its brackets."""
    if text.startswith("["):
        enclosed, bracket, rest = text[1:].partition("]")
        if not bracket or rest[:1] not in ("", ":"):
            raise ValueError("an address in brackets is malformed")
        return f"[{_ipv6(enclosed)}]", _port(rest[1:]) if rest else None
    name, colon, port = (part.strip() for part in text.partition(":"))
    if not _HOST_NAME.fullmatch(name):
        raise ValueError("a host is malformed")
    return name, _port(port) if colon else None


def _ipv6(text: str) -> IPv6Address:
    # RFC 5118, 4.10: the ABNF of RFC 3261 asks for one colon too many before an embedded IPv4 address.
    text = text.replace(":::", "::") if "." in text else text
    try:
        if "%" in text:
            raise ValueError("an IPv6 address has a zone")
        return IPv6Address(text)
    except AddressValueError:
        raise ValueError("an IPv6 address is malformed") from None


def _port(text: str) -> int:
    if not _PORT.fullmatch(text) or int(text) > 65535:
        raise ValueError("a port is malformed")
    return int(text)


def parse_uri(text: str, *, with_headers: bool) -> URI | None:
    """A SIP or tel URI; None: of another scheme. `with_headers`: `?name=value` may follow, and is left out."""
    scheme, colon, rest = text.partition(":")
    if not colon or not _SCHEME.fullmatch(scheme):
        raise ValueError("a URI is malformed")
    scheme = scheme.lower()
    if scheme == "tel":
        return URI.parse(f"tel:{rest}")
    if scheme not in SIP_SCHEMES:
        return None
    user, at, behind = rest.rpartition("@")
    behind, mark, _ = behind.partition("?")
    if mark and not with_headers:
        raise ValueError("a URI has headers where it must have none")
    host_port, semicolon, parameters = behind.partition(";")
    host, port = parse_host(host_port)
    uri = URI.parse(f"{scheme}:{user}{at}{_PLAIN_HOST}{semicolon}{parameters}")
    return replace(uri, host=host, port=port)


def parse_address(text: str) -> Address:
    """Of From, To, Contact, Record-Route, Refer-To and their like. A URI of another scheme has an empty host."""
    first, *parameters = split_outside(text.strip(), ";")
    if "<" not in first:
        if "?" in first or "," in first:
            raise ValueError("an address with a question mark or a comma needs angle brackets")
        return Address(_any_uri(first.strip()), "", parse_parameters(parameters))
    # A bracket in a quoted display name is none: the address is what the last pair encloses.
    name, _, enclosed = first.rpartition("<")
    uri, _, behind = enclosed.partition(">")
    if behind.strip():
        raise ValueError("something stands behind an address")
    return Address(_any_uri(uri), _display_name(name.strip()), parse_parameters(parameters))


def _any_uri(text: str) -> URI:
    return parse_uri(text, with_headers=True) or URI(text.partition(":")[0].lower(), "", text.partition(":")[2])


def _display_name(text: str) -> str:
    if text.startswith('"'):
        if len(text) < 2 or not text.endswith('"'):
            raise ValueError("a display name is malformed")
        return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL)
    if not all(is_token(word) for word in text.split()):
        raise ValueError("a display name needs quotation marks")
    return text


def parse_addresses(values: list[str]) -> list[Address]:
    """Those of every field of a name, in their order."""
    return [parse_address(member) for value in values for member in split_list(value)]


def parse_via(text: str) -> Via:
    """One hop."""
    first, *parameters = split_outside(text.strip(), ";")
    protocol = _SENT_PROTOCOL.fullmatch(first.strip())
    if protocol is None or not is_token(protocol[1]):
        raise ValueError("a Via is malformed")
    host, port = parse_host(protocol[2].strip())
    return Via(protocol[1].upper(), host, port, parse_parameters(parameters))


def parse_vias(values: list[str]) -> tuple[Via, ...]:
    """Those of every field, the topmost first."""
    return tuple(parse_via(member) for value in values for member in split_list(value))


def parse_cseq(text: str) -> CSeq:
    """A number below 2**31 and a method."""
    found = _CSEQ.fullmatch(text.strip())
    if found is None or int(found[1]) >= MAX_CSEQ or not is_token(found[2]):
        raise ValueError("CSeq is malformed")
    return CSeq(int(found[1]), found[2])
