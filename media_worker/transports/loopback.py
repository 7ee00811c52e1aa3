"""A leg whose other end is in the same process: for tests and load without a network."""

import asyncio

from callcore.errors import TransportClosed
from callcore.wire.client import ServerMessage
from media_worker.ports.leg import LegEvent

SAMPLE_RATE_HZ = 16_000
NORMAL = 1000


class LoopbackLeg:
    """Give it what the user does; read what the agent did."""

    def __init__(self) -> None:
        self.sent: list[bytes | ServerMessage] = []
        """Everything the agent sent, in order."""
        self.closed: tuple[int, str] | None = None
        """Code and reason, once the session has closed the leg."""
        self._incoming: asyncio.Queue[bytes | LegEvent | None] = asyncio.Queue()

    @property
    def sample_rate_hz(self) -> int:
        """Of both directions."""
        return SAMPLE_RATE_HZ

    def give(self, what: bytes | LegEvent) -> None:
        """The user speaks (PCM of an even length) or does something else."""
        self._incoming.put_nowait(what)

    def hang_up(self) -> None:
        """The user is gone once everything given before has been received."""
        self._incoming.put_nowait(None)

    async def receive(self) -> bytes | LegEvent:
        """What the user gives next. Raises TransportClosed."""
        given = await self._incoming.get()
        if given is None:
            self._incoming.put_nowait(None)
            raise TransportClosed(NORMAL)
        return given

    def send(self, message: bytes | ServerMessage) -> None:
        """Keep what the agent sends."""
        if self.closed is None:
            self.sent.append(message)

    async def aclose(self, code: int, reason: str) -> None:
        """The session has ended; closing twice is fine."""
        self.closed = self.closed or (code, reason)
