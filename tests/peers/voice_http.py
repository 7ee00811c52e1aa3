"""Vendors whose voices speak in the bodies of HTTP replies: a server that can break off anywhere."""

import asyncio
import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Self

from tests.peers.voices import WELL, Dropped, Failed, Garbled, Mishap, made


@dataclass(frozen=True)
class Asked:
    """A request."""

    method: str
    target: str
    headers: Mapping[str, str]
    """By lower-case names."""
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """The reply: a body, or the sound of a text, or lines that are told with it."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    speaks: str | None = None
    rate_hz: int = 16_000


class HttpPeer:
    """A vendor's HTTP server. Subclasses answer."""

    def __init__(self, *, pace: float = 0.0) -> None:
        self.pace = pace
        self.mishaps: list[Mishap] = []
        """Of the next texts, one each."""
        self.said: list[str] = []
        self.requests: list[Asked] = []
        self.complaints: list[str] = []
        self.live = 0
        """Replies that are being given."""
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.Task[Any]] = set()
        self._idle = asyncio.Event()
        self._idle.set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._attend, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *error: object) -> None:
        assert self._server is not None
        self._server.close()
        for client in self._clients:
            client.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)

    @property
    def address(self) -> str:
        """host:port"""
        assert self._server is not None
        host, port = self._server.sockets[0].getsockname()[:2]
        return f"{host}:{port}"

    @property
    def billed(self) -> int:
        """Characters."""
        return sum(map(len, self.said))

    async def deserted(self) -> None:
        """Wait until nobody is answered."""
        await self._idle.wait()

    def answer(self, asked: Asked) -> Answer:
        """What to reply to a request that has no mishap."""
        raise NotImplementedError

    async def _attend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._clients.add(task)
        task.add_done_callback(self._clients.discard)
        try:
            while (asked := await _request(reader)) is not None:
                self.requests.append(asked)
                await self._reply(asked, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _reply(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        speaks = asked.method == "POST"
        mishap = self.mishaps.pop(0) if speaks and self.mishaps else WELL
        if mishap.deaf:
            await asyncio.get_running_loop().create_future()
        answer = Answer(mishap.status, mishap.headers, mishap.body) if mishap.status else self.answer(asked)
        if answer.speaks is None:
            return await _whole(writer, answer, asked.method)
        self.live += 1
        self._idle.clear()
        try:
            await self._speak(writer, answer, mishap)
        finally:
            self.live -= 1
            if not self.live:
                self._idle.set()

    async def _speak(self, writer: asyncio.StreamWriter, answer: Answer, mishap: Mishap) -> None:
        assert answer.speaks is not None
        self.said.append(answer.speaks)
        writer.write(_head(answer, {"Transfer-Encoding": "chunked"}))
        try:
            async for piece in made(answer.speaks, answer.rate_hz, mishap, self.pace):
                writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
                await writer.drain()
        except Garbled:
            writer.write(b"this is no length of a piece\r\n")
            await writer.drain()
        except (Dropped, Failed):
            # A vendor that fails in the midst of a body can only break it off.
            writer.transport.abort()
        else:
            writer.write(b"0\r\n\r\n")
            await writer.drain()


def _head(answer: Answer, more: Mapping[str, str]) -> bytes:
    fields = "".join(f"{name}: {value}\r\n" for name, value in {**answer.headers, **more}.items())
    return f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}\r\n{fields}\r\n".encode()


async def _whole(writer: asyncio.StreamWriter, answer: Answer, method: str) -> None:
    writer.write(_head(answer, {"Content-Length": str(len(answer.body))}))
    if method != "HEAD":
        writer.write(answer.body)
    await writer.drain()


async def _request(reader: asyncio.StreamReader) -> Asked | None:
    head = b""
    with contextlib.suppress(asyncio.IncompleteReadError):
        head = await reader.readuntil(b"\r\n\r\n")
    if not head:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ", 2)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
    return Asked(method, target, headers, await reader.readexactly(int(headers.get("content-length", "0"))))
