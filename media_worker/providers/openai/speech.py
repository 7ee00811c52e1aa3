"""Text to speech with servers that speak OpenAI's `/audio/speech` (providers.md 4.2).

OpenAI itself ends its models of it on 2027-01-06. Others serve the same path: then `OPENAI_BASE_URL` and `voice.model`
lead there.
"""

import json
from collections.abc import Mapping

from callcore.agents.agent import VoiceConfig
from callcore.errors import ProviderError
from media_worker.ports.tts import SpeakRequest
from media_worker.providers.http_voice import Asked, HttpVoice
from media_worker.providers.openai.failures import refusal
from media_worker.providers.registry import Resources
from media_worker.providers.vendors import Access, Vendor
from media_worker.providers.voice_settings import given, number, text

PROVIDER = "openai"
DEFAULT_MODEL = "gpt-4o-mini-tts"
DEFAULT_VOICE = "coral"
RATE_HZ = 24_000
"""Of OpenAI's raw PCM, which has no header; `voice.settings.sample_rate` says what another server makes."""
WITHOUT_INSTRUCTIONS = "tts-1"
"""This model and its like refuse them."""


class OpenAiSpeech:
    """A server."""

    name = PROVIDER

    def __init__(self, access: Access) -> None:
        self.base_url = access.http_url
        self._api_key = access.api_key

    def sample_rate_hz(self, voice: VoiceConfig) -> int:
        """The server's own."""
        return round(number(voice, "sample_rate", 8000, 48_000) or RATE_HZ)

    async def asked(self, request: SpeakRequest) -> Asked:
        """Raw sound, as it is made."""
        voice = request.voice
        model = voice.model or DEFAULT_MODEL
        takes_instructions = not model.startswith(WITHOUT_INSTRUCTIONS)
        body = {
            "model": model,
            "voice": voice.voice_id or DEFAULT_VOICE,
            "input": request.text,
            "response_format": "pcm",
            "speed": number(voice, "speed", 0.25, 4.0),
            "instructions": text(voice, "instructions") if takes_instructions else None,
        }
        headers = {"Authorization": f"Bearer {self._api_key}", "Content-Type": "application/json"}
        return Asked(f"{self.base_url}/audio/speech", headers, json.dumps(given(body)).encode())

    def refused(self, status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
        """As for chat completions."""
        return refusal(PROVIDER, status, headers, body)

    def billed(self, request: SpeakRequest, headers: Mapping[str, str]) -> int:
        """Those of the text."""
        return len(request.text)


def create(resources: Resources) -> HttpVoice:
    """Voices of OpenAI, or of whatever stands at its address."""
    return HttpVoice(OpenAiSpeech(resources.vendors.need(Vendor.OPENAI)), resources.http)
