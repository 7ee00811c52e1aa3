"""A WebSocket as the transports see it, whichever server stands behind it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class Peer:
    """Who is at the other end."""

    host: str
    """Address of the TCP peer."""
    path: str
    """Path of the upgrade request, without its query."""
    origin: str | None = None
    """The browser's Origin header; None outside browsers."""
    forwarded: bool = False
    """Whether the request carried a forwarding header, i.e. came through a proxy."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False, hash=False)
    """Of the upgrade request, names in lower case; some hold secrets. Of a repeated name the last one."""


class Socket(Protocol):
    """An accepted WebSocket. One task receives; sends may come from another task, one at a time."""

    @property
    def peer(self) -> Peer:
        """Who is at the other end."""
        ...

    async def receive(self) -> str | bytes:
        """The next text or binary message. Raises TransportClosed once the peer is gone."""
        ...

    async def send(self, message: str | bytes) -> None:
        """Send one text or binary message; waits while the peer does not read. Raises TransportClosed."""
        ...

    async def aclose(self, code: int, reason: str) -> None:
        """Close with a code and a reason of at most 123 bytes; closing twice is fine."""
        ...
