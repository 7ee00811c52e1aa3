"""The embedded recogniser and voice without their processes: the same decoder and the same flite, in virtual time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache

from callcore.agents.agent import VoiceConfig
from media_worker.ports.stt import Final, Partial, SttCapabilities, SttRequest, Transcript
from media_worker.ports.tts import SpeakRequest
from media_worker.providers.local.flite_library import Flite
from media_worker.providers.local.pocketsphinx_stt import phrase_book
from media_worker.providers.local.pronunciation import Pronunciations
from media_worker.providers.local.recogniser import DICTIONARY, OPEN_ENGLISH, DecoderShelf, Heard, Listener
from tests.peers.speaker import VOICE, utter

CHUNK_BYTES = 3_200


@cache
def shelf() -> DecoderShelf:
    """The decoders of this process."""
    return DecoderShelf(Pronunciations(DICTIONARY, Flite().pronunciation))


class InlineRecogniser:
    """Decodes while it is fed: its results take no virtual time."""

    capabilities = SttCapabilities(gated=True, whole_turns=True)

    @asynccontextmanager
    async def open(self, request: SttRequest) -> AsyncIterator["InlineStream"]:
        """A stream."""
        book = OPEN_ENGLISH if request.script is None else str(phrase_book(request.script))
        stream = InlineStream(Listener(shelf(), request.sample_rate_hz, book))
        try:
            yield stream
        finally:
            stream.listener.close()


class InlineStream:
    """One recognition."""

    billed_s = None

    def __init__(self, listener: Listener) -> None:
        self.listener = listener
        self._heard: asyncio.Queue[Heard] = asyncio.Queue()

    def send(self, pcm: bytes) -> None:
        """Audio of the running utterance."""
        for heard in self.listener.hear(pcm):
            self._heard.put_nowait(heard)

    def flush(self) -> None:
        """The utterance has ended."""
        self._heard.put_nowait(self.listener.finish())

    async def __aiter__(self) -> AsyncIterator[Transcript]:
        """Transcripts for ever."""
        while True:
            heard = await self._heard.get()
            yield Final(heard.text, heard.rejected) if heard.is_final else Partial(heard.text)


class InlineVoice:
    """Speaks at once, and the same text always in the same way."""

    def sample_rate_hz(self, voice: VoiceConfig) -> int:
        """Of flite's statistical voices."""
        return 16_000

    def open(self, request: SpeakRequest, tasks: asyncio.TaskGroup) -> "InlineVoice":
        return self

    def close(self) -> None:
        """Nothing is held."""

    @asynccontextmanager
    async def speak(self, request: SpeakRequest) -> AsyncIterator[AsyncIterator[bytes]]:
        """The text."""
        yield _chunks(utter(request.text, request.voice.voice_id or VOICE))


async def _chunks(pcm: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(pcm), CHUNK_BYTES):
        yield pcm[start : start + CHUNK_BYTES]
