"""SIP over TCP: connections that peers open to us, and those that we open to reach a peer again (RFC 3261, 18)."""

import asyncio
import logging
import socket
from collections import Counter
from collections.abc import Callable, Collection
from itertools import count

from callcore.clock import Clock
from callcore.errors import RemoteProtocolError
from media_worker.transports.sip.framing import PONG, Frame, KeepAlive, StreamFramer
from media_worker.transports.sip.routing import Hop

MAX_CONNECTIONS = 1_000
MAX_OF_ONE_HOST = 200
MAX_UNSENT_BYTES = 256 * 1024
"""A peer that does not read is cut off."""
IDLE_S = 120.0
"""A connection over which nothing came for so long is closed, unless a call needs it."""
CONNECT_S = 5.0
TCP = "TCP"
OnFrame = Callable[[Frame, Hop], None]
Admits = Callable[[str], bool]
log = logging.getLogger(__name__)


class _Connection(asyncio.Protocol):
    def __init__(self, streams: "Streams") -> None:
        self._streams, self._framer = streams, StreamFramer()
        self._transport: asyncio.Transport | None = None
        self.hop = Hop(TCP, "", 0)
        self.heard_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        host, port = transport.get_extra_info("peername")[:2]
        self.hop = Hop(TCP, host, port, self._streams.opened(self, host))
        if self.hop.connection is None:
            self.close()

    def data_received(self, data: bytes) -> None:
        try:
            for one in self._framer.feed(data):
                if isinstance(one, KeepAlive):
                    self.send(PONG)
                else:
                    self._streams.came(one, self)
        except RemoteProtocolError:
            # RFC 3261, 18.3: where the next message begins cannot be known.
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._streams.lost(self)

    def send(self, data: bytes) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        self._transport.write(data)
        if self._transport.get_write_buffer_size() > MAX_UNSENT_BYTES:
            self._transport.abort()

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


class Streams:
    """All connections of an endpoint."""

    def __init__(self, clock: Clock, admits: Admits, on_frame: OnFrame) -> None:
        """`admits` says whether a message of a host is taken."""
        self._clock, self._admits, self._on_frame = clock, admits, on_frame
        self._numbers = count(1)
        self._open: dict[int, _Connection] = {}
        self._of_host: Counter[str] = Counter()
        self._connecting: set[tuple[str, int]] = set()

    async def listen(self, bound: socket.socket) -> asyncio.Server:
        """Take connections; the server is the caller's to close."""
        return await asyncio.get_running_loop().create_server(lambda: _Connection(self), sock=bound)

    def opened(self, connection: _Connection, host: str) -> int | None:
        """A new connection's number; None: there are enough."""
        if len(self._open) >= MAX_CONNECTIONS or self._of_host[host] >= MAX_OF_ONE_HOST:
            return None
        number = next(self._numbers)
        connection.heard_at = self._clock.monotonic_s()
        self._open[number] = connection
        self._of_host[host] += 1
        return number

    def lost(self, connection: _Connection) -> None:
        """It is closed."""
        number = connection.hop.connection
        if number is not None and self._open.pop(number, None) is not None:
            self._of_host[connection.hop.host] -= 1

    def came(self, frame: Frame, connection: _Connection) -> None:
        """A message came over it."""
        connection.heard_at = self._clock.monotonic_s()
        if self._admits(connection.hop.host):
            self._on_frame(frame, connection.hop)

    def send(self, data: bytes, hop: Hop, tasks: asyncio.TaskGroup) -> None:
        """Over the connection while it lives, else over one that is opened for it; what cannot be sent is lost."""
        connection = self._open.get(hop.connection or 0)
        if connection is not None:
            connection.send(data)
        elif (hop.host, hop.port) not in self._connecting and len(self._open) < MAX_CONNECTIONS:
            tasks.create_task(self._send_anew(data, hop))

    async def _send_anew(self, data: bytes, hop: Hop) -> None:
        where = hop.host, hop.port
        self._connecting.add(where)
        try:
            async with asyncio.timeout(CONNECT_S):
                _, connection = await asyncio.get_running_loop().create_connection(lambda: _Connection(self), *where)
            connection.send(data)
        except (OSError, TimeoutError):
            log.info("a SIP peer could not be reached again")
        finally:
            self._connecting.discard(where)

    def close_idle(self, needed: Collection[int | None]) -> None:
        """Close what nothing came over for long; `needed` are the connections of calls."""
        oldest = self._clock.monotonic_s() - IDLE_S
        for number, connection in tuple(self._open.items()):
            if connection.heard_at < oldest and number not in needed:
                connection.close()

    def close(self) -> None:
        """Close all."""
        for connection in tuple(self._open.values()):
            connection.close()
