"""What becomes of one text that a vendor speaks, between its connection and whoever listens."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator

from callcore.errors import ProviderError, ProviderFailure
from media_worker.ports.tts import SpeakRequest, SpeechEvent
from media_worker.providers.voice_dialect import Over
from media_worker.providers.whole_samples import WholeSamples

MAX_WAITING_BYTES = 16 * 2**20
"""Eight minutes at 16 kHz; a vendor that says more to one segment of a reply does not stop by itself."""


class SpokenText:
    """One text."""

    def __init__(self, vendor: str, context_id: str, request: SpeakRequest) -> None:
        self.context_id = context_id
        self.request = request
        self._vendor = vendor
        self._samples = WholeSamples()
        self._waiting: deque[SpeechEvent] = deque()
        self._waiting_bytes = 0
        self._sounded = False
        self._end: Over | ProviderError | None = None
        self._news = asyncio.Event()

    @property
    def is_over(self) -> bool:
        """Nothing more is taken."""
        return self._end is not None

    def hear(self, what: SpeechEvent | Over | ProviderError) -> None:
        """The vendor has told this of it; ignored once it is over."""
        if self._end is not None:
            return
        if isinstance(what, ProviderError):
            self._end = what
        elif isinstance(what, Over):
            silent = ProviderError(self._vendor, ProviderFailure.UNAVAILABLE, "it made no sound")
            self._end = what if self._sounded else silent
        else:
            self._take(what)
        self._news.set()

    def _take(self, event: SpeechEvent) -> None:
        if isinstance(event, bytes):
            event = self._samples.push(event)
            if not event:
                return
            self._sounded = True
            self._waiting_bytes += len(event)
            if self._waiting_bytes > MAX_WAITING_BYTES:
                self._end = ProviderError(self._vendor, ProviderFailure.UNAVAILABLE, "it does not stop speaking")
        self._waiting.append(event)

    async def events(self) -> AsyncGenerator[SpeechEvent]:
        """Everything that is heard, until it is over. Raises ProviderError."""
        while True:
            while self._waiting:
                event = self._waiting.popleft()
                self._waiting_bytes -= len(event) if isinstance(event, bytes) else 0
                yield event
            if isinstance(self._end, ProviderError):
                raise self._end
            if self._end is not None:
                return
            self._news.clear()
            await self._news.wait()
