"""Text to speech with Rime: its JSON WebSocket `ws3`, which times words while they are made (providers.md 4.3).

Clearing is not per text: it stops whatever is said on the connection. So a connection says one text at a time.
"""

import base64
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from callcore.agents.agent import VoiceConfig
from callcore.errors import ProviderError, ProviderFailure
from media_worker.ports.tts import SpeakRequest
from media_worker.providers.alignment import Alignment
from media_worker.providers.live_voice import LiveVoice
from media_worker.providers.registry import Resources
from media_worker.providers.vendors import Access, Vendor
from media_worker.providers.voice_dialect import Address, Frame, Heard, Limits, Over
from media_worker.providers.voice_settings import flag, given, number

PROVIDER = "rime"
DEFAULT_MODEL = "coda"
DEFAULT_VOICE = "lyra"
RATE_HZ = 16_000
LANGUAGES: Mapping[str, str] = {
    "en": "eng",
    "es": "spa",
    "fr": "fra",
    "de": "ger",
    "pt": "por",
    "it": "ita",
    "hi": "hin",
    "ja": "jpn",
    "ar": "ara",
    "he": "heb",
    "nl": "nld",
    "pl": "pol",
    "ko": "kor",
    "zh": "cmn",
    "ta": "tam",
}
"""By their tags; another one is passed on as it is."""


class Rime:
    """The vendor."""

    name = PROVIDER
    limits = Limits(contexts=1, left_count=False)

    def __init__(self, access: Access) -> None:
        self._access = access

    def sample_rate_hz(self, voice: VoiceConfig) -> int:
        """Always asked for at this rate."""
        return RATE_HZ

    def address(self, request: SpeakRequest) -> Address:
        """Everything is bound to the connection."""
        voice, language = request.voice, request.language.partition("-")[0].lower()
        query = {
            "speaker": voice.voice_id or DEFAULT_VOICE,
            "modelId": voice.model or DEFAULT_MODEL,
            "audioFormat": "pcm",
            "samplingRate": RATE_HZ,
            "lang": LANGUAGES.get(language, language),
            "segment": "never",
            "speedAlpha": number(voice, "speedAlpha", 0.5, 2.0),
            "reduceLatency": _lower(flag(voice, "reduceLatency")),
            "pauseBetweenBrackets": _lower(flag(voice, "pauseBetweenBrackets")),
            "phonemizeBetweenBrackets": _lower(flag(voice, "phonemizeBetweenBrackets")),
        }
        url = f"{self._access.websocket_url}/ws3?{urlencode(given(query))}"
        return Address(url, {"Authorization": f"Bearer {self._access.api_key}"})

    def dialect(self) -> "Ws3":
        """Of a new connection."""
        return Ws3()


class Ws3:
    """The protocol. Texts are not cut at the vendor: they come as sentences, and are flushed."""

    def __init__(self) -> None:
        self._context_id = ""
        self._alignment = Alignment("")

    def say(self, context_id: str, request: SpeakRequest) -> tuple[Frame, ...]:
        """The text, and that none follows."""
        self._context_id, self._alignment = context_id, Alignment(request.text)
        text = {"text": f"{request.text} ", "contextId": context_id}
        return json.dumps(text), json.dumps({"operation": "flush"})

    def leave(self, context_id: str) -> tuple[Frame, ...]:
        """What is not made yet is dropped; what is may still come."""
        return (json.dumps({"operation": "clear"}),)

    def receive(self, message: Frame) -> tuple[Heard, ...]:
        """Sound, words, ends and errors."""
        told = json.loads(message)
        context_id = told.get("contextId")
        match told["type"]:
            case "chunk":
                return (Heard(context_id, base64.b64decode(told["data"])),)
            case "timestamps" if context_id == self._context_id:
                timed = told["word_timestamps"]
                words = zip(timed["words"], timed["start"], timed["end"], strict=True)
                in_ms = ((word, start * 1000, end * 1000) for word, start, end in words)
                return tuple(Heard(context_id, time) for time in self._alignment.words(in_ms))
            case "done":
                return (Heard(context_id, Over()),)
            case "error":
                # It names no kind, and its message may quote the text.
                return (Heard(context_id, ProviderError(PROVIDER, ProviderFailure.UNAVAILABLE, "an error")),)
            case _:
                return ()

    def closed(self, code: int | None, reason: str) -> ProviderError:
        """1008 is for good."""
        failure = ProviderFailure.REJECTED if code == 1008 else ProviderFailure.UNAVAILABLE
        return ProviderError(PROVIDER, failure, f"closed with {code}")


def _lower(value: Any) -> str | None:
    return None if value is None else str(value).lower()


def create(resources: Resources) -> LiveVoice:
    """Voices of the operator's account."""
    return LiveVoice(Rime(resources.vendors.need(Vendor.RIME)))
