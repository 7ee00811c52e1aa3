"""Where messages go: responses by Via (RFC 3261, 18.2.2; RFC 3581), requests within a dialog by their next hop."""

from dataclasses import dataclass, replace
from ipaddress import ip_address

from sipmessage import URI

from media_worker.transports.sip.fields import parse_via, split_list, split_outside
from media_worker.transports.sip.message import Headers

PORT = 5060


@dataclass(frozen=True)
class Hop:
    """Whoever is at the other end."""

    transport: str
    """UDP or TCP."""
    host: str
    """An address without brackets."""
    port: int
    connection: int | None = None
    """Of a stream: which. It is used while it lives."""

    @property
    def reliable(self) -> bool:
        """Whether it is a stream, which loses nothing."""
        return self.transport != "UDP"


def _is_address(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def response_hop(vias: list[str], source: Hop) -> Hop:
    """Where a response to a request from `source` goes; `maddr` is not followed: it may name anybody.

    `vias` are the request's fields as they came; where the topmost is malformed, the answer goes back whence it came.
    """
    if source.reliable:
        return source
    try:
        top = parse_via(split_list(vias[0])[0])
    except (ValueError, IndexError):
        return source
    return source if "rport" in top.parameters else replace(source, port=top.port or PORT)


def answered_vias(vias: list[str], source: Hop) -> list[tuple[str, str]]:
    """The request's Via fields for its response: the topmost says whence the request came."""
    first, *others = vias
    try:
        top, *rest = split_list(first)
        sent_by = parse_via(top).host.strip("[]")
        parts = [part for part in split_outside(top, ";") if part.partition("=")[0].strip().lower() != "received"]
    except ValueError:
        return [("Via", value) for value in vias]
    asked = [part for part in parts if part.strip().lower() == "rport"]
    parts = [f"rport={source.port}" if part in asked else part for part in parts]
    # RFC 3581, 4: with rport, received is added even where it says nothing new.
    if asked or sent_by != source.host:
        parts.append(f"received={source.host}")
    return [("Via", ", ".join([";".join(parts), *rest])), *(("Via", value) for value in others)]


def next_hop(uri: URI, source: Hop) -> Hop:
    """Where a request within a dialog goes whose next hop is `uri`; `source` sent us the dialog's last request.

    A host that is no address is not looked up, and an address that only its own network reaches is none of ours: then
    the peer is where it was heard from.
    """
    host = uri.host.strip("[]")
    if not _is_address(host) or _is_hidden(host, source.host):
        # A stream's other port is only good for the stream: one that has to be opened anew goes to where others do.
        return replace(source, port=uri.port or PORT) if source.reliable else source
    return replace(source, host=host, port=uri.port or PORT)


def _is_hidden(host: str, source: str) -> bool:
    address, heard = ip_address(host), ip_address(source)
    unusable = address.is_multicast or address.is_unspecified or address.is_link_local or address.is_reserved
    return unusable or (not address.is_global and heard.is_global) or (address.is_loopback and not heard.is_loopback)


def reply_headers(request: Headers, source: Hop, to_tag: str = "") -> Headers:
    """What every response repeats of its request (RFC 3261, 8.2.6.2), with a tag for To where it has none."""
    to = request.get("To")
    if to is not None and to_tag and ";tag=" not in to.replace(" ", "").lower():
        to = f"{to};tag={to_tag}"
    repeated = (("From", request.get("From")), ("To", to), ("Call-ID", request.get("Call-ID")))
    fields = [*repeated, ("CSeq", request.get("CSeq"))]
    return Headers((*answered_vias(request.all("Via"), source), *((n, v) for n, v in fields if v is not None)))
