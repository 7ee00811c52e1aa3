"""A web server that does what hostile or broken ones do, on raw sockets, and remembers what it was sent."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

BEGINNINGS = {
    "/redirect": b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/latest/\r\nContent-Length: 0\r\n\r\n",
    "/loris": b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n",
    "/endless": b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n",
    "/headers": b"HTTP/1.1 200 OK\r\n",
    "/silence": b"",
    "/half": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
    "/nonsense": b"\x16\x03\x01 what is this\r\n\r\n",
    "/cookie": b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 2\r\n\r\nok",
}
"""By path; every other one is answered as it should be."""


@dataclass
class HostileWeb:
    """A running server."""

    port: int = 0
    requests: list[bytes] = field(default_factory=list)
    """The head of every request."""
    sent_bytes: int = 0
    serving: list["asyncio.Task[None]"] = field(default_factory=list)

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        """Of a path."""
        return f"http://{host}:{self.port}{path}"


@contextlib.asynccontextmanager
async def hostile_web() -> AsyncIterator[HostileWeb]:
    """Serves the paths of `BEGINNINGS`, and `/ok`."""
    web = HostileWeb()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError), contextlib.closing(writer):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                web.requests.append(head)
                length = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
                if length:
                    await reader.readexactly(int(length[0].split(b":")[1]))
                await _answer(web, head.split(b" ")[1].decode(), writer)

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        web.serving.append(asyncio.get_running_loop().create_task(serve(reader, writer)))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    web.port = server.sockets[0].getsockname()[1]
    try:
        yield web
    finally:
        server.close()
        for serving in web.serving:
            serving.cancel()
        await asyncio.gather(*web.serving, return_exceptions=True)


async def _for_ever(web: HostileWeb, writer: asyncio.StreamWriter, part: bytes, every_s: float = 0.0) -> None:
    while True:
        writer.write(part)
        web.sent_bytes += len(part)
        await writer.drain()
        await asyncio.sleep(every_s)


async def _answer(web: HostileWeb, path: str, writer: asyncio.StreamWriter) -> None:
    path = path.split("?")[0]
    writer.write(BEGINNINGS.get(path, b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"))
    await writer.drain()
    if path == "/loris":
        await _for_ever(web, writer, b"x", 0.02)
    elif path == "/endless":
        await _for_ever(web, writer, bytes(65_536))
    elif path == "/headers":
        await _for_ever(web, writer, b"X-More: " + b"y" * 8_000 + b"\r\n")
    elif path == "/silence":
        await asyncio.sleep(60)
    elif path == "/half":
        raise ConnectionAbortedError
