"""Speech to text with pocketsphinx in the speech processes (architecture.md 6): English, offline.

With a script only its phrases are recognised, and anything else is rejected; without one it is open English.
"""

import asyncio
import json
import logging
from collections import deque
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from callcore.agents.script import Script
from callcore.errors import ProviderError, ProviderFailure
from media_worker.ports.stt import Final, Partial, SttCapabilities, SttRequest, Transcript
from media_worker.providers.local.english import refuse_other_languages
from media_worker.providers.local.grammar import PhraseBook
from media_worker.providers.local.speech_frames import MAX_PAYLOAD_BYTES, FrameKind
from media_worker.providers.local.speech_link import Channel
from media_worker.providers.local.speech_pool import SpeechPool
from media_worker.providers.registry import Resources

PROVIDER = "pocketsphinx"
WITH_SCRIPT, WITHOUT_SCRIPT = 1, 16
"""What an open stream weighs in its process. Open English takes 90 MB and four times the computing."""
_OPEN_S = 10.0
_FINAL_S = 5.0
"""How long after `flush` the Final may take."""
log = logging.getLogger(__name__)


class PocketsphinxRecogniser:
    """Opens streams in the pool's processes."""

    def __init__(self, pool: SpeechPool) -> None:
        self._pool = pool

    @property
    def capabilities(self) -> SttCapabilities:
        """It wants speech only: a silent stream then costs nothing."""
        return SttCapabilities(gated=True, whole_turns=True)

    @asynccontextmanager
    async def open(self, request: SttRequest) -> AsyncIterator["PocketsphinxStream"]:
        """A stream. Raises ProviderError: another language than English, no process, all processes full."""
        refuse_other_languages(PROVIDER, request.language)
        book = None if request.script is None else str(phrase_book(request.script, request.keywords))
        message = json.dumps({"rate_hz": request.sample_rate_hz, "book": book}).encode()
        if len(message) > MAX_PAYLOAD_BYTES:
            raise ProviderError(PROVIDER, ProviderFailure.REJECTED, "the script is too large for a grammar")
        channel = await self._pool.open(WITHOUT_SCRIPT if book is None else WITH_SCRIPT)
        stream = PocketsphinxStream(channel)
        try:
            channel.send(FrameKind.LISTEN, message)
            await _opened(channel)
            yield stream
        finally:
            stream.close()


class PocketsphinxStream:
    """One open recognition."""

    billed_s = None

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._closed = False
        self._final_due: deque[float] = deque()
        self._waiting: asyncio.Timeout | None = None

    def send(self, pcm: bytes) -> None:
        """Hand over audio; never waits."""
        self._channel.send(FrameKind.HEAR, pcm)

    def flush(self) -> None:
        """The utterance has ended: its Final comes within five seconds, or the stream fails."""
        self._final_due.append(asyncio.get_running_loop().time() + _FINAL_S)
        self._channel.send(FrameKind.FLUSH)
        if self._waiting is not None and self._waiting.when() is None:
            self._waiting.reschedule(self._final_due[0])

    def close(self) -> None:
        """Free the stream; closing twice is fine."""
        self._closed = True
        self._channel.close()

    async def __aiter__(self) -> AsyncIterator[Transcript]:
        """Transcripts until the stream is left. Raises ProviderError."""
        while not self._closed:
            try:
                transcript = await self._next()
            except ProviderError:
                if self._closed:
                    return
                raise
            if transcript is not None:
                yield transcript

    async def _next(self) -> Transcript | None:
        try:
            async with asyncio.timeout_at(self._final_due[0] if self._final_due else None) as self._waiting:
                frame = await self._channel.receive()
        except TimeoutError:
            raise ProviderError(PROVIDER, ProviderFailure.TIMEOUT, "no final text") from None
        finally:
            self._waiting = None
        if frame.kind is FrameKind.PARTIAL:
            return Partial(frame.payload.decode())
        if frame.kind is FrameKind.FINAL:
            if self._final_due:
                self._final_due.popleft()
            return Final(frame.payload[1:].decode(), rejected=bool(frame.payload[0]))
        return None


def phrase_book(script: Script, keywords: Iterable[str] = ()) -> PhraseBook:
    """Everything that the script expects to hear, and the agent's own vocabulary; braces in that are no slots."""
    phrases = [phrase for intent in script.intents for phrase in intent.phrases]
    words = [word for word in keywords if "{" not in word]
    return PhraseBook(tuple(dict.fromkeys((*phrases, *script.end, *script.handoff, *words))), script.slots)


async def _opened(channel: Channel) -> None:
    try:
        async with asyncio.timeout(_OPEN_S):
            frame = await channel.receive()
    except TimeoutError:
        raise ProviderError(PROVIDER, ProviderFailure.TIMEOUT, "the recogniser did not open") from None
    skipped = json.loads(frame.payload)["skipped"]
    if skipped:
        log.warning("phrases of a script cannot be recognised: nobody knows how they sound", extra={"count": skipped})


def create(resources: Resources) -> PocketsphinxRecogniser:
    """A recogniser over the process's speech pool."""
    return PocketsphinxRecogniser(resources.recognisers)
