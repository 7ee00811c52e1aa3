"""Text to speech with flite in the speech processes (architecture.md 6): English, offline."""

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager

from callcore.agents.agent import VoiceConfig
from callcore.errors import ProviderError, ProviderFailure
from media_worker.ports.tts import SpeakRequest
from media_worker.providers.local.ascii_speech import ascii_speech, pieces
from media_worker.providers.local.english import refuse_other_languages
from media_worker.providers.local.speech_frames import FrameKind
from media_worker.providers.local.speech_link import Channel
from media_worker.providers.local.speech_pool import SpeechPool
from media_worker.providers.registry import Resources

PROVIDER = "flite"
DEFAULT_VOICE = "rms"
SAMPLE_RATES_HZ = {"rms": 16_000, "slt": 16_000, "awb": 16_000, "kal16": 16_000, "kal": 8_000}
"""Of every voice there is."""
_WEIGHT = 1
_SOUND_S = 5.0
"""How long the next sound may take; a whole piece takes a tenth of a second."""
log = logging.getLogger(__name__)


class FliteVoice:
    """Speaks in the pool's processes."""

    def __init__(self, pool: SpeechPool) -> None:
        self._pool = pool
        self._warned = False

    def sample_rate_hz(self, voice: VoiceConfig) -> int:
        """16 kHz, except for `kal`."""
        return SAMPLE_RATES_HZ[self._name(voice)]

    def open(self, request: SpeakRequest, tasks: asyncio.TaskGroup) -> "FliteVoice":
        """Itself: the pool is open all the time."""
        return self

    def close(self) -> None:
        """Nothing is held."""

    @asynccontextmanager
    async def speak(self, request: SpeakRequest) -> AsyncIterator[AsyncIterator[bytes]]:
        """Say a text; nothing comes when it has nothing that can be said.

        Raises ProviderError: another language than English, libflite is missing, the process is lost.
        """
        refuse_other_languages(PROVIDER, request.language)
        channel = await self._pool.open(_WEIGHT)
        try:
            async with aclosing(_say(channel, self._name(request.voice), ascii_speech(request.text))) as sound:
                yield sound
        finally:
            channel.close()

    def _name(self, voice: VoiceConfig) -> str:
        if voice.voice_id in SAMPLE_RATES_HZ:
            return voice.voice_id
        if voice.voice_id and not self._warned:
            self._warned = True
            log.warning("a voice that flite does not have was asked for; the default speaks instead")
        return DEFAULT_VOICE


async def _say(channel: Channel, voice: str, text: str) -> AsyncGenerator[bytes]:
    """One piece after another, so that the process never makes much more than is being listened to."""
    for piece in pieces(text):
        channel.send(FrameKind.SPEAK, json.dumps({"voice": voice, "text": piece}).encode())
        while True:
            try:
                async with asyncio.timeout(_SOUND_S):
                    frame = await channel.receive()
            except TimeoutError:
                raise ProviderError(PROVIDER, ProviderFailure.TIMEOUT, "no sound") from None
            if frame.kind is FrameKind.SPOKEN:
                break
            yield frame.payload


def create(resources: Resources) -> FliteVoice:
    """A voice over the process's speech pool."""
    return FliteVoice(resources.voices)
