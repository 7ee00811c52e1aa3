"""Text to speech with Deepgram's Aura (providers.md 4.6).

Sound carries no name there: a connection says one text at a time, and after a clearing everything is passed over until
it is acknowledged.
"""

import json
import textwrap
from urllib.parse import urlencode

from callcore.agents.agent import VoiceConfig
from callcore.errors import ProviderError, ProviderFailure
from media_worker.ports.tts import SpeakRequest
from media_worker.providers.deepgram.errors import VENDOR, closed
from media_worker.providers.live_voice import LiveVoice
from media_worker.providers.registry import Resources
from media_worker.providers.vendors import Access, Vendor
from media_worker.providers.voice_dialect import Address, Frame, Heard, Limits, Over
from media_worker.providers.voice_settings import given, number

DEFAULT_FAMILY = "aura-2"
DEFAULT_VOICE = "thalia"
RATE_HZ = 16_000
MAX_CHARACTERS = 2000
"""Of one message."""
FLUSHES_PER_MINUTE = 20
"""What is flushed beyond that stays silent."""


class Aura:
    """The vendor."""

    name = VENDOR
    limits = Limits(contexts=1, texts_per_minute=FLUSHES_PER_MINUTE)

    def __init__(self, access: Access) -> None:
        self._access = access

    def sample_rate_hz(self, voice: VoiceConfig) -> int:
        """Always asked for at this rate."""
        return RATE_HZ

    def address(self, request: SpeakRequest) -> Address:
        """Everything is bound to the connection."""
        query = {
            "model": model_of(request.voice, request.language),
            "encoding": "linear16",
            "sample_rate": RATE_HZ,
            "speed": number(request.voice, "speed", 0.7, 1.5),
        }
        url = f"{self._access.websocket_url}/v1/speak?{urlencode(given(query))}"
        return Address(url, {"Authorization": f"Token {self._access.api_key}"})

    def dialect(self) -> "Speaking":
        """Of a new connection."""
        return Speaking()


def model_of(voice: VoiceConfig, language: str) -> str:
    """Family, voice and language are one name; either of the agent's fields may hold it whole."""
    for name in (voice.voice_id, voice.model):
        if name and name.startswith("aura-") and name.count("-") > 1 and not name.removeprefix("aura-").isdigit():
            return name
    family = voice.model or DEFAULT_FAMILY
    return f"{family}-{voice.voice_id or DEFAULT_VOICE}-{language.partition('-')[0].lower()}"


class Speaking:
    """The protocol of `/v1/speak`."""

    def __init__(self) -> None:
        self._context_id: str | None = None
        """The text that is being said."""
        self._cleared: list[str] = []
        """Those whose clearing is not acknowledged yet."""

    def say(self, context_id: str, request: SpeakRequest) -> tuple[Frame, ...]:
        """The text, and that it is to be said now."""
        self._context_id = context_id
        texts = textwrap.wrap(request.text, MAX_CHARACTERS, drop_whitespace=False)
        return *(json.dumps({"type": "Speak", "text": text}) for text in texts), json.dumps({"type": "Flush"})

    def leave(self, context_id: str) -> tuple[Frame, ...]:
        """What is not made yet is dropped; what is still comes."""
        self._context_id = None
        self._cleared.append(context_id)
        return (json.dumps({"type": "Clear"}),)

    def receive(self, message: Frame) -> tuple[Heard, ...]:
        """Sound, ends and warnings."""
        context_id = None if self._cleared else self._context_id
        if isinstance(message, bytes):
            return (Heard(context_id, message),) if context_id else ()
        match json.loads(message)["type"]:
            case "Flushed" if context_id:
                self._context_id = None
                return (Heard(context_id, Over()),)
            case "Cleared" if self._cleared:
                return (Heard(self._cleared.pop(0), Over()),)
            case "Warning" if context_id:
                # Nothing is said then, and nothing else is told. Its description may quote the text.
                return (Heard(context_id, ProviderError(VENDOR, ProviderFailure.RATE_LIMIT, "a warning")),)
            case _:
                return ()

    def closed(self, code: int | None, reason: str) -> ProviderError:
        """As for its recognisers."""
        return closed(code, reason)


def create(resources: Resources) -> LiveVoice:
    """Voices of the operator's account."""
    return LiveVoice(Aura(resources.vendors.need(Vendor.DEEPGRAM)))
