"""From a frame to a message: normalises what RFC 3261 lets be written in many ways, and refuses what it does not.

Nothing here raises, and every step is linear in the message's length.
"""

import re
from collections.abc import Sequence
from typing import TypedDict

from sipmessage import Address, CSeq, Via

from callcore.errors import LocalProtocolError
from media_worker.transports.sip import fields
from media_worker.transports.sip.framing import MAX_BODY_BYTES, MAX_HEAD_BYTES, Frame
from media_worker.transports.sip.message import COMPACT, ENCODING, VERSION, Headers, Refusal, Request, Response

MAX_FIELDS = 200
MANDATORY = ("From", "To", "Call-ID", "CSeq", "Via")
SINGLE = ("From", "To", "Call-ID", "CSeq", "Max-Forwards", "Content-Length", "Content-Type", "Session-Expires")
MAGIC_COOKIE = "z9hG4bK"
"""RFC 3261, 8.1.1.7: a branch that begins with it, and goes on, is unique."""
_REQUEST_LINE = re.compile(r"([^ ]+) ([^ ]+) (SIP/[0-9]+\.[0-9]+)", re.IGNORECASE)
_STATUS_LINE = re.compile(r"SIP/2\.0 ([0-9]{3})(?: .*)?", re.IGNORECASE)
_DIGITS = re.compile(r"[0-9]{1,9}")


def read(frame: Frame) -> Request | Response | Refusal | None:
    """What the frame says; None: nothing that could be acted on or answered."""
    if len(frame.head) > MAX_HEAD_BYTES or len(frame.body) > MAX_BODY_BYTES:
        return None
    start_line, *lines = frame.head.decode(*ENCODING).split("\r\n")
    headers = _headers(lines)
    if status := _STATUS_LINE.fullmatch(start_line):
        return _read_response(int(status[1]), headers, frame.body) if headers is not None else None
    if headers is None:
        return None
    return _read_request(start_line, headers, frame.body)


def _headers(lines: Sequence[str]) -> Headers | None:
    """The fields, unfolded and by their full names; None: a line is none."""
    unfolded: list[str] = []
    for line in lines:
        if line[:1] in (" ", "\t") and unfolded:
            unfolded[-1] += " " + line.strip(" \t")
        else:
            unfolded.append(line)
    if len(unfolded) > MAX_FIELDS:
        return None
    found = []
    for line in unfolded:
        name, colon, value = line.partition(":")
        name = name.rstrip(" \t")
        if not colon or not fields.is_token(name):
            return None
        found.append((COMPACT.get(name.lower(), name), value.strip(" \t")))
    try:
        return Headers(tuple(found))
    except LocalProtocolError:
        # A line end that is no CRLF stands in a value.
        return None


def _read_request(start_line: str, headers: Headers, body: bytes) -> Request | Refusal | None:
    line = _REQUEST_LINE.fullmatch(start_line)
    method = start_line.partition(" ")[0]
    if not fields.is_token(method) or not headers.all("Via"):
        return None
    if line is None:
        return Refusal(method, headers, 400, "the request line is malformed")
    if line[3].upper() != VERSION:
        return Refusal(method, headers, 505, "another version of SIP")
    try:
        return _request(method, line[2], headers, body)
    except ValueError as error:
        return Refusal(method, headers, 400, str(error))


def _request(method: str, uri: str, headers: Headers, body: bytes) -> Request:
    """Raises ValueError."""
    _check_counts(headers)
    request = Request(
        method=method,
        uri_text=uri,
        uri=fields.parse_uri(uri, with_headers=False),
        sender=fields.parse_address(headers.get("From") or ""),
        **_common(headers, body),
    )
    if request.cseq.method != method:
        raise ValueError("CSeq names another method")
    if not is_of_rfc_2543(request):
        if headers.get("Max-Forwards") is None:
            raise ValueError("Max-Forwards is missing")
        if not request.from_tag:
            raise ValueError("From has no tag")
    return request


def is_of_rfc_2543(request: Request) -> bool:
    """Whether its sender knows no branches, and therefore neither tags nor Max-Forwards for certain."""
    return not request.branch.startswith(MAGIC_COOKIE) or request.branch == MAGIC_COOKIE


def _check_counts(headers: Headers) -> None:
    for name in MANDATORY:
        if not any(headers.all(name)):
            raise ValueError(f"{name} is missing")
    for name in SINGLE:
        if len(headers.all(name)) > 1:
            raise ValueError(f"{name} is there more than once")
    forwards = headers.get("Max-Forwards")
    if forwards is not None and not _DIGITS.fullmatch(forwards):
        raise ValueError("Max-Forwards is malformed")


def _cut(body: bytes, headers: Headers) -> bytes:
    """The body in the length that it is said to have (RFC 3261, 18.3)."""
    length = headers.get("Content-Length")
    if length is None:
        return body
    if not _DIGITS.fullmatch(length):
        raise ValueError("Content-Length is malformed")
    if int(length) > len(body):
        raise ValueError("the message is shorter than its Content-Length")
    return body[: int(length)]


def _read_response(status: int, headers: Headers, body: bytes) -> Response | None:
    """None for a malformed one: nobody is told (RFC 3261, 18.3)."""
    if not 100 <= status <= 699:
        return None
    try:
        _check_counts(headers)
        return Response(status=status, **_common(headers, body))
    except ValueError:
        return None


class _Common(TypedDict):
    vias: tuple[Via, ...]
    to: Address
    call_id: str
    cseq: CSeq
    headers: Headers
    body: bytes


def _common(headers: Headers, body: bytes) -> _Common:
    """What requests and responses both have. Raises ValueError."""
    return {
        "vias": fields.parse_vias(headers.all("Via")),
        "to": fields.parse_address(headers.get("To") or ""),
        "call_id": headers.get("Call-ID") or "",
        "cseq": fields.parse_cseq(headers.get("CSeq") or ""),
        "headers": headers,
        "body": _cut(body, headers),
    }
