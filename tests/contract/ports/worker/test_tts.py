"""What every voice promises (media_worker.ports.tts)."""

import asyncio

import pytest

from callcore.agents import VoiceConfig
from media_worker.ports.tts import SpeakRequest, TextToSpeech
from media_worker.providers.registry import Kind
from tests.contract.ports.worker.adapters import SPEAKING, TTS_ADAPTERS, run

pytestmark = pytest.mark.parametrize("name", TTS_ADAPTERS)
LONG = SpeakRequest("This is a sentence of some length, which goes on. " * 20, VoiceConfig())


async def pieces(tts: TextToSpeech, request: SpeakRequest = SPEAKING) -> list[bytes]:
    async with asyncio.timeout(10), tts.speak(request) as sound:
        return [piece async for piece in sound]


def test_a_text_becomes_whole_samples_of_a_fitting_length(name: str) -> None:
    async def scene(tts: TextToSpeech) -> None:
        sound = await pieces(tts)
        assert all(piece and len(piece) % 2 == 0 for piece in sound)
        seconds = sum(map(len, sound)) / 2 / tts.sample_rate_hz(SPEAKING.voice)
        assert 0.03 < seconds / len(SPEAKING.text) < 0.12
        assert any(any(piece) for piece in sound)

    run(Kind.TTS, name, scene)


def test_nothing_to_say_is_silence_and_no_error(name: str) -> None:
    async def scene(tts: TextToSpeech) -> None:
        assert await pieces(tts, SpeakRequest("", VoiceConfig())) == []

    run(Kind.TTS, name, scene)


def test_several_texts_at_once_do_not_mix(name: str) -> None:
    async def scene(tts: TextToSpeech) -> None:
        alone = sum(map(len, await pieces(tts)))
        at_once = await asyncio.gather(*(pieces(tts) for _ in range(5)))
        assert [sum(map(len, sound)) for sound in at_once] == [alone] * 5

    run(Kind.TTS, name, scene)


def test_leaving_early_makes_way_for_the_next_text(name: str) -> None:
    async def scene(tts: TextToSpeech) -> None:
        for _ in range(70):
            async with tts.speak(LONG) as sound:
                await anext(sound)
        assert await pieces(tts)

    run(Kind.TTS, name, scene)


def test_a_context_may_be_left_before_any_sound(name: str) -> None:
    async def scene(tts: TextToSpeech) -> None:
        for _ in range(70):
            async with tts.speak(LONG):
                pass
        assert await pieces(tts)

    run(Kind.TTS, name, scene)


def test_no_sound_follows_when_the_context_was_left(name: str) -> None:
    async def scene(tts: TextToSpeech) -> None:
        async with tts.speak(LONG) as sound:
            await anext(sound)
        assert [piece async for piece in sound] == []

    run(Kind.TTS, name, scene)


def test_a_cancelled_listener_cancels_the_voice(name: str) -> None:
    async def scene(tts: TextToSpeech) -> None:
        for _ in range(70):
            task = asyncio.ensure_future(pieces(tts, LONG))
            await asyncio.sleep(0.002)
            task.cancel()
            await asyncio.wait((task,))
        assert await pieces(tts)

    run(Kind.TTS, name, scene)


def test_a_slow_listener_gets_everything(name: str) -> None:
    async def scene(tts: TextToSpeech) -> None:
        whole = sum(map(len, await pieces(tts)))
        heard = 0
        async with tts.speak(SPEAKING) as sound:
            async for piece in sound:
                heard += len(piece)
                await asyncio.sleep(0.01)
        assert heard == whole

    run(Kind.TTS, name, scene)
