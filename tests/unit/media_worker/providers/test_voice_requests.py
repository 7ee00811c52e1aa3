"""How an agent's `voice` is told to each vendor: provider, voice, model, language and the settings that it knows."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from callcore.agents.agent import VoiceConfig
from callcore.errors import ProviderFailure
from media_worker.ports.tts import SpeakRequest
from media_worker.providers.cartesia.tts import Cartesia
from media_worker.providers.deepgram.tts import Aura
from media_worker.providers.elevenlabs.tts import ElevenLabs
from media_worker.providers.openai.speech import OpenAiSpeech
from media_worker.providers.rime.tts import Rime
from media_worker.providers.vendors import Access
from media_worker.providers.voice_dialect import SocketVendor

ACCESS = Access("secret", "https://vendor.example.com")
NONSENSE: Mapping[str, Any] = {
    "speed": "fast",
    "stability": None,
    "volume": [],
    "use_speaker_boost": "yes",
    "foo": 1,
    "instructions": " ",
}


def request(language: str = "en", **voice: Any) -> SpeakRequest:
    return SpeakRequest("Hello.", VoiceConfig.model_validate(voice), language)


def query(vendor: SocketVendor, asked: SpeakRequest) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(vendor.address(asked).url).query).items()}


def said(vendor: SocketVendor, asked: SpeakRequest) -> list[dict[str, Any]]:
    return [json.loads(frame) for frame in vendor.dialect().say("one", asked)]


def body(asked: SpeakRequest) -> Mapping[str, Any]:
    content: Mapping[str, Any] = json.loads(asyncio.run(OpenAiSpeech(ACCESS).asked(asked)).body)
    return content


@pytest.mark.parametrize(
    "vendor", [ElevenLabs(ACCESS), Cartesia(ACCESS), Rime(ACCESS), Aura(ACCESS)], ids=lambda vendor: vendor.name
)
def test_an_address_shows_neither_key_nor_url_and_is_equal_when_it_leads_to_the_same(vendor: SocketVendor) -> None:
    address = vendor.address(request())
    assert address == vendor.address(request())
    assert "secret" not in repr(address)
    assert address.url.startswith("wss://vendor.example.com/")
    assert "secret" not in address.url


def test_elevenlabs() -> None:
    vendor = ElevenLabs(ACCESS)
    asked = request("de-AT", voice_id="a/b", settings={"stability": 0.4, "speed": 9, "use_speaker_boost": True})
    assert urlsplit(vendor.address(asked).url).path == "/v1/text-to-speech/a%2Fb/multi-stream-input"
    assert query(vendor, asked) == {
        "model_id": "eleven_flash_v2_5",
        "output_format": "pcm_16000",
        "auto_mode": "true",
        "inactivity_timeout": "180",
        "sync_alignment": "true",
        "language_code": "de",
    }
    assert said(vendor, asked) == [
        {
            "text": " ",
            "context_id": "one",
            "voice_settings": {"stability": 0.4, "speed": 1.2, "use_speaker_boost": True},
        },
        {"text": "Hello. ", "context_id": "one", "flush": True},
        {"context_id": "one", "close_context": True},
    ]
    assert "voice_settings" not in said(vendor, request(settings=NONSENSE))[0]
    assert "language_code" not in query(vendor, request(model="eleven_multilingual_v2"))
    assert query(vendor, request(model="eleven_turbo_v2_5"))["model_id"] == "eleven_flash_v2_5"


def test_cartesia() -> None:
    asked = request("pt-BR", voice_id="V", model="sonic-3", settings={"speed": 0.1, "emotion": "calm"})
    (message,) = said(Cartesia(ACCESS), asked)
    assert message == {
        "context_id": "one",
        "model_id": "sonic-3",
        "transcript": "Hello.",
        "continue": False,
        "language": "pt",
        "voice": {"mode": "id", "id": "V"},
        "output_format": {"container": "raw", "encoding": "pcm_s16le", "sample_rate": 16_000},
        "add_timestamps": True,
        "use_normalized_timestamps": False,
        "max_buffer_delay_ms": 0,
        "generation_config": {"speed": 0.6, "emotion": "calm"},
    }
    assert "generation_config" not in said(Cartesia(ACCESS), request(settings=NONSENSE))[0]


def test_rime() -> None:
    asked = request("es-MX", voice_id="luna", model="mistv3", settings={"speedAlpha": 1.5, "reduceLatency": True})
    assert query(Rime(ACCESS), asked) == {
        "speaker": "luna",
        "modelId": "mistv3",
        "audioFormat": "pcm",
        "samplingRate": "16000",
        "lang": "spa",
        "segment": "never",
        "speedAlpha": "1.5",
        "reduceLatency": "true",
    }
    assert query(Rime(ACCESS), request("sw"))["lang"] == "sw"


@pytest.mark.parametrize(
    ("voice", "language", "model"),
    [
        ({}, "en", "aura-2-thalia-en"),
        ({"voice_id": "celeste"}, "es-CO", "aura-2-celeste-es"),
        ({"voice_id": "asteria", "model": "aura"}, "en", "aura-asteria-en"),
        ({"voice_id": "aura-2-apollo-en"}, "de", "aura-2-apollo-en"),
        ({"model": "aura-2-apollo-en"}, "en", "aura-2-apollo-en"),
        ({"model": "aura-2"}, "en", "aura-2-thalia-en"),
    ],
)
def test_deepgram(voice: dict[str, Any], language: str, model: str) -> None:
    asked = request(language, settings={"speed": 3}, **voice)
    assert query(Aura(ACCESS), asked) == {
        "model": model,
        "encoding": "linear16",
        "sample_rate": "16000",
        "speed": "1.5",
    }


def test_a_text_is_cut_to_what_deepgram_takes_at_once_and_flushed_once() -> None:
    text = "It is a long story. " * 150
    *texts, flush = said(Aura(ACCESS), SpeakRequest(text, VoiceConfig()))
    assert flush == {"type": "Flush"}
    assert "".join(part["text"] for part in texts) == text
    assert max(len(part["text"]) for part in texts) <= 2000


def test_openai() -> None:
    asked = request(voice_id="nova", settings={"speed": 2, "instructions": "Whisper.", "sample_rate": 16_000})
    assert body(asked) == {
        "model": "gpt-4o-mini-tts",
        "voice": "nova",
        "input": "Hello.",
        "response_format": "pcm",
        "speed": 2.0,
        "instructions": "Whisper.",
    }
    assert "instructions" not in body(request(model="tts-1-hd", settings={"instructions": "Whisper."}))
    assert set(body(request(settings=NONSENSE))) == {"model", "voice", "input", "response_format"}
    vendor = OpenAiSpeech(ACCESS)
    assert [vendor.sample_rate_hz(one.voice) for one in (asked, request())] == [16_000, 24_000]


@pytest.mark.parametrize(
    ("vendor", "message", "failure"),
    [
        (ElevenLabs(ACCESS), {"error": "max_active_conversations", "code": 1008}, ProviderFailure.RATE_LIMIT),
        (ElevenLabs(ACCESS), {"error": "quota_exceeded"}, ProviderFailure.REJECTED),
        (Cartesia(ACCESS), {"type": "error", "context_id": "one", "status_code": 429}, ProviderFailure.RATE_LIMIT),
        (Cartesia(ACCESS), {"type": "error", "status_code": 402}, ProviderFailure.REJECTED),
        (Cartesia(ACCESS), {"type": "error"}, ProviderFailure.UNAVAILABLE),
        (Rime(ACCESS), {"type": "error", "message": "Hello."}, ProviderFailure.UNAVAILABLE),
    ],
)
def test_errors_that_a_vendor_tells(vendor: SocketVendor, message: dict[str, Any], failure: ProviderFailure) -> None:
    (heard,) = vendor.dialect().receive(json.dumps({**message, "message": "Hello. with key secret"}))
    assert getattr(heard.what, "failure", None) is failure
    assert "Hello" not in str(heard.what)
    assert "secret" not in str(heard.what)
