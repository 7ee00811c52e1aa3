"""UDP ports for media: pairs out of a range that a firewall lets through, RTP on an even one and RTCP above it."""

import asyncio
import random
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager

from callcore.errors import LimitExceeded
from media_worker.transports.rtp.terms import Address

OnDatagram = Callable[[bytes, Address], None]
RECEIVE_BUFFER_BYTES = 64 * 1024
"""A second of both directions' packets, should the process stand still."""


class _Listener(asyncio.DatagramProtocol):
    """Hands on what comes to a port; what comes before somebody listens is dropped."""

    def __init__(self) -> None:
        self.heard: OnDatagram | None = None

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if self.heard is not None:
            # Of an IPv6 address there are four parts.
            self.heard(data, Address(addr[0], addr[1]))


_Port = tuple[asyncio.DatagramTransport, _Listener]


class PortPair:
    """Two ports of one stream. Made by `RtpPorts.open`."""

    def __init__(self, port: int, rtp: _Port, rtcp: _Port) -> None:
        self.port = port
        """Of RTP, for the SDP."""
        self._rtp, self._rtp_listener = rtp
        self._rtcp, self._rtcp_listener = rtcp

    def listen(self, on_rtp: OnDatagram, on_rtcp: OnDatagram) -> None:
        """Who takes what comes from now on."""
        self._rtp_listener.heard, self._rtcp_listener.heard = on_rtp, on_rtcp

    def send_rtp(self, datagram: bytes, target: Address) -> None:
        """Send from the port that receives RTP; what cannot be sent is lost."""
        _send(self._rtp, datagram, target)

    def send_rtcp(self, datagram: bytes, target: Address) -> None:
        """Send from the port that receives RTCP; what cannot be sent is lost."""
        _send(self._rtcp, datagram, target)


def _send(transport: asyncio.DatagramTransport, datagram: bytes, target: Address) -> None:
    if not transport.is_closing():
        transport.sendto(datagram, target)


class RtpPorts:
    """All pairs of one process."""

    def __init__(self, host: str, first: int, last: int) -> None:
        """From `first` to `last`, both included, on this address of ours."""
        self._host = host
        self._free = list(range(first + first % 2, last, 2))
        if not self._free:
            raise ValueError(f"between {first} and {last} there is no even port with an odd one above it")

    @property
    def free(self) -> int:
        """Streams that there is room for, unless other processes use some of the ports."""
        return len(self._free)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[PortPair]:
        """Two ports until the context is left. Raises LimitExceeded when all are in use."""
        port, sockets = self._bind()
        with ExitStack() as opened:
            opened.callback(self._free.append, port)
            for bound in sockets:
                opened.callback(bound.close)
            rtp, rtcp = [await _listening(bound, opened) for bound in sockets]
            yield PortPair(port, rtp, rtcp)

    def _bind(self) -> tuple[int, tuple[socket.socket, socket.socket]]:
        """A pair that is free, and nobody can guess."""
        for position in random.sample(range(len(self._free)), len(self._free)):
            port = self._free[position]
            bound = _bind_pair(self._host, port)
            if bound is not None:
                del self._free[position]
                return port, bound
        raise LimitExceeded("all media ports are in use")


async def _listening(bound: socket.socket, opened: ExitStack) -> _Port:
    """Closed with `opened`, before its socket: the event loop must not go on watching what is closed."""
    transport, listener = await asyncio.get_running_loop().create_datagram_endpoint(_Listener, sock=bound)
    opened.callback(transport.close)
    return transport, listener


def _bind_pair(host: str, port: int) -> tuple[socket.socket, socket.socket] | None:
    """Both sockets; None when another process has one of the ports."""
    with ExitStack() as opened:
        pair = []
        for number in (port, port + 1):
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            bound = opened.enter_context(socket.socket(family, socket.SOCK_DGRAM))
            bound.setblocking(False)
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
            try:
                bound.bind((host, number))
            except OSError:
                return None
            pair.append(bound)
        opened.pop_all()
    return pair[0], pair[1]
