"""The connection to a customer's model: kept while its call lasts, and made anew when it is lost."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from websockets.exceptions import ConnectionClosed

from callcore.errors import RemoteProtocolError, RequestFailed
from callcore.wire.custom_llm import CallBound, ModelBound, parse_model_message, to_wire

AGAIN_S = 0.25
"""Before it is made anew."""
HEALTHY_S = 10.0
"""One that lasted for so long, and is lost while nothing is asked, is made anew at once."""
SEND_S = 5.0
MAX_OUTGOING = 256
MAX_NONSENSE = 20
"""Frames that are no message of the protocol; then the server is none of the protocol."""
FRAMES_PER_S, BURST_S = 500.0, 4.0
"""How fast frames are read in the long run, and what may come at once: whoever sends more waits, and nobody else."""
FRAME_BYTES = 1000
"""A longer frame counts as several."""
log = logging.getLogger(__name__)


class Connection(Protocol):
    """A WebSocket."""

    async def send(self, frame: str) -> None:
        """Send a text frame. Raises ConnectionClosed."""
        ...

    def __aiter__(self) -> AsyncIterator[str | bytes]:
        """The frames that come, until it closes. Raises ConnectionClosed."""
        ...


Connect = Callable[[], AbstractAsyncContextManager[Connection]]
"""Makes one, or raises RequestFailed."""


class Line:
    """Run it in a task; cancelling that hangs up."""

    def __init__(
        self,
        connect: Connect,
        *,
        opening: Callable[[], Sequence[ModelBound]],
        heard: Callable[[CallBound], None],
        lost: Callable[[float], bool],
    ) -> None:
        """`opening` is what is said first on every connection, `heard` takes what comes.

        `lost` is told how many seconds a connection lasted (0: there was none) and says whether to make another at
        once; else `want` does.
        """
        self._connect = connect
        self._opening = opening
        self._heard = heard
        self._lost = lost
        self._outgoing: asyncio.Queue[ModelBound] | None = None
        """None: there is no connection."""
        self._wanted = asyncio.Event()

    def send(self, message: ModelBound) -> None:
        """Say this; without a connection, or when the server does not read, it is not said."""
        if self._outgoing is not None and not self._outgoing.full():
            self._outgoing.put_nowait(message)

    @property
    def is_up(self) -> bool:
        """There is a connection."""
        return self._outgoing is not None

    def want(self) -> None:
        """Make a connection if there is none."""
        self._wanted.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            lasted_s = await self._hold()
            if self._lost(lasted_s):
                await asyncio.sleep(AGAIN_S)
            else:
                self._wanted.clear()
                await self._wanted.wait()

    async def _hold(self) -> float:
        """One connection from its beginning to its end; how long it lasted."""
        up_at: float | None = None
        try:
            async with self._connect() as connection:
                up_at = _now()
                outgoing: asyncio.Queue[ModelBound] = asyncio.Queue(MAX_OUTGOING)
                self._outgoing = outgoing
                for message in self._opening():
                    outgoing.put_nowait(message)
                async with asyncio.TaskGroup() as tasks:
                    sending = tasks.create_task(self._send_all(connection, outgoing))
                    await self._receive_all(connection)
                    sending.cancel()
        except* (RequestFailed, ConnectionClosed, RemoteProtocolError, TimeoutError):
            log.warning("the connection to a custom language model was lost")
        finally:
            self._outgoing = None
        return 0.0 if up_at is None else _now() - up_at

    async def _send_all(self, connection: Connection, outgoing: "asyncio.Queue[ModelBound]") -> None:
        while True:
            message = await outgoing.get()
            async with asyncio.timeout(SEND_S):
                await connection.send(to_wire(message))

    async def _receive_all(self, connection: Connection) -> None:
        nonsense, due = 0, 0.0
        async for frame in connection:
            try:
                self._heard(_message(frame))
            except RemoteProtocolError:
                nonsense += 1
                if nonsense > MAX_NONSENSE:
                    raise
            now = _now()
            due = max(due, now - BURST_S) + (1 + len(frame) / FRAME_BYTES) / FRAMES_PER_S
            if due > now:
                await asyncio.sleep(due - now)


def _now() -> float:
    return asyncio.get_running_loop().time()


def _message(frame: str | bytes) -> CallBound:
    if isinstance(frame, bytes):
        raise RemoteProtocolError("a frame is not text")
    return parse_model_message(frame)
