"""A vendor's voice over WebSockets: the I/O of every one of them. What is said there is its dialect's business.

A session's connections stay open between its texts, the first one from the moment the session begins. What was closed
while nobody spoke is opened again, unless the vendor closes what it has just opened, time and again.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from functools import partial
from itertools import count

from callcore.agents.agent import VoiceConfig
from callcore.errors import ProviderError, ProviderFailure
from media_worker.ports.tts import SpeakRequest, SpeechEvent
from media_worker.providers.retries import with_retries
from media_worker.providers.voice_dialect import Address, SocketVendor
from media_worker.providers.voice_line import VoiceLine

MAX_LINES = 4
"""Connections of one session at once."""
ROOM_S = 0.5
"""How long a text waits for one that was left to be over before another connection is opened for it."""
SHORT_LIFE_S = 5.0
MAX_SHORT_LIVES = 3
"""In a row; then no connection is opened for a while."""
REST_S = 20.0


class LiveVoice:
    """The voices of one vendor."""

    def __init__(self, vendor: SocketVendor) -> None:
        self._vendor = vendor

    def sample_rate_hz(self, voice: VoiceConfig) -> int:
        """The vendor's."""
        return self._vendor.sample_rate_hz(voice)

    def open(self, request: SpeakRequest, tasks: asyncio.TaskGroup) -> "LiveSpeaker":
        """The connection that this request needs is being opened."""
        return LiveSpeaker(self._vendor, request, tasks)


class LiveSpeaker:
    """One session's connections to a vendor."""

    def __init__(self, vendor: SocketVendor, request: SpeakRequest, tasks: asyncio.TaskGroup) -> None:
        self._vendor = vendor
        self._tasks = tasks
        self._lines: dict[VoiceLine, asyncio.Task[None]] = {}
        self._moved = asyncio.Event()
        self._ids = count(1)
        self._short_lives = 0
        self._rests_until = 0.0
        self._closed = False
        with suppress(ProviderError):  # whoever speaks is told why
            self._dial(vendor.address(request))

    def close(self) -> None:
        """Every connection is left."""
        self._closed = True
        for running in tuple(self._lines.values()):
            running.cancel()

    @asynccontextmanager
    async def speak(self, request: SpeakRequest) -> AsyncIterator[AsyncIterator[SpeechEvent]]:
        """Say a text; nothing comes when it is empty. Raises ProviderError, while iterating."""
        async with aclosing(with_retries(partial(self._attempt, request))) as events:
            yield events

    async def _attempt(self, request: SpeakRequest) -> AsyncGenerator[SpeechEvent]:
        if not request.text.strip():
            return
        line = await self._line_for(self._vendor.address(request))
        text = line.say(f"text-{next(self._ids)}", request)
        try:
            async with aclosing(text.events()) as events:
                async for event in events:
                    yield event
        finally:
            line.leave(text)

    async def _line_for(self, address: Address) -> VoiceLine:
        """A connection that has room, or will have it in a moment; else another one. Raises ProviderError."""
        with suppress(TimeoutError):
            async with asyncio.timeout(ROOM_S):
                while self._roomy(address) is None and self._makes_room(address):
                    self._moved.clear()
                    await self._moved.wait()
        return self._roomy(address) or self._dial(address)

    def _roomy(self, address: Address) -> VoiceLine | None:
        return next((line for line in self._lines if line.address == address and line.has_room), None)

    def _makes_room(self, address: Address) -> bool:
        return any(line.address == address and line.makes_room for line in self._lines)

    def _dial(self, address: Address) -> VoiceLine:
        if asyncio.get_running_loop().time() < self._rests_until:
            raise ProviderError(self._vendor.name, ProviderFailure.UNAVAILABLE, "its connections do not last")
        for line in [line for line in self._lines if line.is_idle and line.address != address]:
            self._hang_up(line)
        if len(self._lines) >= MAX_LINES:
            idle = next((line for line in self._lines if line.is_idle), None)
            if idle is None:
                raise ProviderError(self._vendor.name, ProviderFailure.RATE_LIMIT, "too many texts at once")
            self._hang_up(idle)
        line = VoiceLine(self._vendor, address, moved=self._moved.set)
        self._lines[line] = self._tasks.create_task(self._keep(line))
        return line

    def _hang_up(self, line: VoiceLine) -> None:
        self._lines.pop(line).cancel()

    async def _keep(self, line: VoiceLine) -> None:
        try:
            await line.run()
        finally:
            self._lines.pop(line, None)
        self._short_lives = 0 if line.lived_s > SHORT_LIFE_S else self._short_lives + 1
        if self._short_lives >= MAX_SHORT_LIVES:
            self._short_lives, self._rests_until = 0, asyncio.get_running_loop().time() + REST_S
        if line.lived_s > SHORT_LIFE_S and not self._lines and not self._closed:
            with suppress(ProviderError):  # while it rests, too: whoever speaks is told why
                self._dial(line.address)
