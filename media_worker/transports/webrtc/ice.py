"""Where a peer can reach us: candidates of chosen addresses and ports, without asking a server on the internet.

aioice binds any free port of every address. It is given sockets of ours instead, through the two methods that its
Connection has for that; tests/contract/vendors/test_aiortc.py holds what is relied on.
"""

import asyncio
import errno
import ipaddress
import secrets
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from aioice import Candidate, Connection
from aioice.candidate import candidate_foundation, candidate_priority
from aioice.ice import StunProtocol

from callcore.errors import LimitExceeded
from media_worker.transports.webrtc.terms import IceTerms

MAX_ADDRESSES = 8
"""More of one machine's would only make every call slower to begin."""
_RECEIVE_BUFFER_BYTES = 256 * 1024


@dataclass
class Datagrams:
    """Those of one connection."""

    count: int = 0


class Listening(StunProtocol):
    """One socket. It counts what comes, and lets nothing in that the layers above stumble over."""

    def __init__(self, connection: Connection, seen: Datagrams) -> None:
        super().__init__(connection)
        self._seen = seen

    def datagram_received(self, data: bytes | str, addr: tuple[Any, ...]) -> None:
        """A datagram came."""
        if data:  # aiortc looks at the first byte of each, and ends the connection where there is none
            self._seen.count += 1
            super().datagram_received(data, addr)


def listen_with(connection: Connection, terms: IceTerms, seen: Datagrams) -> None:
    """Have the connection gather its candidates by these terms, and count the datagrams that come."""

    async def candidates(component: int, addresses: list[str], timeout: int = 5) -> list[Candidate]:
        chosen = chosen_addresses(addresses, terms)
        gathered = [await _candidate(connection, component, address, terms.ports, seen) for address in chosen]
        return [_as_seen(candidate, terms.public_address) for candidate in gathered if candidate is not None]

    connection.get_component_candidates = candidates  # type: ignore[method-assign]


def chosen_addresses(found: Sequence[str], terms: IceTerms) -> Sequence[str]:
    """The addresses to listen on, of those that the machine has.

    Without a choice of the operator's: no link-local one (RFC 3927, 4291), which leads nowhere else, and no local one
    of IPv6 (RFC 4193), which clouds give to networks that nobody reaches from outside. A machine that has no other
    address listens on its loopback: both ends are on it then.
    """
    if terms.addresses:
        return terms.addresses
    usable = [address for address in found if _leads_somewhere(ipaddress.ip_address(address))]
    return usable[:MAX_ADDRESSES] or ("127.0.0.1",)


def _leads_somewhere(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    if address.is_link_local or address.is_loopback:
        return False
    return address.version == 4 or not address.is_private


async def _candidate(
    connection: Connection, component: int, address: str, ports: range | None, seen: Datagrams
) -> Candidate | None:
    """RFC 8445 5.1.1.1: a host candidate; None when the address cannot be listened on any more."""
    try:
        bound = bind(address, ports)
    except OSError:
        return None
    make = partial(Listening, connection, seen)
    _, protocol = await asyncio.get_running_loop().create_datagram_endpoint(make, sock=bound)
    protocol.local_candidate = Candidate(
        foundation=candidate_foundation("host", "udp", address),
        component=component,
        transport="udp",
        priority=candidate_priority(component, "host"),
        host=address,
        port=bound.getsockname()[1],
        type="host",
    )
    connection._protocols.append(protocol)
    return protocol.local_candidate


def bind(address: str, ports: range | None) -> socket.socket:
    """A socket on a free port of the range. Raises LimitExceeded when all are taken, and OSError."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    first = secrets.randbelow(len(ports)) if ports else 0
    for port in (*ports[first:], *ports[:first]) if ports else (0,):
        bound = socket.socket(family, socket.SOCK_DGRAM)
        try:
            bound.setblocking(False)
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER_BYTES)
            bound.bind((address, port))
        except OSError as error:
            bound.close()
            if error.errno != errno.EADDRINUSE:
                raise
        else:
            return bound
    raise LimitExceeded("every UDP port that calls may use is taken")


def _as_seen(candidate: Candidate, public_address: str | None) -> Candidate:
    """The candidate as peers beyond the NAT reach it; an address of IPv6 is public by itself."""
    if public_address is None or ":" in candidate.host:
        return candidate
    return _moved(candidate, public_address)


def _moved(candidate: Candidate, address: str) -> Candidate:
    moved = Candidate.from_sdp(candidate.to_sdp())
    moved.host = address
    return moved
