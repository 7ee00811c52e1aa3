"""The voices of one agent as one: when a voice fails or falls silent the next one says the rest."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace

from callcore.agents import VoiceConfig
from callcore.errors import ProviderError, ProviderFailure
from callcore.transcript import heard_text
from callcore.usage import UNNAMED, Service
from media_worker.media.playout import BYTES_PER_SAMPLE, MS_PER_CHARACTER
from media_worker.media.resample import Resampler
from media_worker.ports.tts import SpeakRequest, TextToSpeech

SILENCE_S = 2.5
"""A voice that makes no sound for so long has failed."""
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ChosenVoice:
    """A voice and the settings it speaks with."""

    tts: TextToSpeech
    config: VoiceConfig
    service: Service = UNNAMED


class FallbackVoice:
    """The voices of one session in the order in which they are wanted; at least one.

    A voice that failed does not speak again in this session; the last one is tried once more each time.
    """

    def __init__(self, voices: Sequence[ChosenVoice]) -> None:
        self._voices = voices
        self._at = 0
        self._rate_hz = voices[0].tts.sample_rate_hz(voices[0].config)

    @property
    def service(self) -> Service:
        """Who speaks now."""
        return self._voices[self._at].service

    def sample_rate_hz(self, voice: VoiceConfig) -> int:
        """That of the first voice, whoever speaks."""
        return self._rate_hz

    @asynccontextmanager
    async def speak(self, request: SpeakRequest) -> AsyncIterator[AsyncIterator[bytes]]:
        """Speak with whichever voice works. Raises ProviderError, while iterating, when none does."""
        async with aclosing(self._audio(request)) as audio:
            yield audio

    async def _audio(self, request: SpeakRequest) -> AsyncGenerator[bytes]:
        rest, failures = request.text, 0
        while rest:
            chosen, said = self._voices[self._at], 0
            try:
                async with aclosing(self._audio_of(chosen, replace(request, text=rest, voice=chosen.config))) as audio:
                    async for pcm in audio:
                        said += len(pcm)
                        yield pcm
                return
            except (ProviderError, TimeoutError) as error:
                failures += 1
                if failures > len(self._voices):
                    raise ProviderError("tts", ProviderFailure.UNAVAILABLE, "every voice failed") from error
                log.warning("a voice failed")
                self._at = min(self._at + 1, len(self._voices) - 1)
                rest = self._unsaid(rest, said)

    def _unsaid(self, text: str, said_bytes: int) -> str:
        """What is left of a text of which so much audio came; it begins with a whole word."""
        said_ms = said_bytes * 1000 / (self._rate_hz * BYTES_PER_SAMPLE)
        return text[len(heard_text(text, said_ms, max(said_ms + 1, len(text) * MS_PER_CHARACTER))) :].strip()

    async def _audio_of(self, chosen: ChosenVoice, request: SpeakRequest) -> AsyncGenerator[bytes]:
        source_hz = chosen.tts.sample_rate_hz(chosen.config)
        resampler = None if source_hz == self._rate_hz else Resampler(source_hz, self._rate_hz)
        async with chosen.tts.speak(request) as chunks:
            while True:
                try:
                    async with asyncio.timeout(SILENCE_S):
                        pcm = await anext(chunks)
                except StopAsyncIteration:
                    break
                yield pcm if resampler is None else resampler.push(pcm)
        if resampler is not None:
            yield resampler.flush()
