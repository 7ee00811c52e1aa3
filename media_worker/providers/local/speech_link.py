"""The worker's end of one speech process: many channels over one pair of pipes."""

import asyncio
import json
import logging
from asyncio.subprocess import Process
from collections import deque

from callcore.errors import ProviderError, ProviderFailure
from media_worker.providers.local.speech_frames import Frame, FrameKind, FrameReader

PROVIDER = "local speech"
_READ_BYTES = 256 * 1024
_WRITE_S = 5.0
"""A process that takes nothing for this long is stuck."""
_MAX_UNSENT_BYTES = 5 * 16_000 * 2
"""Audio of one channel that waits for the process: about five seconds."""
_MAX_UNREAD_BYTES = 4 * 1024 * 1024
_FRAME_BYTES = 64
"""What an empty frame counts for."""
log = logging.getLogger(__name__)


class Channel:
    """One request's own way to and from a process. Close it when you are done with it."""

    def __init__(self, link: "SpeechLink", number: int, weight: int) -> None:
        self.number = number
        self.weight = weight
        """Its share of the process's capacity."""
        self._link = link
        self._unread: deque[Frame] = deque()
        self._unread_bytes = 0
        self._failure: ProviderError | None = None
        self._arrived = asyncio.Event()

    def send(self, kind: FrameKind, payload: bytes = b"") -> None:
        """Queue a frame; after the end it does nothing. Of audio that the process cannot take, the oldest is lost."""
        if self._failure is None:
            self._link.post(Frame(kind, self.number, payload))

    async def receive(self) -> Frame:
        """The next frame of the process. Raises ProviderError once the process is lost or the request has failed."""
        while not self._unread:
            if self._failure is not None:
                raise self._failure
            self._arrived.clear()
            await self._arrived.wait()
        frame = self._unread.popleft()
        self._unread_bytes -= len(frame.payload) + _FRAME_BYTES
        return frame

    def close(self) -> None:
        """Make the process forget the request; whoever waits in `receive` gets an error. Closing twice is fine."""
        if self._failure is None:
            self.send(FrameKind.CLOSE)
            self.fail(ProviderFailure.UNAVAILABLE, "the channel was closed")

    def deliver(self, frame: Frame) -> None:
        """Take a frame from the process."""
        if frame.kind is FrameKind.FAILED:
            raw = json.loads(frame.payload)
            self.fail(ProviderFailure(raw["failure"]), raw["detail"])
            return
        self._unread.append(frame)
        self._unread_bytes += len(frame.payload) + _FRAME_BYTES
        self._arrived.set()
        if self._unread_bytes > _MAX_UNREAD_BYTES:
            self.send(FrameKind.CLOSE)
            self.fail(ProviderFailure.UNAVAILABLE, "nobody reads the channel")

    def fail(self, failure: ProviderFailure, detail: str) -> None:
        """End the channel; what has arrived can still be read. The first failure stays."""
        if self._failure is None:
            self._failure = ProviderError(PROVIDER, failure, detail)
            self._link.forget(self)
            self._arrived.set()


class SpeechLink:
    """A running process and its channels. `run` once; `open` as soon as `ready` is set."""

    def __init__(self, process: Process) -> None:
        assert process.stdin is not None, "started with pipes"
        assert process.stdout is not None, "started with pipes"
        self.ready = asyncio.Event()
        """The process has said that it can work."""
        self._stdin, self._stdout = process.stdin, process.stdout
        self._channels: dict[int, Channel] = {}
        self._last_number = 0
        self._unsent: deque[Frame] = deque()
        self._unsent_audio: dict[int, int] = {}
        self._posted = asyncio.Event()
        self.lost = False
        """The process is gone, or as good as gone."""

    @property
    def load(self) -> int:
        """The weights of all open channels."""
        return sum(channel.weight for channel in self._channels.values())

    def open(self, weight: int) -> Channel:
        """A new channel. Raises ProviderError when the process has been lost."""
        if self.lost:
            raise ProviderError(PROVIDER, ProviderFailure.UNAVAILABLE, "the speech process was lost")
        self._last_number = self._last_number % 0xFFFFFFFF + 1
        channel = self._channels[self._last_number] = Channel(self, self._last_number, weight)
        return channel

    def post(self, frame: Frame) -> None:
        """Queue a frame for the process."""
        self._unsent.append(frame)
        self._posted.set()
        if frame.kind is FrameKind.HEAR:
            waiting = self._unsent_audio.get(frame.channel, 0) + len(frame.payload)
            self._unsent_audio[frame.channel] = waiting
            if waiting > _MAX_UNSENT_BYTES:
                self._drop_oldest_audio(frame.channel)

    def forget(self, channel: Channel) -> None:
        """The channel has ended."""
        self._channels.pop(channel.number, None)

    async def run(self) -> None:
        """Move frames until the process closes its end or stops taking any; then every open channel fails."""
        try:
            async with asyncio.TaskGroup() as tasks:
                writing = tasks.create_task(self._write())
                reading = tasks.create_task(self._read())
                await asyncio.wait((writing, reading), return_when=asyncio.FIRST_COMPLETED)
                writing.cancel()
                reading.cancel()
        finally:
            self.lost = True
            for channel in tuple(self._channels.values()):
                channel.fail(ProviderFailure.UNAVAILABLE, "the speech process was lost")

    async def _read(self) -> None:
        """Returns when the process is gone or talks nonsense."""
        reader = FrameReader()
        while data := await self._stdout.read(_READ_BYTES):
            try:
                frames = list(reader.feed(data))
            except ValueError:
                log.error("a speech process broke the framing")
                return
            for frame in frames:
                if frame.kind is FrameKind.READY:
                    self.ready.set()
                elif frame.channel in self._channels:  # else it is late
                    self._channels[frame.channel].deliver(frame)

    async def _write(self) -> None:
        """Returns when the process is gone or stuck."""
        while True:
            await self._posted.wait()
            self._posted.clear()
            self._stdin.write(b"".join(frame.to_wire() for frame in self._unsent))
            self._unsent.clear()
            self._unsent_audio.clear()
            try:
                async with asyncio.timeout(_WRITE_S):
                    await self._stdin.drain()
            except (TimeoutError, OSError):
                return

    def _drop_oldest_audio(self, channel: int) -> None:
        for index, frame in enumerate(self._unsent):
            if frame.kind is FrameKind.HEAR and frame.channel == channel:
                del self._unsent[index]
                self._unsent_audio[channel] -= len(frame.payload)
                return
