"""The sockets of an endpoint: one port for datagrams and for streams."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

BACKLOG = 128
ANY = 0
TRIES = 20
"""Of ports that are free for datagrams and taken for streams."""
RECEIVE_BUFFER_BYTES = 1024 * 1024
"""A trunk that restarts sends hundreds of messages at once."""


@dataclass(frozen=True)
class Bound:
    """Both, bound to the same port: what comes from now on waits."""

    datagrams: socket.socket
    streams: socket.socket
    port: int


@contextmanager
def bind(address: str, port: int) -> Iterator[Bound]:
    """Hold that port of ours; 0: any that is free. Raises OSError when it is taken."""
    with ExitStack() as opened:
        for attempt in range(TRIES):
            datagrams = opened.enter_context(_socket(address, socket.SOCK_DGRAM))
            streams = opened.enter_context(_socket(address, socket.SOCK_STREAM))
            datagrams.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
            streams.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            datagrams.bind((address, port))
            found = datagrams.getsockname()[1]
            try:
                streams.bind((address, found))
            except OSError:
                if port != ANY or attempt == TRIES - 1:
                    raise
                opened.pop_all().close()
            else:
                streams.listen(BACKLOG)
                yield Bound(datagrams, streams, found)
                return


def _socket(address: str, kind: socket.SocketKind) -> socket.socket:
    made = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind)
    made.setblocking(False)
    return made
