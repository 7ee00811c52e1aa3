"""What every voice promises (media_worker.ports.tts)."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from callcore.agents.agent import VoiceConfig
from media_worker.ports.tts import Speaker, SpeakRequest, TextToSpeech
from tests.contract.ports.worker.adapters import SPEAKING
from tests.contract.ports.worker.voices import TTS_ADAPTERS, VENDOR_VOICES, voice_and_peer
from tests.virtual_time import run_virtual

pytestmark = pytest.mark.parametrize("name", TTS_ADAPTERS)
OFTEN = {"flite": 70, "scripted": 70} | dict.fromkeys(VENDOR_VOICES, 12)
"""More often than a speech process has channels, and than any vendor's connection takes texts."""
LONG = SpeakRequest("This is a sentence of some length, which goes on. " * 20, VoiceConfig())


async def pieces(speaker: Speaker, request: SpeakRequest = SPEAKING) -> list[bytes]:
    async with asyncio.timeout(30), speaker.speak(request) as events:
        return [event async for event in events if isinstance(event, bytes)]


def play(name: str, scene: Callable[[TextToSpeech, Speaker], Awaitable[None]]) -> None:
    """Play a scene with the speaker of one session; one that hangs fails."""

    async def session() -> None:
        async with asyncio.timeout(60), voice_and_peer(name) as (tts, _), asyncio.TaskGroup() as tasks:
            speaker = tts.open(SPEAKING, tasks)
            await scene(tts, speaker)
            speaker.close()

    if name in VENDOR_VOICES:
        run_virtual(session(), sockets=True)
    else:
        asyncio.run(session())


def test_a_text_becomes_whole_samples_of_a_fitting_length(name: str) -> None:
    async def scene(tts: TextToSpeech, speaker: Speaker) -> None:
        sound = await pieces(speaker)
        assert all(piece and len(piece) % 2 == 0 for piece in sound)
        seconds = sum(map(len, sound)) / 2 / tts.sample_rate_hz(SPEAKING.voice)
        assert 0.03 < seconds / len(SPEAKING.text) < 0.12
        assert any(any(piece) for piece in sound)

    play(name, scene)


def test_nothing_to_say_is_silence_and_no_error(name: str) -> None:
    async def scene(tts: TextToSpeech, speaker: Speaker) -> None:
        assert await pieces(speaker, SpeakRequest("", VoiceConfig())) == []

    play(name, scene)


def test_several_texts_at_once_do_not_mix(name: str) -> None:
    async def scene(tts: TextToSpeech, speaker: Speaker) -> None:
        alone = sum(map(len, await pieces(speaker)))
        at_once = await asyncio.gather(*(pieces(speaker) for _ in range(5)))
        assert [sum(map(len, sound)) for sound in at_once] == [alone] * 5

    play(name, scene)


def test_leaving_early_makes_way_for_the_next_text(name: str) -> None:
    async def scene(tts: TextToSpeech, speaker: Speaker) -> None:
        for _ in range(OFTEN[name]):
            async with speaker.speak(LONG) as sound:
                await anext(sound)
        assert await pieces(speaker)

    play(name, scene)


def test_a_context_may_be_left_before_any_sound(name: str) -> None:
    async def scene(tts: TextToSpeech, speaker: Speaker) -> None:
        for _ in range(OFTEN[name]):
            async with speaker.speak(LONG):
                pass
        assert await pieces(speaker)

    play(name, scene)


def test_no_sound_follows_when_the_context_was_left(name: str) -> None:
    async def scene(tts: TextToSpeech, speaker: Speaker) -> None:
        async with speaker.speak(LONG) as sound:
            await anext(sound)
        assert [piece async for piece in sound] == []

    play(name, scene)


def test_a_cancelled_listener_cancels_the_voice(name: str) -> None:
    async def scene(tts: TextToSpeech, speaker: Speaker) -> None:
        for _ in range(OFTEN[name]):
            task = asyncio.ensure_future(pieces(speaker, LONG))
            await asyncio.sleep(0.002)
            task.cancel()
            await asyncio.wait((task,))
        assert await pieces(speaker)

    play(name, scene)


def test_a_slow_listener_gets_everything(name: str) -> None:
    async def scene(tts: TextToSpeech, speaker: Speaker) -> None:
        whole = sum(map(len, await pieces(speaker)))
        heard = 0
        async with speaker.speak(SPEAKING) as events:
            async for event in events:
                heard += len(event) if isinstance(event, bytes) else 0
                await asyncio.sleep(0.01)
        assert heard == whole

    play(name, scene)
