"""A WebSocket server that does what broken or hostile servers of language models do, chosen by the path."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

Behaviour = Callable[[ServerConnection], Awaitable[None]]
NOISE = json.dumps({"type": "noise", "noise": "x" * 950})


@dataclass
class HostileModel:
    """A running server."""

    port: int
    connections: int = 0
    sent_frames: int = 0

    def url(self, path: str) -> str:
        """Of a behaviour."""
        return f"ws://127.0.0.1:{self.port}{path}"


def response(text: str, stream_id: int = 0) -> str:
    """One piece of an answer."""
    return json.dumps({"type": "stream_response", "data": {"stream_id": stream_id, "content": text}})


@contextlib.asynccontextmanager
async def hostile_model() -> AsyncIterator[HostileModel]:
    """`/hang` `/flood` `/chatter` `/nonsense` `/huge` `/vanish` and `/refuse`."""
    model = HostileModel(0)

    async def repeat(connection: ServerConnection, frame: str, times: int = 10**9) -> None:
        for _ in range(times):
            await connection.send(frame)
            model.sent_frames += 1

    behaviours: dict[str, Behaviour] = {
        "/hang": lambda connection: connection.wait_closed(),
        "/flood": lambda connection: repeat(connection, response("word " * 100)),
        "/chatter": lambda connection: repeat(connection, NOISE),
        "/nonsense": lambda connection: repeat(connection, "\u0000 not json", 40),
        "/huge": lambda connection: connection.send(response("x" * 1_000_000)),
        "/vanish": lambda connection: _vanish(connection),
        "/refuse": lambda connection: connection.close(1008, "Unauthorized"),
    }

    async def behave(connection: ServerConnection) -> None:
        model.connections += 1
        assert connection.request is not None
        with contextlib.suppress(ConnectionClosed):
            await behaviours[connection.request.path](connection)
            await connection.wait_closed()

    async with serve(behave, "127.0.0.1", 0, close_timeout=0.1, compression=None) as server:
        model.port = next(iter(server.sockets)).getsockname()[1]
        yield model


async def _vanish(connection: ServerConnection) -> None:
    connection.transport.abort()


@contextlib.asynccontextmanager
async def mute_server() -> AsyncIterator[str]:
    """Accepts connections and says nothing at all."""
    writers: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda reader, writer: writers.append(writer), "127.0.0.1", 0)
    async with server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        for writer in writers:
            writer.close()
