"""Ports for servers that are stopped and started again, which must find theirs free."""

import contextlib
import random
import socket

NOT_GIVEN_OUT = range(20_000, 32_000)
"""Below those that a system takes for connections and for servers that ask for any port: nobody else gets one of
these while its server is down."""


def lasting_ports(count: int, host: str = "127.0.0.1") -> list[int]:
    """So many, of which each was free for TCP a moment ago."""
    found: list[int] = []
    for port in random.SystemRandom().sample(NOT_GIVEN_OUT, len(NOT_GIVEN_OUT)):
        with contextlib.suppress(OSError), socket.create_server((host, port)):
            found.append(port)
        if len(found) == count:
            return found
    raise OSError("this machine has no free ports")
