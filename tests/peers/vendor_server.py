"""What the vendors' WebSocket servers have in common: refusals, scripted faults, answers that take their time."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus

from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response


@dataclass(frozen=True)
class Fault:
    """The way one connection fails, said in advance. Times are seconds of audio that the vendor was sent."""

    status: int | None = None
    """The handshake is refused with it."""
    headers: Mapping[str, str] = field(default_factory=dict)
    silent_handshake: bool = False
    """The handshake is never answered."""
    deaf_after_s: float | None = None
    """From then on nothing is said."""
    drop_after_s: float | None = None
    """The connection breaks without a close."""
    close_after_s: float | None = None
    code: int = 1011
    reason: str = ""
    garbage_after_s: float | None = None
    """Something is said that nobody understands."""
    late_s: float = 0.0
    """Everything is said so much later."""


HEALTHY = Fault()
Refuse = Callable[[Request], Response | None]
Attend = Callable[[ServerConnection, Fault], Awaitable[None]]


def refusal(status: int, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Response:
    """An answer that opens no connection."""
    sent = Headers({**(headers or {}), "Content-Length": str(len(body))})
    return Response(status, HTTPStatus(status).phrase, sent, body)


@asynccontextmanager
async def vendor_server(faults: list[Fault], refuse: Refuse, attend: Attend) -> AsyncIterator[str]:
    """On a free loopback port, in this event loop; gives its ws:// address. Each connection takes one of the faults."""
    suffering: dict[ServerConnection, Fault] = {}
    closing = asyncio.Event()

    async def greet(connection: ServerConnection, request: Request) -> Response | None:
        fault = faults.pop(0) if faults else HEALTHY
        if fault.silent_handshake:
            await closing.wait()
        if fault.status is not None:
            return refusal(fault.status, headers=fault.headers)
        suffering[connection] = fault
        return refuse(request)

    async def serve_one(connection: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            await attend(connection, suffering.pop(connection))

    async with serve(serve_one, "127.0.0.1", 0, process_request=greet, max_size=2**22, open_timeout=None) as server:
        yield f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"
        closing.set()
        for connection in tuple(server.connections):
            connection.transport.abort()


class Mouth:
    """Says messages after their delays, as far as the fault lets it. `run` it."""

    def __init__(self, connection: ServerConnection, fault: Fault) -> None:
        self._connection, self._fault = connection, fault
        self._queue: asyncio.Queue[tuple[float, str | bytes | None]] = asyncio.Queue()
        self._deaf = fault.deaf_after_s == 0.0

    def say(self, message: str | bytes | None, delay_s: float) -> None:
        """Say it so much later, behind what is to be said before; None closes the connection."""
        if not self._deaf:
            due = asyncio.get_running_loop().time() + delay_s + self._fault.late_s
            self._queue.put_nowait((due, message))

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            due, message = await self._queue.get()
            await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
            if message is None:
                return await self._connection.close(1000)
            with suppress(ConnectionClosed):
                await self._connection.send(message)

    async def heard(self, seconds: float, garbage: str | bytes) -> None:
        """There was so much audio: is it time to fail?"""
        fault = self._fault
        if fault.deaf_after_s is not None and seconds >= fault.deaf_after_s:
            self._deaf = True
        if fault.drop_after_s is not None and seconds >= fault.drop_after_s:
            self._connection.transport.abort()
        if fault.close_after_s is not None and seconds >= fault.close_after_s:
            await self._connection.close(fault.code, fault.reason)
        if fault.garbage_after_s is not None and seconds >= fault.garbage_after_s:
            await self._connection.send(garbage)
