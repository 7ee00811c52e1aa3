"""What every voice promises (media_worker.ports.tts)."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from callcore.agents import VoiceConfig
from media_worker.ports.tts import Speaker, SpeakRequest, TextToSpeech
from media_worker.providers.registry import Kind
from tests.contract.ports.worker.adapters import SPEAKING, TTS_ADAPTERS, run

pytestmark = pytest.mark.parametrize("name", TTS_ADAPTERS)
LONG = SpeakRequest("This is a sentence of some length, which goes on. " * 20, VoiceConfig())


Scene = Callable[[Speaker], Awaitable[None]]


async def pieces(speaker: Speaker, request: SpeakRequest = SPEAKING) -> list[bytes]:
    async with asyncio.timeout(10), speaker.speak(request) as events:
        return [event async for event in events if isinstance(event, bytes)]


def play(name: str, scene: Scene) -> None:
    """Play a scene with the speaker of one session."""

    async def session(tts: TextToSpeech) -> None:
        async with asyncio.TaskGroup() as tasks:
            speaker = tts.open(SPEAKING, tasks)
            await scene(speaker)
            speaker.close()

    run(Kind.TTS, name, session)


def test_a_text_becomes_whole_samples_of_a_fitting_length(name: str) -> None:
    async def scene(tts: TextToSpeech) -> None:
        async with asyncio.TaskGroup() as tasks:
            speaker = tts.open(SPEAKING, tasks)
            sound = await pieces(speaker)
            speaker.close()
        assert all(piece and len(piece) % 2 == 0 for piece in sound)
        seconds = sum(map(len, sound)) / 2 / tts.sample_rate_hz(SPEAKING.voice)
        assert 0.03 < seconds / len(SPEAKING.text) < 0.12
        assert any(any(piece) for piece in sound)

    run(Kind.TTS, name, scene)


def test_nothing_to_say_is_silence_and_no_error(name: str) -> None:
    async def scene(speaker: Speaker) -> None:
        assert await pieces(speaker, SpeakRequest("", VoiceConfig())) == []

    play(name, scene)


def test_several_texts_at_once_do_not_mix(name: str) -> None:
    async def scene(speaker: Speaker) -> None:
        alone = sum(map(len, await pieces(speaker)))
        at_once = await asyncio.gather(*(pieces(speaker) for _ in range(5)))
        assert [sum(map(len, sound)) for sound in at_once] == [alone] * 5

    play(name, scene)


def test_leaving_early_makes_way_for_the_next_text(name: str) -> None:
    async def scene(speaker: Speaker) -> None:
        for _ in range(70):
            async with speaker.speak(LONG) as sound:
                await anext(sound)
        assert await pieces(speaker)

    play(name, scene)


def test_a_context_may_be_left_before_any_sound(name: str) -> None:
    async def scene(speaker: Speaker) -> None:
        for _ in range(70):
            async with speaker.speak(LONG):
                pass
        assert await pieces(speaker)

    play(name, scene)


def test_no_sound_follows_when_the_context_was_left(name: str) -> None:
    async def scene(speaker: Speaker) -> None:
        async with speaker.speak(LONG) as sound:
            await anext(sound)
        assert [piece async for piece in sound] == []

    play(name, scene)


def test_a_cancelled_listener_cancels_the_voice(name: str) -> None:
    async def scene(speaker: Speaker) -> None:
        for _ in range(70):
            task = asyncio.ensure_future(pieces(speaker, LONG))
            await asyncio.sleep(0.002)
            task.cancel()
            await asyncio.wait((task,))
        assert await pieces(speaker)

    play(name, scene)


def test_a_slow_listener_gets_everything(name: str) -> None:
    async def scene(speaker: Speaker) -> None:
        whole = sum(map(len, await pieces(speaker)))
        heard = 0
        async with speaker.speak(SPEAKING) as events:
            async for event in events:
                heard += len(event) if isinstance(event, bytes) else 0
                await asyncio.sleep(0.01)
        assert heard == whole

    play(name, scene)
