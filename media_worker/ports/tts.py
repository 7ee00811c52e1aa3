"""Text to speech."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from callcore.agents import VoiceConfig


@dataclass(frozen=True)
class SpeakRequest:
    """One segment to say."""

    text: str
    voice: VoiceConfig
    language: str = "en"


class TextToSpeech(Protocol):
    """A voice."""

    def sample_rate_hz(self, voice: VoiceConfig) -> int:
        """Rate of the audio that `speak` yields for this voice."""
        ...

    def speak(self, request: SpeakRequest) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Start to speak: PCM, signed 16 bit little-endian, mono, in pieces of an even length.

        Leaving the context cancels. Raises ProviderError, also while iterating.
        """
        ...
