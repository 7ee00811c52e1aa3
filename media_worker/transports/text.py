"""A leg without audio: a conversation in writing, one question and one answer at a time (`POST /chat/completions`)."""

import asyncio

from callcore.errors import TransportClosed
from callcore.wire.client import SAMPLE_RATE_HZ, CloseCode, OnResponseText, ServerMessage
from media_worker.ports.leg import LegEvent, TypedText


class TextLeg:
    """Give it what the user writes; it gives what the agent writes."""

    def __init__(self) -> None:
        self._incoming: asyncio.Queue[LegEvent | None] = asyncio.Queue()
        self._answers: asyncio.Queue[str | None] = asyncio.Queue()
        self._asking = asyncio.Lock()
        self.closed: tuple[int, str] | None = None
        """Code and reason, once the session is over."""
        self._over = asyncio.Event()

    @property
    def sample_rate_hz(self) -> int:
        """Of audio that never comes."""
        return SAMPLE_RATE_HZ

    async def ask(self, text: str, wait_s: float) -> str | None:
        """The agent's answer; None when it says nothing in time. One question waits for the one before."""
        async with self._asking:
            if self.closed is not None:
                return None
            while not self._answers.empty():
                self._answers.get_nowait()
            self._incoming.put_nowait(TypedText(text))
            try:
                async with asyncio.timeout(wait_s):
                    return await self._answers.get()
            except TimeoutError:
                return None

    async def is_over(self, within_s: float) -> bool:
        """Whether the session ends by itself in this time."""
        try:
            async with asyncio.timeout(within_s):
                return await self._over.wait()
        except TimeoutError:
            return False

    def hang_up(self) -> None:
        """The conversation is over."""
        self._incoming.put_nowait(None)

    async def receive(self) -> bytes | LegEvent:
        """What the user writes next. Raises TransportClosed."""
        given = await self._incoming.get()
        if given is None:
            self._incoming.put_nowait(None)
            raise TransportClosed(CloseCode.NORMAL)
        return given

    def send(self, message: bytes | ServerMessage) -> None:
        """Keep what the agent has written; all else is for who watches it write."""
        if isinstance(message, OnResponseText) and message.is_final:
            self._answers.put_nowait(message.text)

    async def aclose(self, code: int, reason: str) -> None:
        """The session has ended."""
        self.closed = self.closed or (code, reason)
        self._over.set()
        self._answers.put_nowait(None)
