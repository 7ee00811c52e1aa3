"""A small real /millis server that plays a script for each call, and keeps what the client sent."""

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

SAMPLE_RATE_HZ = 16_000
FRAME_S = 0.02
FRAME_BYTES = 640


@dataclass
class PeerCall:
    """One connection. What came from the client stands in the fields."""

    connection: ServerConnection
    initiate: dict[str, Any] = field(default_factory=dict)
    origin: str | None = None
    audio: bytearray = field(default_factory=bytearray)
    packet_sizes: set[int] = field(default_factory=set)
    frame: asyncio.Event = field(default_factory=asyncio.Event)
    """Something came."""
    pings: list[Any] = field(default_factory=list)
    results: list[dict[str, Any]] = field(default_factory=list)
    """What became of forms."""
    others: list[tuple[str, Any]] = field(default_factory=list)
    """Method and data of what a client may say besides: user_text, dtmf, voice."""
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    close_code: int | None = None
    """The last of all that is known of a connection: who sees it sees the rest."""
    close_reason: str | None = None
    initiated: asyncio.Event = field(default_factory=asyncio.Event)

    async def say(self, method: str, data: Any = None, **payload: Any) -> None:
        """Send one text frame."""
        frame = (
            {"method": method} | ({} if data is None else {"data": data}) | ({"payload": payload} if payload else {})
        )
        await self.connection.send(json.dumps(frame))

    async def ready(self, session_id: str = "session-1") -> None:
        """Accept the session, after its `initiate`."""
        await self.initiated.wait()
        await self.say("onready", {"session_id": session_id}, session_id=session_id)

    async def play(self, pcm: bytes, *, paced: bool = True) -> None:
        """Send audio in frames of 20 ms, as fast as it sounds; or all at once: in one frame, which nothing tears."""
        if not paced:
            await self.connection.send(pcm)
            return
        clock = asyncio.get_running_loop().time
        due = clock()
        for start in range(0, len(pcm), FRAME_BYTES):
            await self.connection.send(pcm[start : start + FRAME_BYTES])
            due += FRAME_S
            await asyncio.sleep(due - clock())

    async def hear(self, seconds: float) -> None:
        """Wait until the client has sent so much audio since now."""
        wanted = len(self.audio) + int(seconds * SAMPLE_RATE_HZ) * 2
        await self.until(lambda: len(self.audio) >= wanted)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until it holds of what came from the client, or nothing comes any more."""
        while not condition() and not self.closed.is_set():
            self.frame.clear()
            await self.frame.wait()

    async def end(self, reason: str = "agent-ended", code: int = 1000, text: str = "") -> None:
        """End the session and close the socket."""
        await self.say("onsessionended", {"reason": reason, "duration": 1})
        await self.connection.close(code, text)

    def close_soon(self, code: int) -> None:
        """Close the socket from another thread, without a word before it."""
        asyncio.run_coroutine_threadsafe(self.connection.close(code), self.connection.loop)


Script = Callable[[PeerCall], Awaitable[None]]


@dataclass
class MillisPeer:
    """The server's address, its calls so far, and what it does with the next one."""

    url: str
    script: Script
    calls: list[PeerCall] = field(default_factory=list)

    @property
    def last(self) -> PeerCall:
        return self.calls[-1]


async def listen(call: PeerCall) -> None:
    """A script that accepts the session and only listens."""
    await call.ready()
    await call.closed.wait()


@contextmanager
def millis_peer(script: Script = listen) -> Iterator[MillisPeer]:
    """Serve on a free loopback port, on a thread of its own, until the block is left."""
    peer = MillisPeer("", script)
    loop = asyncio.new_event_loop()
    started = threading.Event()
    stopping = asyncio.Event()

    async def run() -> None:
        async with serve(lambda connection: _answer(peer, connection), "127.0.0.1", 0, compression=None) as server:
            peer.url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/millis"
            started.set()
            await stopping.wait()
            server.close(code=1001)

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()), daemon=True)
    thread.start()
    assert started.wait(30)
    try:
        yield peer
    finally:
        loop.call_soon_threadsafe(stopping.set)
        thread.join(10)
        loop.close()


async def _answer(peer: MillisPeer, connection: ServerConnection) -> None:
    assert connection.request is not None
    call = PeerCall(connection, origin=connection.request.headers.get("Origin"))
    peer.calls.append(call)
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_receive(call))
            tasks.create_task(_play_script(peer.script, call))
    except* ConnectionClosed:
        pass


async def _play_script(script: Script, call: PeerCall) -> None:
    try:
        await script(call)
    except ConnectionClosed:
        return


async def _receive(call: PeerCall) -> None:
    try:
        async for frame in call.connection:
            if isinstance(frame, bytes):
                call.audio += frame
                call.packet_sizes.add(len(frame))
            else:
                await _take(call, json.loads(frame))
            call.frame.set()
    finally:
        call.close_reason = call.connection.close_reason
        call.close_code = call.connection.close_code
        for event in (call.closed, call.initiated, call.frame):
            event.set()


async def _take(call: PeerCall, message: dict[str, Any]) -> None:
    if message["method"] == "initiate":
        call.initiate = message["data"]
        call.initiated.set()
    elif message["method"] == "function_result":
        call.results.append(message["data"])
    elif message["method"] == "ping":
        call.pings.append(message.get("data"))
        await call.say("pong", message.get("data"))
    else:
        call.others.append((message["method"], message.get("data")))
