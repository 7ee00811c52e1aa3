"""A native /millis client: streams a microphone in real time and writes down what comes back, and when."""

import asyncio
import json
import time
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import websockets
from websockets.asyncio.client import ClientConnection

RATE_HZ = 16_000
FRAME_S = 0.02
FRAME_BYTES = 640


@dataclass
class Playback:
    """The agent's audio as a client would play it: without gaps from its first piece on."""

    pcm: bytearray = field(default_factory=bytearray)
    worst_lateness_s: float = 0.0
    """By how much a piece came after the moment at which it should have been playing."""
    arrived_at: list[float] = field(default_factory=list)
    """When each piece came."""
    _deadline: float | None = None

    def restart(self) -> None:
        """The next piece begins a new reply."""
        self._deadline = None

    def add(self, pcm: bytes, now: float) -> None:
        """A piece has arrived."""
        self.arrived_at.append(now)
        if self._deadline is None:
            self._deadline = now
        self.worst_lateness_s = max(self.worst_lateness_s, now - self._deadline)
        self._deadline = max(self._deadline, now) + len(pcm) / 2 / RATE_HZ
        self.pcm += pcm

    @property
    def seconds(self) -> float:
        """How much audio came."""
        return len(self.pcm) / 2 / RATE_HZ


@dataclass(frozen=True)
class Received:
    """One text message."""

    at: float
    method: str
    data: Any
    payload: Mapping[str, Any]


class MillisClient:
    """One connection. Its microphone delivers silence unless something is being said."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.received: list[Received] = []
        self.playback = Playback()
        self.close: tuple[int, str] | None = None
        self.spoke_at = 0.0
        """When the last frame of what was said had been sent, time.monotonic()."""
        self._speech: deque[bytes] = deque()
        self._news = asyncio.Condition()
        self._heard_out = asyncio.Event()

    async def initiate(self, **data: Any) -> None:
        """Ask for a session."""
        await self.connection.send(json.dumps({"method": "initiate", "data": data}))

    def say(self, pcm: bytes) -> None:
        """Speak into the microphone after what is being said already."""
        for start in range(0, len(pcm), FRAME_BYTES):
            self._speech.append(pcm[start : start + FRAME_BYTES].ljust(FRAME_BYTES, b"\0"))

    async def said(self) -> float:
        """Wait until everything has been said; when that was."""
        async with asyncio.timeout(60):
            while self._speech:  # noqa: ASYNC110  # the microphone's own pace is the event
                await asyncio.sleep(FRAME_S)
        return time.monotonic()

    async def wait_for(self, method: str, *, after: float = 0.0, within: float = 30.0, **payload: Any) -> Received:
        """The first such message that came after that time. Raises TimeoutError."""

        def found() -> Received | None:
            return next(
                (
                    one
                    for one in self.received
                    if one.method == method
                    and one.at > after
                    and all(one.payload.get(key) == value for key, value in payload.items())
                ),
                None,
            )

        async with asyncio.timeout(within), self._news:
            while (message := found()) is None:
                await self._news.wait()
            return message

    async def hear(self, seconds: float, within: float = 30.0) -> None:
        """Wait until so much more of the agent's audio came. Raises TimeoutError."""
        wanted = self.playback.seconds + seconds
        async with asyncio.timeout(within), self._news:
            await self._news.wait_for(lambda: self.playback.seconds >= wanted)

    def methods(self, after: float = 0.0) -> list[str]:
        """Names of the messages after that time, explanations left out."""
        return [one.method for one in self.received if one.at > after and one.method != "ai_action"]

    async def _stream_microphone(self) -> None:
        due = time.monotonic()
        while True:
            is_said = bool(self._speech)
            await self.connection.send(self._speech.popleft() if is_said else bytes(FRAME_BYTES))
            self.spoke_at = time.monotonic() if is_said else self.spoke_at
            due += FRAME_S
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    async def _receive(self) -> None:
        try:
            async for message in self.connection:
                now = time.monotonic()
                async with self._news:
                    if isinstance(message, bytes):
                        self.playback.add(message, now)
                    else:
                        self._take(json.loads(message), now)
                    self._news.notify_all()
        finally:
            self.close = (self.connection.close_code or 1006, self.connection.close_reason or "")
            self._heard_out.set()

    def _take(self, frame: Mapping[str, Any], now: float) -> None:
        if frame["method"] in ("start_answering", "pause", "unpause", "clear"):
            self.playback.restart()
        self.received.append(Received(now, frame["method"], frame.get("data"), frame.get("payload") or {}))

    async def closed(self, within: float = 30.0) -> tuple[int, str]:
        """Wait for the server to close, and for all that it said before; code and reason."""
        async with asyncio.timeout(within):
            await self._heard_out.wait()
        return self.connection.close_code or 1006, self.connection.close_reason or ""


@asynccontextmanager
async def connect(
    media_url: str, *, microphone: bool = True, headers: Mapping[str, str] | None = None
) -> AsyncIterator[MillisClient]:
    """A connected client; leaving the context hangs up."""
    async with websockets.connect(
        media_url, proxy=None, compression=None, max_size=2**22, additional_headers=headers
    ) as connection:
        client = MillisClient(connection)
        receiving = asyncio.ensure_future(client._receive())
        streaming = asyncio.ensure_future(client._stream_microphone() if microphone else asyncio.sleep(0))
        try:
            yield client
        finally:
            streaming.cancel()
            await connection.close()
            receiving.cancel()
            await asyncio.gather(streaming, receiving, return_exceptions=True)
