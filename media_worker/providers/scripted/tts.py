"""A voice that hums: a tone whose length tells how much text there was.

`voice.settings` of the agent's configuration: `ms_per_character` (60), `first_audio_ms` (0) and `pace`, how much faster
than real time the audio comes (0 = at once).
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Self

import numpy as np

from callcore.agents.agent import VoiceConfig
from media_worker.ports.tts import SpeakRequest

RATE_HZ = 16_000
TONE_HZ = 440
AMPLITUDE = 8000
CHUNK_MS = 100
MS_PER_CHARACTER = 60.0


class HummingVoice:
    """The voice."""

    def sample_rate_hz(self, voice: VoiceConfig) -> int:
        """Always the same."""
        return RATE_HZ

    def open(self, request: SpeakRequest, tasks: asyncio.TaskGroup) -> Self:
        """Itself: nothing is to be prepared."""
        return self

    def close(self) -> None:
        """Nothing is held."""

    @asynccontextmanager
    async def speak(self, request: SpeakRequest) -> AsyncIterator[AsyncIterator[bytes]]:
        """Hum for as long as the text is."""
        settings = request.voice.settings
        length_ms = len(request.text) * float(settings.get("ms_per_character", MS_PER_CHARACTER))
        pace = float(settings.get("pace", 0))
        first_s = float(settings.get("first_audio_ms", 0)) / 1000
        async with aclosing(_hum(round(length_ms), first_s, pace)) as sound:
            yield sound


async def _hum(length_ms: int, first_s: float, pace: float) -> AsyncGenerator[bytes]:
    await asyncio.sleep(first_s)
    for start_ms in range(0, length_ms, CHUNK_MS):
        yield tone(start_ms, min(CHUNK_MS, length_ms - start_ms))
        await asyncio.sleep(CHUNK_MS / 1000 / pace if pace else 0)


def tone(start_ms: int, length_ms: int) -> bytes:
    """A piece of the tone, in phase with the pieces around it."""
    samples = np.arange(start_ms * RATE_HZ // 1000, (start_ms + length_ms) * RATE_HZ // 1000)
    wave = AMPLITUDE * np.sin(2 * np.pi * TONE_HZ / RATE_HZ * samples)
    return bytes(wave.astype(np.int16).tobytes())


def create(resources: object = None) -> HummingVoice:
    """A voice."""
    return HummingVoice()
