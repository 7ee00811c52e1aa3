"""SIP messages as values (RFC 3261, 7). What is received comes from `reading`, what is sent is built here.

A header field's text stands as it was received, byte for byte, so that what is echoed is what came. No text that is put
into a message may begin a line of its own: `Headers` refuses it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from sipmessage import URI, Address, CSeq, Via

from callcore.errors import LocalProtocolError

VERSION = "SIP/2.0"
ENCODING = ("utf-8", "surrogateescape")
"""Octets that are no UTF-8 survive reading and writing."""

REASONS = {
    100: "Trying",
    180: "Ringing",
    200: "OK",
    202: "Accepted",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    408: "Request Timeout",
    415: "Unsupported Media Type",
    416: "Unsupported URI Scheme",
    420: "Bad Extension",
    422: "Session Interval Too Small",
    480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist",
    482: "Loop Detected",
    486: "Busy Here",
    487: "Request Terminated",
    488: "Not Acceptable Here",
    489: "Bad Event",
    491: "Request Pending",
    500: "Server Internal Error",
    501: "Not Implemented",
    503: "Service Unavailable",
    504: "Server Time-out",
    505: "Version Not Supported",
    603: "Decline",
}

COMPACT = {
    "b": "Referred-By",
    "c": "Content-Type",
    "e": "Content-Encoding",
    "f": "From",
    "i": "Call-ID",
    "k": "Supported",
    "l": "Content-Length",
    "m": "Contact",
    "o": "Event",
    "r": "Refer-To",
    "s": "Subject",
    "t": "To",
    "u": "Allow-Events",
    "v": "Via",
    "x": "Session-Expires",
}
"""One letter for a name (RFC 3261, 7.3.3, and the extensions that we read)."""


@dataclass(frozen=True)
class Headers:
    """Header fields in their order. Names are compared without regard to case, and compact ones are written out."""

    fields: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        for name, value in self.fields:
            if "\r" in value or "\n" in value:
                raise LocalProtocolError(f"the value of {name} holds a line end")

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.fields)

    def all(self, name: str) -> list[str]:
        """The values of every field of that name."""
        wanted = name.lower()
        return [value for each, value in self.fields if each.lower() == wanted]

    def get(self, name: str) -> str | None:
        """The value of the first field of that name."""
        return next(iter(self.all(name)), None)

    def tokens(self, name: str) -> list[str]:
        """The members of a list of tokens, in lower case."""
        members = (member.strip().lower() for value in self.all(name) for member in value.split(","))
        return [member for member in members if member]

    def plus(self, *fields: tuple[str, str]) -> "Headers":
        """These after what there is."""
        return Headers((*self.fields, *fields))


@dataclass(frozen=True)
class Body:
    """What a message carries."""

    content: bytes = b""
    content_type: str = ""


NO_BODY = Body()


@dataclass(frozen=True, kw_only=True)
class _Message:
    """What a request and a response have in common: the mandatory fields are there once and well-formed."""

    vias: tuple[Via, ...]
    to: Address
    call_id: str
    cseq: CSeq
    headers: Headers
    body: bytes = b""

    @property
    def branch(self) -> str:
        """The topmost Via's, as it was written; empty: it has none."""
        return self.vias[0].parameters.get("branch") or ""

    @property
    def to_tag(self) -> str:
        """Empty outside a dialog, and in a 100."""
        return self.to.parameters.get("tag") or ""


@dataclass(frozen=True, kw_only=True)
class Request(_Message):
    """A request that may be acted on."""

    method: str
    uri_text: str
    uri: URI | None
    """None: of a scheme that we do not know."""
    sender: Address
    """From."""

    @property
    def from_tag(self) -> str:
        """Empty: From has none, as before RFC 3261."""
        return self.sender.parameters.get("tag") or ""


@dataclass(frozen=True, kw_only=True)
class Response(_Message):
    """A response to a request of ours."""

    status: int


@dataclass(frozen=True)
class Refusal:
    """A request that cannot be acted on, and what its sender may be told."""

    method: str
    headers: Headers
    """Its own, for the answer."""
    status: int
    why: str
    """In our words, without anything of the request."""
    told: tuple[tuple[str, str], ...] = field(default=())
    """Fields that the answer has to hold."""


def write_request(method: str, uri: str, headers: Headers, body: Body = NO_BODY) -> bytes:
    """A request on the wire."""
    if any(character in uri for character in "\r\n "):
        raise LocalProtocolError("the Request-URI holds a space or a line end")
    return _write(f"{method} {uri} {VERSION}", headers, body)


def write_response(status: int, headers: Headers, body: Body = NO_BODY) -> bytes:
    """A response on the wire."""
    return _write(f"{VERSION} {status} {REASONS[status]}", headers, body)


def _write(start_line: str, headers: Headers, body: Body) -> bytes:
    about_body = [("Content-Type", body.content_type)] if body.content else []
    fields: Iterable[tuple[str, str]] = (*headers, *about_body, ("Content-Length", str(len(body.content))))
    lines = [start_line, *(f"{name}: {value}" for name, value in fields), "", ""]
    return "\r\n".join(lines).encode(*ENCODING) + body.content
