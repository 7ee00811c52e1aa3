"""Text to speech."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from callcore.agents.agent import VoiceConfig
from callcore.calls.transcript import TextTime
from callcore.calls.usage import Service


@dataclass(frozen=True)
class SpeakRequest:
    """One segment to say."""

    text: str
    voice: VoiceConfig
    language: str = "en"


@dataclass(frozen=True)
class CharactersBilled:
    """What the vendor counts for this text, which may be more than was heard; what we charge is counted elsewhere."""

    count: int
    service: Service | None = None
    """Whose; None = that of the voice that was asked."""


@dataclass(frozen=True)
class SoundWithdrawn:
    """The sound of this text from here on is not to be heard after all, as far as that is still possible."""

    from_ms: float


SpeechEvent = bytes | TextTime | CharactersBilled | SoundWithdrawn
"""Sound is PCM, signed 16 bit little-endian, mono, in pieces of an even length. A vendor that tells when words are said
does so by TextTime, ahead of the sound or behind it, in ascending order of both position and time."""


class Speaker(Protocol):
    """A voice as one session uses it; it may hold connections."""

    def speak(self, request: SpeakRequest) -> AbstractAsyncContextManager[AsyncIterator[SpeechEvent]]:
        """Start to speak, also while another text is being spoken.

        Leaving the context cancels: nothing of the text follows. Raises ProviderError, also while iterating.
        """
        ...

    def close(self) -> None:
        """Speak no more: its tasks end."""
        ...


class TextToSpeech(Protocol):
    """A voice."""

    def sample_rate_hz(self, voice: VoiceConfig) -> int:
        """Rate of the sound that `speak` yields for this voice."""
        ...

    def open(self, request: SpeakRequest, tasks: asyncio.TaskGroup) -> Speaker:
        """Prepare to speak in one session, like `request` says, whose text is ignored. Never fails, never waits.

        What is needed runs in tasks of the group until `close`; what cannot be had is told by `speak`.
        """
        ...
