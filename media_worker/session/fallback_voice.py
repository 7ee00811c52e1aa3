"""The voices of one agent as one: when a voice fails or falls silent the next one says the rest."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace

from callcore.agents import VoiceConfig
from callcore.errors import ProviderError, ProviderFailure
from callcore.transcript import TextTime, heard_text
from callcore.usage import UNNAMED, Service
from media_worker.media.playout import BYTES_PER_SAMPLE, MS_PER_CHARACTER
from media_worker.media.resample import Resampler
from media_worker.ports.tts import Speaker, SpeakRequest, SpeechEvent, TextToSpeech
from media_worker.session.in_time import in_time

SILENCE_S = 2.5
"""A voice that makes no sound for so long has failed."""
MIN_LEARNT_CHARACTERS = 20
"""Shorter texts tell little about the pace of a voice."""
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
        self._paces = [_Pace() for _ in voices]
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
        progress, failures = _Progress(request.text, self._rate_hz), 0
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
                yield progress.start_again(self._paces[at].ms_per_character)

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
                yield resampler.push(event) if isinstance(event, bytes) else event
        if tail := resampler.flush():
            yield tail


class _Pace:
    """How fast a voice speaks, from the texts that it has said whole."""

    def __init__(self) -> None:
        self._characters = 0
        self._ms = 0.0

    def learn(self, characters: int, ms: float) -> None:
        """It took so long for so many."""
        self._characters += characters
        self._ms += ms

    @property
    def ms_per_character(self) -> float:
        """An ordinary pace before anything is known."""
        return self._ms / self._characters if self._characters >= MIN_LEARNT_CHARACTERS else MS_PER_CHARACTER


class _Progress:
    """How much of a text was said, by whomever."""

    def __init__(self, text: str, rate_hz: int) -> None:
        self._text = text
        self._bytes_per_ms = rate_hz * BYTES_PER_SAMPLE / 1000
        self._said_ms = 0.0
        self._times: list[TextTime] = []
        self._begun = TextTime(0, 0.0)
        """Where the one who speaks now began."""

    @property
    def rest(self) -> str:
        """What the one who speaks now has to say."""
        return self._text[self._begun.position :]

    def noted(self, event: SpeechEvent) -> SpeechEvent:
        """The event as one of the whole text."""
        if isinstance(event, bytes):
            self._said_ms += len(event) / self._bytes_per_ms
        elif isinstance(event, TextTime):
            event = TextTime(self._begun.position + event.position, self._begun.at_ms + event.at_ms)
            self._times.append(event)
        return event

    @property
    def run_ms(self) -> float:
        """How long the one who speaks now has spoken."""
        return self._said_ms - self._begun.at_ms

    def start_again(self, ms_per_character: float) -> TextTime:
        """Somebody else says the rest, which begins with a whole word: where, and from when on.

        What the voice has not timed is taken to be said at `ms_per_character`.
        """
        times = [time for time in self._times if time.position > self._begun.position]
        timed = times[-1] if times else self._begun
        full_ms = timed.at_ms + (len(self._text) - timed.position) * ms_per_character
        said = heard_text(self._text, self._said_ms, max(self._said_ms + 1, full_ms), [self._begun, *times])
        rest = self._text[max(len(said), self._begun.position) :].lstrip()
        self._begun = TextTime(len(self._text) - len(rest), self._said_ms)
        return self._begun
