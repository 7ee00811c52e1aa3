"""Who serves, with adapters that are made and never asked."""

from collections.abc import Mapping
from typing import Any

import pytest

from callcore.calls.usage import Component
from callcore.errors import InvalidInput
from callnet.guarded import GuardedClient
from media_worker.providers.local.speech_pool import SpeechPool
from media_worker.providers.registry import Registry, Resources
from media_worker.providers.vendor_http import vendor_client
from media_worker.providers.vendors import Vendors
from media_worker.session.casting.agent_casting import Casting
from media_worker.session.casting.providers import Providers
from tests.unit.media_worker.session.casting_plan import Today, plan_of
from tests.virtual_time import run_virtual

KEYS = {"OPENAI_API_KEY": "k", "GROQ_API_KEY": "k", "ELEVENLABS_API_KEY": "k"}
SCRIPT = {"intents": [{"phrases": ["hello"], "answer": "Hi."}]}


def cast(environment: Mapping[str, str], **config: Any) -> Providers:
    async def scenario() -> Providers:
        pool = SpeechPool(1)
        async with GuardedClient() as web, vendor_client() as http:
            registry = Registry(Resources(pool, pool, web, http, Vendors(environment)))
            return Casting(registry, Today())(plan_of(**config))

    return run_virtual(scenario())


def serving(providers: Providers) -> list[str]:
    roles = (providers.serving(component) for component in (Component.STT, Component.LLM, Component.TTS))
    return [f"{service.provider} {service.model}".strip() for service in roles]


def test_without_a_key_everything_is_made_here() -> None:
    providers = cast({})
    assert serving(providers) == ["pocketsphinx", "script", "flite"]
    assert providers.notes == ("heard by pocketsphinx, spoken by flite",)


def test_a_key_is_enough_and_the_reason_is_told() -> None:
    providers = cast({"GROQ_API_KEY": "k"}, llm={"script": SCRIPT})
    assert serving(providers)[1] == "groq openai/gpt-oss-20b"
    assert "answered by groq openai/gpt-oss-20b: there is no other" in providers.notes


def test_who_names_everybody_is_told_nothing() -> None:
    named = {name: {"provider": "scripted"} for name in ("speech_to_text", "llm", "voice")}
    providers = cast(KEYS, **named)
    assert serving(providers) == ["scripted", "scripted", "scripted"]
    assert providers.notes == ()


@pytest.mark.parametrize(
    ("llm", "service", "note"),
    [
        ({"provider": "openai"}, "openai gpt-6-luna", ""),
        ({"provider": "openai", "model": "gpt-4o"}, "openai gpt-4o", ""),
        ("gpt-4o", "openai gpt-4o", ""),
        (
            "gpt-3.5-turbo",
            "openai gpt-6-luna",
            "the model gpt-3.5-turbo ended on 2026-10-23: openai gpt-6-luna serves instead",
        ),
        ({"provider": "groq", "model": "qwen/qwen3.8-27b"}, "groq qwen/qwen3.8-27b", ""),
        (
            {"provider": "together", "model": "x"},
            "openai gpt-6-luna",
            "together is not available here: openai serves instead",
        ),
        (
            "deepseek-v3",
            "openai gpt-6-luna",
            "the model deepseek-v3 is not available here: openai gpt-6-luna serves instead",
        ),
        ({"provider": "openai", "fallback": {"provider": "script", "script": SCRIPT}}, "openai gpt-6-luna", ""),
    ],
)
def test_a_model_by_its_vendor_or_its_name(llm: Any, service: str, note: str) -> None:
    providers = cast(KEYS, llm=llm)
    assert serving(providers)[1] == service
    assert any(note in told for told in providers.notes)


@pytest.mark.parametrize(
    ("voice", "service", "note"),
    [
        (None, "elevenlabs", ""),
        ({"provider": "elevenlabs", "model": "eleven_v3"}, "elevenlabs eleven_v3", ""),
        ({"voice_id": "slt"}, "flite", ""),
        ({"provider": "nobody", "voice_id": "x"}, "elevenlabs", "the tts provider nobody is not available here"),
        ({"provider": "playht", "voice_id": "x"}, "elevenlabs", "the tts provider playht ended on 2025-12-31"),
    ],
)
def test_a_voice_by_its_vendor_or_its_name(voice: Any, service: str, note: str) -> None:
    providers = cast(KEYS, voice=voice)
    assert serving(providers)[2] == service
    assert any(note in told for told in providers.notes)


def test_what_knows_english_only_serves_no_other_language() -> None:
    with pytest.raises(InvalidInput, match="knows English only, not de"):
        cast(KEYS, language="de", speech_to_text={"provider": "scripted"}, voice={"provider": "flite"})
    providers = cast(KEYS, language="de", speech_to_text={"provider": "scripted"})
    assert serving(providers)[2] == "elevenlabs"
    assert providers.speaks("fr")
