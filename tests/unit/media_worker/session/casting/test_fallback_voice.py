"""Voices that fail in every way, in virtual time."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from callcore.agents.agent import VoiceConfig
from callcore.calls.transcript import TextTime
from callcore.calls.usage import Service
from callcore.errors import ProviderError, ProviderFailure
from media_worker.ports.tts import CharactersBilled, SoundWithdrawn, SpeakRequest, SpeechEvent
from media_worker.session.casting.fallback_voice import ChosenVoice, FallbackVoice
from tests.virtual_time import run_virtual

BROKEN = ProviderError("scripted", ProviderFailure.UNAVAILABLE)
TEXT = "we are open from nine to nine"
MS_PER_CHARACTER = 65


class StubbornVoice:
    """Says so many ms of every text at once, then waits for so long, then breaks, if it is to."""

    def __init__(
        self,
        rate_hz: int = 8000,
        *,
        good_ms: int = 60_000,
        silent_s: float = 0.0,
        breaks: bool = False,
        times: Sequence[TextTime] = (),
    ) -> None:
        self.rate_hz, self.good_ms, self.silent_s, self.breaks = rate_hz, good_ms, silent_s, breaks
        self.times = times
        self.requests: list[SpeakRequest] = []
        self.opened: list[SpeakRequest] = []
        self.closings = 0

    def sample_rate_hz(self, voice: VoiceConfig) -> int:
        return self.rate_hz

    def open(self, request: SpeakRequest, tasks: asyncio.TaskGroup) -> "StubbornVoice":
        self.opened.append(request)
        return self

    def close(self) -> None:
        self.closings += 1

    @asynccontextmanager
    async def speak(self, request: SpeakRequest) -> AsyncIterator[AsyncIterator[SpeechEvent]]:
        self.requests.append(request)
        yield self._audio(len(request.text) * MS_PER_CHARACTER)

    async def _audio(self, length_ms: int) -> AsyncIterator[SpeechEvent]:
        said_ms = min(length_ms, self.good_ms)
        for time in self.times:
            yield time
        if said_ms:
            yield bytes(said_ms * self.rate_hz // 1000 * 2)
        await asyncio.sleep(self.silent_s)
        if self.breaks:
            raise BROKEN
        yield bytes((length_ms - said_ms) * self.rate_hz // 1000 * 2)


def events(*voices: StubbornVoice, times: int = 1) -> list[SpeechEvent]:
    """What comes of saying TEXT so many times."""
    chosen = [
        ChosenVoice(voice, VoiceConfig(voice_id=str(place)), Service(str(place))) for place, voice in enumerate(voices)
    ]

    async def scenario() -> list[SpeechEvent]:
        said: list[SpeechEvent] = []
        async with asyncio.TaskGroup() as tasks:
            speaker = FallbackVoice(chosen).open(SpeakRequest("", VoiceConfig()), tasks)
            for _ in range(times):
                async with speaker.speak(SpeakRequest(TEXT, VoiceConfig())) as events:
                    said += [event async for event in events]
            speaker.close()
        return said

    return run_virtual(scenario())


def speak(*voices: StubbornVoice, times: int = 1) -> float:
    """How many ms of audio come, at the first voice's rate."""
    size = sum(len(event) for event in events(*voices, times=times) if isinstance(event, bytes))
    return size / (voices[0].rate_hz * 2 / 1000)


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
    with pytest.raises(ExceptionGroup) as raised:
        speak(only)
    assert raised.group_contains(ProviderError, match="every voice failed")
    assert texts(only) == [TEXT, TEXT]


def test_the_next_voice_is_prepared_when_its_turn_comes_and_all_are_closed_at_the_end() -> None:
    first, second, third = StubbornVoice(good_ms=0, breaks=True), StubbornVoice(), StubbornVoice()
    speak(first, second, third)
    assert [len(voice.opened) for voice in (first, second, third)] == [1, 1, 0]
    assert [voice.closings for voice in (first, second, third)] == [1, 1, 0]


def test_a_voice_that_tells_times_is_taken_at_its_word_and_its_heir_goes_on_in_place_and_time() -> None:
    """It drawls: of 1.8 s all but "we are" came, though at an ordinary pace it would be almost the whole text."""
    first = StubbornVoice(good_ms=1800, breaks=True, times=[TextTime(6, 1700.0), TextTime(11, 2600.0)])
    second = StubbornVoice(times=[TextTime(4, 300.0)])
    said = events(first, second)
    assert texts(second) == ["open from nine to nine"]
    assert [event for event in said if not isinstance(event, bytes)] == [
        *first.times,
        SoundWithdrawn(1700.0),
        TextTime(7, 1700.0),
        TextTime(11, 2000.0),
    ]


@pytest.mark.parametrize(("good_ms", "kept_ms"), [(1000, 900.0), (1299, 900.0), (1300, 1300.0), (1500, 1300.0)])
def test_half_a_word_is_withdrawn_and_said_again_whole(good_ms: int, kept_ms: float) -> None:
    """Times: "we" ends at 500 ms, "are" from 600 to 900, "open" from 950 to 1300."""
    marks = [(2, 500), (3, 600), (6, 900), (7, 950), (11, 1300), (12, 1600)]
    first = StubbornVoice(good_ms=good_ms, breaks=True, times=[TextTime(at, float(ms)) for at, ms in marks])
    second = StubbornVoice()
    said = events(first, second)
    withdrawn = [event.from_ms for event in said if isinstance(event, SoundWithdrawn)]
    assert withdrawn == ([kept_ms] if kept_ms < good_ms else [])
    assert texts(second) == ["open from nine to nine" if kept_ms < 1300 else "from nine to nine"]


class PaidVoice(StubbornVoice):
    """Its vendor counts what it is given."""

    async def _audio(self, length_ms: int) -> AsyncIterator[SpeechEvent]:
        yield CharactersBilled(len(self.requests[-1].text))
        async for event in super()._audio(length_ms):
            yield event


def test_every_vendor_is_owed_what_it_was_given() -> None:
    first, second = PaidVoice(good_ms=12 * MS_PER_CHARACTER, breaks=True), PaidVoice()
    billed = [event for event in events(first, second) if isinstance(event, CharactersBilled)]
    assert billed == [
        CharactersBilled(len(TEXT), Service("0")),
        CharactersBilled(len("from nine to nine"), Service("1")),
    ]


class TiringVoice(StubbornVoice):
    """Drawls, and breaks in the midst of its second text."""

    async def _audio(self, length_ms: int) -> AsyncIterator[SpeechEvent]:
        if len(self.requests) == 1:
            yield bytes(2 * length_ms * self.rate_hz // 1000 * 2)
        else:
            yield bytes(12 * 2 * MS_PER_CHARACTER * self.rate_hz // 1000 * 2)
            raise BROKEN


def test_the_pace_of_a_voice_is_learnt_from_what_it_has_said() -> None:
    first, second = TiringVoice(), StubbornVoice()
    speak(first, second, times=2)
    assert texts(second) == ["from nine to nine"]
