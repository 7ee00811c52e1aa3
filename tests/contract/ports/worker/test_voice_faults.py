"""Vendors of voices that fail in every way: every word is heard once and soon, from them or from the next voice."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from callcore.agents.agent import VoiceConfig
from callcore.errors import ProviderError, ProviderFailure
from media_worker.ports.tts import CharactersBilled, SoundWithdrawn, Speaker, SpeakRequest, SpeechEvent
from media_worker.providers.scripted import tts as scripted
from media_worker.session.casting.fallback_voice import ChosenVoice, FallbackVoice
from tests.contract.ports.worker.voices import NOWHERE, TIMED_VOICES, VENDOR_VOICES, rate_hz, voice, voice_and_peer
from tests.peers.polly import SECRET_KEY
from tests.peers.voices import KEY, MS_PER_CHARACTER, Mishap, sound
from tests.virtual_time import run_virtual

pytestmark = pytest.mark.parametrize("name", VENDOR_VOICES)
TEXT = "The table for two at seven is booked, and we are glad to see you then."
REQUEST = SpeakRequest(TEXT, VoiceConfig())
DEADLINE_S = 5.0
"""Of a text that somebody else has to say, in virtual time."""
BEFORE_ANY_SOUND = {
    "refused with 401": Mishap(401, body=b'{"detail":{"status":"invalid_api_key"}}'),
    "refused with 404": Mishap(404),
    "too busy for long": Mishap(429, {"retry-after": "30"}),
    "never answers": Mishap(deaf=True),
    "falls silent at once": Mishap(stalls_after_ms=0),
}
IN_THE_MIDST = {
    "falls silent": Mishap(stalls_after_ms=1500),
    "breaks off in the middle of a word": Mishap(drops_after_ms=1500),
    "closes": Mishap(closes_after_ms=1500),
    "tells an error": Mishap(fails_after_ms=1500),
    "tells nonsense": Mishap(garbage_after_ms=1500),
}
PASSING = {
    "too busy for a moment": [Mishap(429, {"retry-after": "0.1"})],
    "out of order": [Mishap(503), Mishap(500)],
    "breaks off before any sound": [Mishap(drops_after_ms=0)],
    "closes before any sound": [Mishap(closes_after_ms=0, code=1012)],
}


class Heir(scripted.HummingVoice):
    """The next voice; remembers what was left for it to say."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def speak(self, request: SpeakRequest) -> Any:
        self.said.append(request.text)
        return super().speak(request)


@pytest.fixture(autouse=True)
def _nothing_is_told(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever goes wrong: no key and no word of the text in the log."""
    caplog.set_level(logging.DEBUG, "media_worker")
    yield
    for record in caplog.records:
        told = f"{record.getMessage()} {record.exc_text or ''} {vars(record)}"
        assert KEY not in told
        assert SECRET_KEY not in told
        assert "booked" not in told


async def said_by(speaker: Speaker, request: SpeakRequest = REQUEST) -> list[SpeechEvent]:
    async with asyncio.timeout(DEADLINE_S), speaker.speak(request) as events:
        return [event async for event in events]


def heard(events: Sequence[SpeechEvent]) -> bytes:
    return b"".join(event for event in events if isinstance(event, bytes))


def heard_ms(name: str, events: Sequence[SpeechEvent]) -> float:
    return len(heard(events)) * 500 / rate_hz(name)


@asynccontextmanager
async def session(name: str, mishaps: Sequence[Mishap], heir: Heir | None = None) -> AsyncIterator[tuple[Speaker, Any]]:
    """A session with the vendor's voice, which has these mishaps, and perhaps another one."""
    async with voice_and_peer(name) as (tts, peer), asyncio.TaskGroup() as tasks:
        peer.mishaps += mishaps
        voices = [ChosenVoice(one, VoiceConfig()) for one in (tts, heir) if one is not None]
        speaker = tts.open(REQUEST, tasks) if heir is None else FallbackVoice(voices).open(REQUEST, tasks)
        yield speaker, peer
        speaker.close()


@pytest.mark.parametrize("mishap", BEFORE_ANY_SOUND.values(), ids=BEFORE_ANY_SOUND)
def test_before_any_sound_the_next_voice_says_everything(name: str, mishap: Mishap) -> None:
    async def scene() -> None:
        heir = Heir()
        async with session(name, [mishap] * 8, heir) as (speaker, _):
            events = await said_by(speaker)
            assert heir.said == [TEXT]
            full_ms = len(TEXT) * scripted.MS_PER_CHARACTER
            assert heard_ms(name, events) == pytest.approx(full_ms, abs=1)

    run_virtual(scene(), sockets=True)


def test_nobody_answers_there(name: str) -> None:
    async def scene() -> None:
        heir = Heir()
        async with AsyncExitStack() as stack:
            tts = await stack.enter_async_context(voice(name, NOWHERE))
            tasks = await stack.enter_async_context(asyncio.TaskGroup())
            speaker = FallbackVoice([ChosenVoice(one, VoiceConfig()) for one in (tts, heir)]).open(REQUEST, tasks)
            await said_by(speaker)
            speaker.close()
        assert heir.said == [TEXT]

    run_virtual(scene(), sockets=True)


@pytest.mark.parametrize("mishap", IN_THE_MIDST.values(), ids=IN_THE_MIDST)
def test_in_the_midst_the_next_voice_says_the_rest_from_a_whole_word_on(name: str, mishap: Mishap) -> None:
    async def scene() -> None:
        heir = Heir()
        async with session(name, [mishap] * 8, heir) as (speaker, peer):
            events = await said_by(speaker)
        (rest,) = heir.said
        assert TEXT.endswith(" " + rest), "it begins with a whole word"
        own_ms = heard_ms(name, events) - len(rest) * scripted.MS_PER_CHARACTER
        if name in TIMED_VOICES:
            (kept,) = (event for event in events if isinstance(event, SoundWithdrawn))
            assert kept.from_ms <= own_ms
            assert kept.from_ms == pytest.approx((len(TEXT) - len(" " + rest)) * MS_PER_CHARACTER, abs=5)
        else:
            word_length = max(map(len, TEXT.split())) + 1
            assert abs(len(TEXT) - len(rest) - own_ms / MS_PER_CHARACTER) <= word_length
        assert peer.said == [TEXT]

    run_virtual(scene(), sockets=True)


@pytest.mark.parametrize("mishaps", PASSING.values(), ids=PASSING)
def test_what_passes_is_tried_again_and_costs_nothing_that_is_heard(name: str, mishaps: list[Mishap]) -> None:
    async def scene() -> None:
        async with session(name, mishaps) as (speaker, peer):
            events = await said_by(speaker)
            assert heard(events) == sound(TEXT, rate_hz(name))
            assert sum(event.count for event in events if isinstance(event, CharactersBilled)) == peer.billed

    run_virtual(scene(), sockets=True)


def test_no_sample_is_lost_doubled_or_halved(name: str) -> None:
    async def scene() -> None:
        async with voice_and_peer(name) as (tts, peer), asyncio.TaskGroup() as tasks:
            speaker = tts.open(REQUEST, tasks)
            events = await said_by(speaker)
            assert heard(events) == sound(TEXT, tts.sample_rate_hz(VoiceConfig()))
            assert [event for event in events if isinstance(event, CharactersBilled)] == [CharactersBilled(len(TEXT))]
            assert (peer.said, peer.complaints) == ([TEXT], [])
            speaker.close()

    run_virtual(scene(), sockets=True)


def test_nothing_of_a_text_that_was_left_is_heard_in_the_next_one(name: str) -> None:
    async def scene() -> None:
        async with session(name, ()) as (speaker, peer):
            peer.pace = 50.0
            for _ in range(3):
                async with asyncio.timeout(DEADLINE_S), speaker.speak(REQUEST) as events:
                    async for event in events:
                        if isinstance(event, bytes):
                            break
            peer.pace = 0.0
            audio = heard(await said_by(speaker, SpeakRequest("And now something else.", VoiceConfig())))
            assert audio == sound("And now something else.", rate_hz(name))
            assert peer.complaints == []

    run_virtual(scene(), sockets=True)


def test_connections_end_with_the_session(name: str) -> None:
    async def scene() -> None:
        async with voice_and_peer(name) as (tts, peer):
            async with asyncio.TaskGroup() as tasks:
                speaker = tts.open(REQUEST, tasks)
                await said_by(speaker)
                speaker.close()
            async with asyncio.timeout(DEADLINE_S):
                await peer.deserted()

    run_virtual(scene(), sockets=True)


def test_a_failure_says_whether_another_try_may_help(name: str) -> None:
    async def scene() -> None:
        for status, failure in ((401, ProviderFailure.REJECTED), (429, ProviderFailure.RATE_LIMIT)):
            async with session(name, [Mishap(status, {"retry-after": "9"})] * 8) as (speaker, _):
                with pytest.raises(ProviderError) as raised:
                    await said_by(speaker)
                assert (raised.value.provider, raised.value.failure) == (name, failure)

    run_virtual(scene(), sockets=True)
