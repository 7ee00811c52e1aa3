"""Voices that fail in every way, in virtual time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from callcore.agents import VoiceConfig
from callcore.errors import ProviderError, ProviderFailure
from media_worker.ports.tts import SpeakRequest
from media_worker.session.fallback_voice import ChosenVoice, FallbackVoice
from tests.virtual_time import run_virtual

BROKEN = ProviderError("scripted", ProviderFailure.UNAVAILABLE)
TEXT = "we are open from nine to nine"
MS_PER_CHARACTER = 65


class StubbornVoice:
    """Says so many ms of every text at once, then waits for so long, then breaks, if it is to."""

    def __init__(
        self, rate_hz: int = 8000, *, good_ms: int = 60_000, silent_s: float = 0.0, breaks: bool = False
    ) -> None:
        self.rate_hz, self.good_ms, self.silent_s, self.breaks = rate_hz, good_ms, silent_s, breaks
        self.requests: list[SpeakRequest] = []

    def sample_rate_hz(self, voice: VoiceConfig) -> int:
        return self.rate_hz

    @asynccontextmanager
    async def speak(self, request: SpeakRequest) -> AsyncIterator[AsyncIterator[bytes]]:
        self.requests.append(request)
        yield self._audio(len(request.text) * MS_PER_CHARACTER)

    async def _audio(self, length_ms: int) -> AsyncIterator[bytes]:
        said_ms = min(length_ms, self.good_ms)
        if said_ms:
            yield bytes(said_ms * self.rate_hz // 1000 * 2)
        await asyncio.sleep(self.silent_s)
        if self.breaks:
            raise BROKEN
        yield bytes((length_ms - said_ms) * self.rate_hz // 1000 * 2)


def speak(*voices: StubbornVoice, times: int = 1) -> float:
    """How many ms of audio come, at the first voice's rate."""
    chosen = [ChosenVoice(voice, VoiceConfig(voice_id=str(place))) for place, voice in enumerate(voices)]
    voice = FallbackVoice(chosen)

    async def scenario() -> int:
        size = 0
        for _ in range(times):
            async with voice.speak(SpeakRequest(TEXT, VoiceConfig())) as audio:
                async for pcm in audio:
                    size += len(pcm)
        return size

    return run_virtual(scenario()) / (voice.sample_rate_hz(VoiceConfig()) * 2 / 1000)


def texts(voice: StubbornVoice) -> list[str]:
    return [request.text for request in voice.requests]


def test_a_voice_that_works_says_everything_with_its_own_settings() -> None:
    first, second = StubbornVoice(), StubbornVoice()
    assert speak(first, second) == len(TEXT) * MS_PER_CHARACTER
    assert [request.voice.voice_id for request in first.requests] == ["0"]
    assert second.requests == []


@pytest.mark.parametrize("silent_s", [0.0, 60.0])
def test_the_next_voice_says_the_rest_from_a_whole_word_on(silent_s: float) -> None:
    first = StubbornVoice(good_ms=12 * MS_PER_CHARACTER, silent_s=silent_s, breaks=True)
    second = StubbornVoice()
    speak(first, second)
    assert texts(second) == ["from nine to nine"]
    assert second.requests[0].voice.voice_id == "1"


def test_a_voice_that_never_begins_is_replaced_and_stays_away() -> None:
    first, second = StubbornVoice(good_ms=0, breaks=True), StubbornVoice(16_000)
    speak(first, second, times=2)
    assert texts(first) == [TEXT]
    assert texts(second) == [TEXT, TEXT]


def test_another_rate_is_converted() -> None:
    length_ms = speak(StubbornVoice(8000, good_ms=0, breaks=True), StubbornVoice(16_000))
    assert length_ms == pytest.approx(len(TEXT) * MS_PER_CHARACTER, abs=5)


def test_the_only_voice_is_tried_once_more_and_when_all_fail_that_is_told() -> None:
    only = StubbornVoice(good_ms=0, breaks=True)
    with pytest.raises(ProviderError, match="every voice failed"):
        speak(only)
    assert texts(only) == [TEXT, TEXT]
