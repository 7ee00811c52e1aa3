"""A voice as a leg hears it: what can be said of a text, at the leg's sample rate."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

from callcore.calls.transcript import TextTime
from media_worker.conversation.segments.speakable import position_in, speakable
from media_worker.media.resample import Resampler
from media_worker.ports.tts import Speaker, SpeakRequest, SpeechEvent, TextToSpeech
from media_worker.session.casting.in_time import in_time

FIRST_AUDIO_S = 10.0
AUDIO_GAP_S = 10.0
"""What fails sooner is replaced before (fallback_voice); these are the ends of all patience."""


class VoiceOutput:
    """The voice of one session. `open` it before anything is said, and `close` it before its tasks are left."""

    def __init__(self, tts: TextToSpeech, request: SpeakRequest, rate_hz: int) -> None:
        """`request` is the pattern of every request; its text is ignored."""
        self._tts = tts
        self._request = request
        self._rate_hz = rate_hz
        self._tasks: asyncio.TaskGroup | None = None
        self._speaker: Speaker | None = None

    @property
    def language(self) -> str:
        """What it speaks."""
        return self._request.language

    def open(self, tasks: asyncio.TaskGroup) -> None:
        """What speaking needs runs in this group."""
        self._tasks = tasks

    def prepare(self) -> None:
        """Something will be said soon: connect."""
        assert self._tasks is not None, "replies are wanted only while the session runs"
        self._speaker = self._speaker or self._tts.open(self._request, self._tasks)

    def close(self) -> None:
        """Speak no more."""
        if self._speaker is not None:
            self._speaker.close()

    def switch(self, language: str) -> None:
        """Speak another language from the next text on."""
        self._request = replace(self._request, language=language)

    async def events(self, text: str) -> AsyncGenerator[SpeechEvent]:
        """What says `text`, nothing when there is nothing to say. Raises ProviderError, TimeoutError."""
        spoken = speakable(text)
        if not spoken:
            return
        assert self._speaker is not None, "what is heard was prepared"
        request = replace(self._request, text=spoken)
        resampler = Resampler(self._tts.sample_rate_hz(request.voice), self._rate_hz)
        async with (
            self._speaker.speak(request) as events,
            aclosing(in_time(events, FIRST_AUDIO_S, AUDIO_GAP_S)) as timely,
        ):
            async for event in timely:
                match event:
                    case bytes():
                        yield resampler.push(event)
                    case TextTime(position, at_ms):
                        yield TextTime(position_in(text, spoken, position), at_ms)
                    case _:
                        yield event
        if tail := resampler.flush():
            yield tail
