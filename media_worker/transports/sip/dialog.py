"""A dialog as the side that was called keeps it (RFC 3261, 12): who the peer is, the way to it, and the numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

from sipmessage import URI

from media_worker.transports.sip.fields import parse_address, parse_uri, split_list, split_outside
from media_worker.transports.sip.message import NO_BODY, Body, Headers, Request, write_request
from media_worker.transports.sip.routing import Hop, next_hop

MAX_FORWARDS = 70
FIRST_CSEQ = 1
DialogId = tuple[str, str, str]
"""Call-ID, our tag, the peer's tag."""


@dataclass(frozen=True)
class _Route:
    text: str
    uri: URI


class Dialog:
    """Made of the INVITE that opens it."""

    def __init__(self, invite: Request, local_tag: str, source: Hop) -> None:
        """Raises ValueError when its Contact or Record-Route is malformed: there is no way back."""
        self.call_id, self._local_tag, self._remote_tag = invite.call_id, local_tag, invite.from_tag
        to, sender = invite.headers.get("To") or "", invite.headers.get("From") or ""
        self._us, self._peer = f"{to};tag={local_tag}", sender
        # RFC 3261, 12.1.1: "taken in order and preserving all URI parameters".
        routes = [member for value in invite.headers.all("Record-Route") for member in split_list(value)]
        self._routes = tuple(_Route(text, parse_address(text).uri) for text in routes)
        # Before RFC 3261 there need be no Contact.
        self._target = _contact(invite) or _uri_text(sender)
        self._target_uri = _sip_uri(self._target)
        self._remote_cseq, self._local_cseq = invite.cseq.sequence, FIRST_CSEQ - 1
        self._source = source

    @property
    def dialog_id(self) -> DialogId:
        """What its messages are known by."""
        return self.call_id, self._local_tag, self._remote_tag

    @property
    def local_tag(self) -> str:
        """Ours."""
        return self._local_tag

    @property
    def source(self) -> Hop:
        """Where the peer's latest request came from."""
        return self._source

    def heard_from(self, source: Hop) -> None:
        """A request of the peer's came from there: its connection, or its NAT's port, may be a new one."""
        self._source = source

    def is_in_order(self, request: Request) -> bool:
        """Whether it is newer than every request before it (RFC 3261, 12.2.2); it counts from now on."""
        if request.cseq.sequence <= self._remote_cseq:
            return False
        self._remote_cseq = request.cseq.sequence
        return True

    def refresh(self, request: Request) -> None:
        """A request came that may tell where the peer is from now on. Raises ValueError: what held goes on."""
        target = _contact(request)
        if target is not None:
            self._target, self._target_uri = target, _sip_uri(target)

    def retarget(self, contact_fields: Sequence[str]) -> None:
        """A 2xx to our re-INVITE tells where the peer is; a malformed one tells nothing."""
        try:
            target = _uri_text(split_list(contact_fields[0])[0])
            self._target, self._target_uri = target, _sip_uri(target)
        except (ValueError, IndexError):
            return

    def next_cseq(self) -> int:
        """Of our next request."""
        self._local_cseq += 1
        return self._local_cseq

    @property
    def hop(self) -> Hop:
        """Where our next request goes."""
        return next_hop(self._routes[0].uri if self._routes else self._target_uri, self._source)

    def write(
        self, method: str, cseq: int, via: str, fields: Sequence[tuple[str, str]] = (), body: Body = NO_BODY
    ) -> bytes:
        """A request of ours (RFC 3261, 12.2.1.1)."""
        routes, uri = [route.text for route in self._routes], self._target
        if self._routes and "lr" not in self._routes[0].uri.parameters:
            # A strict router finds itself in the Request-URI, and the peer in the last Route.
            uri, routes = _uri_text(routes[0]), [*routes[1:], f"<{self._target}>"]
        headers = Headers(
            (
                ("Via", via),
                ("Max-Forwards", str(MAX_FORWARDS)),
                *(("Route", route) for route in routes),
                ("From", self._us),
                ("To", self._peer),
                ("Call-ID", self.call_id),
                ("CSeq", f"{cseq} {method}"),
                *fields,
            )
        )
        return write_request(method, uri, headers, body)


def _contact(request: Request) -> str | None:
    """The URI of its Contact as it was written; None: it has none."""
    values = request.headers.all("Contact")
    if not values:
        return None
    members = [member for value in values for member in split_list(value)]
    if len(members) != 1:
        raise ValueError("there is not one Contact")
    parse_address(members[0])
    return _uri_text(members[0])


def _uri_text(address: str) -> str:
    """The URI of a name-addr or addr-spec, which is well-formed."""
    first = split_outside(address.strip(), ";")[0]
    _, bracket, enclosed = first.rpartition("<")
    return enclosed.partition(">")[0] if bracket else first.strip()


def _sip_uri(text: str) -> URI:
    uri = parse_uri(text, with_headers=True)
    if uri is None:
        raise ValueError("a target is of an unknown scheme")
    return uri
