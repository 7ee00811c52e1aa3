"""Session descriptions (RFC 8866), as far as an audio call needs them: parsed and printed, nothing decided."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address

MAX_LINES = 400
MAX_MEDIA = 16
DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")
_LINE = re.compile(r"([a-z])=(.*)", re.DOTALL)
_RTPMAP = re.compile(r"([0-9]{1,3})[ \t]+([^/\s]+)/([0-9]{1,6})(?:/([0-9]{1,2}))?")
_NUMBER = re.compile(r"[0-9]{1,10}")


@dataclass(frozen=True)
class Media:
    """One m= section."""

    kind: str
    port: int
    protocol: str
    formats: tuple[str, ...]
    address: str | None = None
    """Of its own or of the session; None: there is none, or it is a name."""
    direction: str = "sendrecv"
    rtpmaps: Mapping[str, tuple[str, int, int]] = field(default_factory=dict)
    """Format → encoding name in lower case, clock rate, channels."""
    ptime_ms: int | None = None
    rtcp_mux: bool = False
    rtcp_port: int | None = None


@dataclass(frozen=True)
class Description:
    """A session."""

    media: tuple[Media, ...]


def parse_description(data: bytes) -> Description:
    """Raises ValueError, with words of ours."""
    try:
        text = data.decode("utf-8", "surrogateescape")
    except UnicodeError:
        raise ValueError("the description is no text") from None
    lines = [line.rstrip("\r") for line in text.split("\n") if line.strip()]
    if not lines or lines[0] != "v=0" or len(lines) > MAX_LINES:
        raise ValueError("no session description")
    sections: list[list[tuple[str, str]]] = [[]]
    for line in lines:
        found = _LINE.fullmatch(line)
        if found is None:
            raise ValueError("a line of the description is malformed")
        if found[1] == "m":
            sections.append([])
        sections[-1].append((found[1], found[2].strip()))
    session, *media = sections
    if len(media) > MAX_MEDIA:
        raise ValueError("the description has too many media")
    address, direction = _address(session), _direction(session)
    return Description(tuple(_media(section, address, direction or "sendrecv") for section in media))


def _media(section: list[tuple[str, str]], address: str | None, direction: str) -> Media:
    kind, port, protocol, *formats = _words(section[0][1])
    attributes = [value for letter, value in section if letter == "a"]
    named = dict(_pair(attribute) for attribute in reversed(attributes))
    maps = [_RTPMAP.match(value) for name, value in map(_pair, attributes) if name == "rtpmap"]
    return Media(
        kind,
        _number(port.partition("/")[0], 65535),
        protocol,
        tuple(formats),
        _address(section) if any(letter == "c" for letter, _ in section) else address,
        _direction(section) or direction,
        {one[1]: (one[2].lower(), int(one[3]), int(one[4] or 1)) for one in maps if one},
        _optional(named.get("ptime"), 1000),
        "rtcp-mux" in named,
        _optional(named.get("rtcp", "").partition(" ")[0] or None, 65535),
    )


def _words(text: str) -> list[str]:
    words = text.split()
    if len(words) < 4 or not all(word.isascii() and word.isprintable() for word in words):
        raise ValueError("a medium is malformed")
    return words


def _pair(attribute: str) -> tuple[str, str]:
    name, _, value = attribute.partition(":")
    return name.strip().lower(), value.strip()


def _number(text: str, largest: int) -> int:
    if not _NUMBER.fullmatch(text) or int(text) > largest:
        raise ValueError("a number of the description is out of range")
    return int(text)


def _optional(text: str | None, largest: int) -> int | None:
    """What is not needed and malformed is as if it were not there."""
    return int(text) if text and _NUMBER.fullmatch(text) and int(text) <= largest else None


def _address(section: list[tuple[str, str]]) -> str | None:
    """Of the first c= line. A name is not looked up."""
    for letter, value in section:
        if letter == "c":
            words = value.split()
            if len(words) != 3 or words[0] != "IN" or words[1] not in ("IP4", "IP6"):
                raise ValueError("a connection of the description is malformed")
            try:
                return str(ip_address(words[2].partition("/")[0]))
            except ValueError:
                return None
    return None


def _direction(section: list[tuple[str, str]]) -> str | None:
    return next((value for letter, value in section if letter == "a" and value in DIRECTIONS), None)
