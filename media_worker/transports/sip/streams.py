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


class _Connection:
    """One that is open."""

    def __init__(self, transport: asyncio.Transport, number: int, now: float) -> None:
        host, port = transport.get_extra_info("peername")[:2]
        self.hop = Hop(TCP, host, port, number)
        self.framer = StreamFramer()
        self.heard_at = now
        self._transport = transport

    def send(self, data: bytes) -> None:
        """Queue it; a peer that does not read is cut off."""
        if self._transport.is_closing():
            return
        self._transport.write(data)
        if self._transport.get_write_buffer_size() > MAX_UNSENT_BYTES:
            self._transport.abort()

    def close(self) -> None:
        """Nothing more is read."""
        self._transport.close()


class _Wire(asyncio.Protocol):
    """What asyncio tells of one."""

    def __init__(self, streams: "Streams") -> None:
        self._streams = streams
        self.connection: _Connection | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.connection = self._streams.opened(transport)

    def data_received(self, data: bytes) -> None:
        if self.connection is not None:
            self._streams.received(self.connection, data)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.connection is not None:
            self._streams.lost(self.connection)


class Streams:
    """All connections of an endpoint."""

    def __init__(self, clock: Clock, admits: Admits, on_frame: OnFrame) -> None:
        """`admits` says whether a message of a host is taken."""
        self._clock, self._admits, self._on_frame = clock, admits, on_frame
        self._numbers = count(1)
        self._open: dict[int, _Connection] = {}
        self._of_host: Counter[str] = Counter()
        self._connecting: dict[tuple[str, int], list[bytes]] = {}
        """What waits for a connection that is being opened anew."""

    async def listen(self, bound: socket.socket) -> asyncio.Server:
        """Take connections; the server is the caller's to close."""
        return await asyncio.get_running_loop().create_server(lambda: _Wire(self), sock=bound)

    def opened(self, transport: asyncio.Transport) -> _Connection | None:
        """A new one; None: there are enough, and it is closed."""
        host = transport.get_extra_info("peername")[0]
        if len(self._open) >= MAX_CONNECTIONS or self._of_host[host] >= MAX_OF_ONE_HOST:
            transport.close()
            return None
        number = next(self._numbers)
        connection = self._open[number] = _Connection(transport, number, self._clock.monotonic_s())
        self._of_host[host] += 1
        return connection

    def received(self, connection: _Connection, data: bytes) -> None:
        """Something came over it."""
        connection.heard_at = self._clock.monotonic_s()
        try:
            for one in connection.framer.feed(data):
                if isinstance(one, KeepAlive):
                    connection.send(PONG)
                elif self._admits(connection.hop.host):
                    self._on_frame(one, connection.hop)
        except RemoteProtocolError:
            # RFC 3261, 18.3: where the next message begins cannot be known.
            connection.close()

    def lost(self, connection: _Connection) -> None:
        """It is closed."""
        if self._open.pop(connection.hop.connection or 0, None) is not None:
            self._of_host -= Counter([connection.hop.host])

    def send(self, data: bytes, hop: Hop, tasks: asyncio.TaskGroup) -> None:
        """Over the connection while it lives, else over one that is opened for it; what cannot be sent is lost."""
        where = hop.host, hop.port
        if (own := self._open.get(hop.connection or 0)) is not None:
            own.send(data)
        elif (waiting := self._connecting.get(where)) is not None:
            if sum(map(len, waiting)) + len(data) <= MAX_UNSENT_BYTES:
                waiting.append(data)
        elif (other := self._to(hop)) is not None:
            other.send(data)
        elif len(self._open) + len(self._connecting) < MAX_CONNECTIONS:
            self._connecting[where] = [data]
            tasks.create_task(self._connect(where))

    def _to(self, hop: Hop) -> _Connection | None:
        """One that was opened anew, after that of the call was lost."""
        where = hop.host, hop.port
        return next((one for one in self._open.values() if (one.hop.host, one.hop.port) == where), None)

    async def _connect(self, where: tuple[str, int]) -> None:
        """Open a connection, and send what has waited for it."""
        connection = None
        try:
            async with asyncio.timeout(CONNECT_S):
                _, wire = await asyncio.get_running_loop().create_connection(lambda: _Wire(self), *where)
            connection = wire.connection
        except (OSError, TimeoutError):
            log.info("a SIP peer could not be reached again")
        finally:
            waiting = self._connecting.pop(where)
        if connection is not None:
            for data in waiting:
                connection.send(data)

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
