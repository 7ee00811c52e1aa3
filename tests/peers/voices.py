"""What vendors of voices have in common: sound for a text, cut anywhere, and everything that can go wrong with it."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Self

import numpy as np
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

KEY = "key-of-the-test"
MS_PER_CHARACTER = 75
"""13.3 characters a second (providers.md 10)."""
SIZES = (999, 1001, 7, 3200, 1, 16_001, 20_000)
"""Of the pieces in which sound is sent: vendors cut it anywhere."""


@dataclass(frozen=True)
class Mishap:
    """What goes wrong with one connection, or with one request. `*_after_ms` counts the sound that was made before."""

    status: int | None = None
    """It is refused."""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    deaf: bool = False
    """Nothing is ever answered."""
    stalls_after_ms: float | None = None
    """Nothing follows, and nothing is closed."""
    drops_after_ms: float | None = None
    """It breaks without a word."""
    closes_after_ms: float | None = None
    code: int = 1011
    fails_after_ms: float | None = None
    """The vendor tells an error of its own."""
    garbage_after_ms: float | None = None
    """Something is told that nobody understands."""


WELL = Mishap()


class Dropped(Exception):
    """The connection is broken, on purpose."""


class Failed(Exception):
    """The vendor is to tell its error."""


class Garbled(Exception):
    """The vendor is to tell something that nobody understands."""


@dataclass(frozen=True)
class Word:
    """A word of a text, and when it is said."""

    text: str
    start_ms: float
    end_ms: float


def words(text: str) -> list[Word]:
    """At an even pace."""
    found, at = [], 0
    for word in text.split():
        at = text.index(word, at)
        found.append(Word(word, at * MS_PER_CHARACTER, (at + len(word)) * MS_PER_CHARACTER))
        at += len(word)
    return found


def sound(text: str, rate_hz: int) -> bytes:
    """A ramp as long as the text takes to say: whoever loses or doubles a sample is found out."""
    count = round(len(text.strip()) * MS_PER_CHARACTER * rate_hz / 1000)
    return (np.arange(count) % 30_000 + 1).astype("<i2").tobytes()


def pieces(audio: bytes, sizes: tuple[int, ...] = SIZES) -> Iterator[bytes]:
    """The audio in pieces of these sizes, over and over."""
    at, number = 0, 0
    while at < len(audio):
        size = sizes[number % len(sizes)]
        yield audio[at : at + size]
        at, number = at + size, number + 1


async def made(text: str, rate_hz: int, mishap: Mishap, pace: float) -> AsyncIterator[bytes]:
    """The sound of a text as it is made, `pace` times as fast as it is heard (0 = at once), until something happens."""
    made_ms = 0.0
    for piece in pieces(sound(text, rate_hz)):
        await _happens(mishap, made_ms)
        length_ms = len(piece) / 2 / rate_hz * 1000
        await asyncio.sleep(length_ms / 1000 / pace if pace else 0)
        yield piece
        made_ms += length_ms


async def _happens(mishap: Mishap, made_ms: float) -> None:
    def is_due(after_ms: float | None) -> bool:
        return after_ms is not None and made_ms >= after_ms

    if is_due(mishap.stalls_after_ms):
        await asyncio.get_running_loop().create_future()
    if is_due(mishap.drops_after_ms) or is_due(mishap.closes_after_ms):
        raise Dropped
    if is_due(mishap.fails_after_ms):
        raise Failed
    if is_due(mishap.garbage_after_ms):
        raise Garbled


class SocketPeer:
    """A vendor's WebSocket server. Subclasses say who may come (`refusal`) and what is said (`attend`)."""

    def __init__(self, *, pace: float = 0.0) -> None:
        self.pace = pace
        self.mishaps: list[Mishap] = []
        """Of the next connections, one each."""
        self.said: list[str] = []
        """Every text that was taken to be spoken."""
        self.handshakes: list[Request] = []
        self.complaints: list[str] = []
        """What a client did against the rules."""
        self.live = 0
        """Connections that are open."""
        self._deserted = asyncio.Event()
        self._closing = asyncio.Event()
        self._mishap_of: dict[int, Mishap] = {}
        self._server: Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await serve(self._serve, "127.0.0.1", 0, process_request=self._greet, compression=None)
        return self

    async def __aexit__(self, *error: object) -> None:
        assert self._server is not None
        self._closing.set()
        for connection in self._server.connections:
            connection.transport.abort()
        self._server.close()
        await self._server.wait_closed()

    @property
    def address(self) -> str:
        """host:port"""
        assert self._server is not None
        host, port = next(iter(self._server.sockets)).getsockname()[:2]
        return f"{host}:{port}"

    @property
    def billed(self) -> int:
        """Characters."""
        return sum(map(len, self.said))

    async def _greet(self, connection: ServerConnection, request: Request) -> Response | None:
        self.handshakes.append(request)
        page = self.page(request)
        if page is not None:
            return page
        mishap = self.mishaps.pop(0) if self.mishaps else WELL
        if mishap.deaf:
            await self._closing.wait()
        if mishap.status is not None:
            return response(mishap.status, mishap.body, mishap.headers)
        self._mishap_of[id(connection)] = mishap
        return self.refusal(request)

    def page(self, request: Request) -> Response | None:
        """The answer to a request that is none for a WebSocket."""
        return None

    def refusal(self, request: Request) -> Response | None:
        """Why this client may not come; None = it may."""
        return None

    async def _serve(self, connection: ServerConnection) -> None:
        self._count(1)
        line = Line(connection, self._mishap_of.pop(id(connection)))
        try:
            async with asyncio.TaskGroup() as tasks:
                await self.attend(line, tasks)
                for task in line.speaking:
                    task.cancel()
        except* ConnectionClosed:
            pass
        finally:
            self._count(-1)

    def _count(self, change: int) -> None:
        self.live += change
        if self.live:
            self._deserted.clear()
        else:
            self._deserted.set()

    async def deserted(self) -> None:
        """Wait until no client is left that ever came."""
        await self._deserted.wait()

    async def attend(self, line: "Line", tasks: asyncio.TaskGroup) -> None:
        """Talk with one client until it goes."""
        raise NotImplementedError


class Line:
    """One client's connection."""

    def __init__(self, connection: ServerConnection, mishap: Mishap) -> None:
        self.connection = connection
        self.mishap = mishap
        self.speaking: set[asyncio.Task[None]] = set()

    async def tell(self, message: Mapping[str, Any] | bytes) -> None:
        """As JSON, or as it is."""
        await self.connection.send(message if isinstance(message, bytes) else json.dumps(message))

    async def sound(self, text: str, rate_hz: int, pace: float) -> AsyncIterator[bytes]:
        """The sound of a text; a mishap of the connection is acted out. Raises Failed."""
        try:
            async for piece in made(text, rate_hz, self.mishap, pace):
                yield piece
        except Dropped:
            if self.mishap.closes_after_ms is None:
                self.connection.transport.abort()
            else:
                await self.connection.close(self.mishap.code, "as the test wants it")
            await asyncio.get_running_loop().create_future()
        except Garbled:
            await self.connection.send("{ this is no JSON")
            await asyncio.get_running_loop().create_future()

    def speak(self, tasks: asyncio.TaskGroup, work: Any) -> "asyncio.Task[None]":
        """In a task that ends with the connection."""
        task = tasks.create_task(work)
        self.speaking.add(task)
        task.add_done_callback(self.speaking.discard)
        return task


def response(status: int, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Response:
    """An HTTP answer."""
    fields = Headers(headers or {})
    fields["Content-Length"] = str(len(body))
    fields["Connection"] = "close"
    return Response(status, HTTPStatus(status).phrase, fields, body)
