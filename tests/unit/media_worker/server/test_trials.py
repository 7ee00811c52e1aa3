"""Voices and vendors are tried for the console, with adapters that need no vendor."""

import asyncio
import base64
import io
import wave
from collections.abc import Mapping
from typing import Any

import pytest

from callcore.errors import Conflict, InvalidInput, ProviderError, ProviderFailure
from callcore.wire.jobs import Check, Say
from media_worker.providers.registry import EMBEDDED, Kind, Registry, Resources
from media_worker.providers.scripted.tts import HummingVoice
from media_worker.providers.vendor_http import vendor_client
from media_worker.providers.vendors import Vendors
from media_worker.server.trials import AT_ONCE, MAX_SOUND_S, Trials
from media_worker.session.clock import LoopClock
from tests.peers.thinking_vendors import thinking_vendor
from tests.virtual_time import run_virtual


class Deaf:
    """A recogniser that is not to be had."""

    def open(self, request: object) -> Any:
        raise ProviderError("deaf", ProviderFailure.UNAVAILABLE, "no connection")


class Humming(Registry):
    """Whatever speaks hums, and nobody hears."""

    def get(self, kind: Kind, name: str) -> Any:
        if kind is Kind.LLM:
            return super().get(kind, name)
        return HummingVoice() if kind is Kind.TTS else Deaf()


def trials(environment: Mapping[str, str] = {}) -> Trials:
    resources = Resources(None, None, None, None, Vendors(environment))  # type: ignore[arg-type]  # nobody is asked
    return Trials(Humming(resources), LoopClock(), "w-1")


def said(command: Say) -> tuple[int, int, int]:
    """Channels, rate and frames of what was said."""
    done = run_virtual(trials().perform(command))
    with wave.open(io.BytesIO(base64.b64decode(done.sound or ""))) as sound:
        return sound.getnchannels(), sound.getframerate(), sound.getnframes()


def test_a_sentence_is_said_as_a_whole_file() -> None:
    voice = {"provider": "scripted", "settings": {"ms_per_character": 100}}
    assert said(Say(text="Hello", voice=voice)) == (1, 16_000, 8_000)


def test_nobody_is_listened_to_for_ever() -> None:
    voice = {"provider": "scripted", "settings": {"ms_per_character": 1000}}
    assert said(Say(text="x" * 200, voice=voice)) == (1, 16_000, MAX_SOUND_S * 16_000)


def test_a_voice_that_is_not_here_is_not_replaced_by_another() -> None:
    with pytest.raises(Conflict, match="provider cartesia is not available here"):
        run_virtual(trials().perform(Say(text="Hello", voice={"provider": "cartesia"})))
    with pytest.raises(InvalidInput):
        run_virtual(trials().perform(Say(text="Hello", voice={"settings": "loud"})))


def test_calls_come_first() -> None:
    async def scenario() -> int:
        tried = trials()
        slow = Say(text="Hello", voice={"provider": "scripted", "settings": {"first_audio_ms": 1000}})
        async with asyncio.TaskGroup() as tasks:
            for _ in range(AT_ONCE):
                tasks.create_task(tried.perform(slow))
            await asyncio.sleep(0)
            with pytest.raises(Conflict, match="try again"):
                await tried.perform(slow)
        return len((await tried.perform(slow)).sound or "")

    assert run_virtual(scenario())


def test_every_vendor_is_tried_and_what_fails_says_what_to_do() -> None:
    async def scenario() -> Any:
        async with thinking_vendor("groq") as vendor, vendor_client() as http:
            resources = Resources(None, None, None, http, Vendors(vendor.environment))  # type: ignore[arg-type]
            registry = Humming(resources)
            return await Trials(registry, LoopClock(), "w-1").perform(Check())

    found = {(one.kind, one.name): one for one in asyncio.run(scenario()).findings}
    thinking = found["llm", "groq"]
    assert thinking.took_ms is not None
    assert thinking.remedy == ""
    assert found["tts", EMBEDDED[Kind.TTS]].took_ms is not None
    hearing = found["stt", EMBEDDED[Kind.STT]]
    assert (hearing.took_ms, hearing.told) == (None, "no connection")
    assert "worker's log" in hearing.remedy
