"""The voices of one agent as one: when a voice fails or falls silent the next one says the rest."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace

from callcore.agents.agent import VoiceConfig
from callcore.calls.usage import UNNAMED, Service
from callcore.errors import ProviderError, ProviderFailure
from media_worker.media.resample import Resampler
from media_worker.ports.tts import CharactersBilled, Speaker, SpeakRequest, SpeechEvent, TextToSpeech
from media_worker.session.casting.in_time import in_time
from media_worker.session.casting.speech_progress import Pace, SpeechProgress

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
        self._rate_hz = voices[0].tts.sample_rate_hz(voices[0].config)
        self._at = 0
        self._tasks: asyncio.TaskGroup | None = None
        self._paces = [Pace() for _ in voices]
        self._speakers: list[Speaker] = []
        """Of the voices whose turn has come. One that failed may still say another text until all are closed."""

    @property
    def service(self) -> Service:
        """Who speaks now."""
        return self._voices[self._at].service

    def sample_rate_hz(self, voice: VoiceConfig) -> int:
        """That of the first voice, whoever speaks."""
        return self._rate_hz

    def open(self, request: SpeakRequest, tasks: asyncio.TaskGroup) -> "FallbackVoice":
        """Itself: the first voice prepares to speak, the others when it is their turn."""
        self._tasks = tasks
        self._open_next(request)
        return self

    def close(self) -> None:
        """Every voice is closed."""
        for speaker in self._speakers:
            speaker.close()

    def _open_next(self, request: SpeakRequest) -> None:
        assert self._tasks is not None, "voices speak only while the session runs"
        chosen = self._voices[self._at]
        self._speakers.append(chosen.tts.open(replace(request, voice=chosen.config), self._tasks))

    @asynccontextmanager
    async def speak(self, request: SpeakRequest) -> AsyncIterator[AsyncIterator[SpeechEvent]]:
        """Speak with whichever voice works. Raises ProviderError, while iterating, when none does."""
        async with aclosing(self._said(request)) as events:
            yield events

    async def _said(self, request: SpeakRequest) -> AsyncGenerator[SpeechEvent]:
        progress, failures = SpeechProgress(request.text, self._rate_hz), 0
        while rest := progress.rest:
            at = self._at
            try:
                async with aclosing(self._said_by(at, replace(request, text=rest))) as events:
                    async for event in events:
                        yield progress.noted(event)
                self._paces[at].learn(len(rest), progress.run_ms)
                return
            except (ProviderError, TimeoutError) as error:
                failures += 1
                if failures > len(self._voices):
                    raise ProviderError("tts", ProviderFailure.UNAVAILABLE, "every voice failed") from error
                log.warning("a voice failed")
                self._replace(at, request)
                for event in progress.start_again(self._paces[at].ms_per_character):
                    yield event

    def _replace(self, failed: int, request: SpeakRequest) -> None:
        """It is the next one's turn, unless that was found out before or there is none."""
        if failed == self._at and failed + 1 < len(self._voices):
            self._at += 1
            self._open_next(request)

    async def _said_by(self, at: int, request: SpeakRequest) -> AsyncGenerator[SpeechEvent]:
        chosen = self._voices[at]
        resampler = Resampler(chosen.tts.sample_rate_hz(chosen.config), self._rate_hz)
        async with (
            self._speakers[at].speak(replace(request, voice=chosen.config)) as events,
            aclosing(in_time(events, SILENCE_S, SILENCE_S)) as timely,
        ):
            async for event in timely:
                match event:
                    case bytes():
                        yield resampler.push(event)
                    case CharactersBilled(count):
                        yield CharactersBilled(count, chosen.service)
                    case _:
                        yield event
        if tail := resampler.flush():
            yield tail
