"""A socket whose peer is the test."""

import asyncio

from callcore.errors import TransportClosed
from media_worker.ports.socket import Peer


class QueueSocket:
    """`incoming` is what the peer sends, `outgoing` what it gets."""

    def __init__(self, *incoming: str | bytes, stuck: bool = False) -> None:
        self.peer = Peer("127.0.0.1", "/millis")
        self.incoming: asyncio.Queue[str | bytes | None] = asyncio.Queue()
        self.outgoing: list[str | bytes] = []
        self.closed: tuple[int, str] | None = None
        self.stuck = stuck
        for message in incoming:
            self.incoming.put_nowait(message)

    async def receive(self) -> str | bytes:
        if self.incoming.empty() and self.closed:
            raise TransportClosed(1006)
        message = await self.incoming.get()
        if message is None:
            self.closed = self.closed or (1000, "")
            raise TransportClosed(1000)
        return message

    def hang_up(self) -> None:
        """The peer is gone once everything before has been received."""
        self.incoming.put_nowait(None)

    async def send(self, message: str | bytes) -> None:
        if self.closed:
            raise TransportClosed(1006)
        if self.stuck:
            await asyncio.Event().wait()
        self.outgoing.append(message)

    async def aclose(self, code: int, reason: str) -> None:
        self.closed = self.closed or (code, reason)
