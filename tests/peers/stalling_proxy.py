"""A proxy that is a bad network: at set times nothing gets through to the client, and then everything at once.

So a stream behaves over TCP when packets are late or lost: in order, whole, and in bursts.
"""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

CHUNK_BYTES = 64 * 1024


@dataclass(frozen=True)
class Hold:
    """From `at_s` after the zero of the proxy on, nothing passes for `for_s`."""

    at_s: float
    for_s: float


@dataclass
class StallingProxy:
    """Its address, and what it does to whatever goes to the clients."""

    url: str
    holds: Sequence[Hold] = ()
    zero_s: float = field(default=float("inf"))
    """Of `asyncio`'s clock, as of `time.monotonic`; before it everything passes."""

    def held_for_s(self, now_s: float) -> float:
        """How long what comes now has to wait; holds that follow one another without a break are one."""
        since_s = until_s = now_s - self.zero_s
        if since_s < 0:
            return 0.0
        for hold in sorted(self.holds, key=lambda hold: hold.at_s):
            if hold.at_s <= until_s:
                until_s = max(until_s, hold.at_s + hold.for_s)
        return until_s - since_s


@contextmanager
def stalling_proxy(target_url: str) -> Iterator[StallingProxy]:
    """Listen on a free loopback port, on a thread of its own, until the block is left."""
    target = urlsplit(target_url)
    proxy = StallingProxy("")
    loop = asyncio.new_event_loop()
    started, stopping = threading.Event(), asyncio.Event()

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(target.hostname, target.port)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(_pass_on(reader, far_writer, None))
                tasks.create_task(_pass_on(far_reader, writer, proxy))
        except* OSError:
            pass

    async def run() -> None:
        async with await asyncio.start_server(connect, "127.0.0.1", 0) as server:
            proxy.url = target._replace(netloc=f"127.0.0.1:{server.sockets[0].getsockname()[1]}").geturl()
            started.set()
            await stopping.wait()
            connections = asyncio.all_tasks() - {asyncio.current_task()}
            for connection in connections:
                connection.cancel()
            await asyncio.gather(*connections, return_exceptions=True)

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()), daemon=True)
    thread.start()
    assert started.wait(30)
    try:
        yield proxy
    finally:
        loop.call_soon_threadsafe(stopping.set)
        thread.join(10)
        loop.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, network: StallingProxy | None) -> None:
    """Until one side closes."""
    clock = asyncio.get_running_loop().time
    try:
        while data := await reader.read(CHUNK_BYTES):
            if network is not None:
                await asyncio.sleep(network.held_for_s(clock()))
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()
