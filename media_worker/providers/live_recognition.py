"""A vendor's recogniser over a WebSocket: the I/O of every one of them. What is said there is its Dialect's business.

Nothing waits in `send`: audio goes straight to the socket, and into a bounded outbox while the vendor does not read.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from callcore.errors import ProviderError, ProviderFailure
from media_worker.ports.stt import Final, Partial, SttCapabilities, SttRequest, Transcript
from media_worker.providers.dialect import Dialect, Frame, Said
from media_worker.providers.vendor_socket import unsent_bytes, write

OUTBOX_S = 2.0
"""Of audio; more is dropped, oldest first."""
SOCKET_BUFFER_BYTES = 32_768
"""What may wait inside the socket: about a second."""
RETRY_WRITE_S = 0.02
STALLED_S = 5.0
"""A vendor that reads nothing for so long is lost."""
MAX_WAITING = 100
"""Transcripts that nobody has fetched; more are dropped, oldest first."""


@dataclass(frozen=True)
class Line:
    """One connection that is ready to hear."""

    connection: ClientConnection
    dialect: Dialect


class LiveRecogniser:
    """A vendor's recogniser: makes streams of what `call` opens."""

    def __init__(
        self,
        vendor: str,
        capabilities: SttCapabilities,
        call: Callable[[SttRequest], AbstractAsyncContextManager[Line]],
    ) -> None:
        """`call` opens a connection; it raises ProviderError."""
        self._vendor = vendor
        self._capabilities = capabilities
        self._call = call

    @property
    def capabilities(self) -> SttCapabilities:
        """What it can do."""
        return self._capabilities

    @asynccontextmanager
    async def open(self, request: SttRequest) -> AsyncIterator["LiveStream"]:
        """A stream. Raises ProviderError, also while iterating."""
        async with self._call(request) as line:
            stream = LiveStream(self._vendor, line, request.sample_rate_hz * 2)
            try:
                yield stream
            finally:
                stream.close()


class LiveStream:
    """One open recognition."""

    def __init__(self, vendor: str, line: Line, bytes_per_s: int) -> None:
        self._vendor = vendor
        self._connection, self._dialect = line.connection, line.dialect
        self._max_outbox_bytes = round(OUTBOX_S * bytes_per_s)
        self._loop = asyncio.get_running_loop()
        self._outbox: deque[bytes | None] = deque()
        """Audio; None is a flush."""
        self._outbox_bytes = 0
        self._full_since: float | None = None
        self._retry: asyncio.TimerHandle | None = None
        self._told: deque[Transcript] = deque(maxlen=MAX_WAITING)
        self._receiving: asyncio.Timeout | None = None
        self._failure: ProviderError | None = None
        self._closed = False
        self._billed_s: float | None = None
        """Once it is closed."""

    @property
    def billed_s(self) -> float:
        """How many seconds the vendor bills for it so far."""
        return self._dialect.billed_s(self._loop.time()) if self._billed_s is None else self._billed_s

    def send(self, pcm: bytes) -> None:
        """Hand over audio; never waits."""
        if not pcm or self._closed:
            return
        self._outbox.append(pcm)
        self._outbox_bytes += len(pcm)
        self._write()
        while self._outbox_bytes > self._max_outbox_bytes:
            self._drop_oldest()

    def flush(self) -> None:
        """The utterance has ended: its Final comes, or the stream fails."""
        if not self._closed:
            self._outbox.append(None)
            self._write()

    def close(self) -> None:
        """Tell the vendor that nothing follows; closing twice is fine."""
        if self._closed:
            return
        self._billed_s = self._dialect.billed_s(self._loop.time())
        self._closed = True
        if self._retry is not None:
            self._retry.cancel()
        for frame in self._dialect.farewell():
            write(self._connection, frame)
        self._told.clear()
        self._wake()

    async def __aiter__(self) -> AsyncIterator[Transcript]:
        """Transcripts until the stream is left. Raises ProviderError when the vendor is lost."""
        while True:
            while self._told:
                yield self._told.popleft()
            if self._closed:
                return
            if self._failure is not None:
                raise self._failure
            message = await self._receive()
            if message is not None:
                # What was said in time counts, however late we come to read it.
                self._perform(self._understand(message))
            elif self._dialect.next_deadline() <= self._loop.time():
                self._perform(self._dialect.handle_deadline(self._loop.time()))

    async def _receive(self) -> Frame | None:
        """What the vendor says next; None when a deadline has passed or something else is to be told."""
        try:
            async with asyncio.timeout_at(self._dialect.next_deadline()) as self._receiving:
                return await self._connection.recv()
        except TimeoutError:
            return None
        except ConnectionClosed as closed:
            frame = closed.rcvd
            if not self._closed and self._failure is None:
                self._failure = self._dialect.closed(frame.code if frame else None, frame.reason if frame else "")
            return None
        finally:
            self._receiving = None

    def _understand(self, message: Frame) -> Said:
        try:
            said = self._dialect.receive(message, self._loop.time())
            for transcript in said.transcripts:
                if isinstance(transcript, Partial | Final):
                    transcript.text.encode()  # half of a surrogate pair can be told to nobody
            return said
        except (ValueError, LookupError, TypeError, AttributeError):
            detail = "a message that makes no sense"
            raise ProviderError(self._vendor, ProviderFailure.UNAVAILABLE, detail) from None

    def _perform(self, said: Said) -> None:
        for frame in said.frames:
            write(self._connection, frame)
        self._told.extend(said.transcripts)

    def _wake(self) -> None:
        if self._receiving is not None and not self._receiving.expired():
            self._receiving.reschedule(self._loop.time())

    def _write(self) -> None:
        """Everything that the socket takes, and the rest a little later."""
        now = self._loop.time()
        while self._outbox and unsent_bytes(self._connection) < SOCKET_BUFFER_BYTES:
            self._full_since = None
            pcm = self._outbox.popleft()
            self._outbox_bytes -= len(pcm or b"")
            said = self._dialect.flush(now) if pcm is None else self._dialect.hear(pcm, now)
            self._perform(said)
            if pcm is None or said.transcripts:
                self._wake()
        if self._outbox and self._retry is None:
            self._full_since = self._full_since or now
            self._retry = self._loop.call_later(RETRY_WRITE_S, self._write_again)

    def _write_again(self) -> None:
        self._retry = None
        if self._full_since is not None and self._loop.time() - self._full_since > STALLED_S:
            self._failure = ProviderError(self._vendor, ProviderFailure.TIMEOUT, "it takes no audio")
            return self._wake()
        self._write()

    def _drop_oldest(self) -> None:
        """The oldest audio; flushes stay."""
        flushes = 0
        while self._outbox and (pcm := self._outbox.popleft()) is None:
            flushes += 1
        self._outbox_bytes -= len(pcm or b"")
        self._outbox.extendleft([None] * flushes)
