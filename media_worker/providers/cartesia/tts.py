"""Text to speech with Cartesia: one WebSocket for all texts, each a context that is asked for in one message.

providers.md 4.4. The vendor closes a connection after five minutes without a text; it is opened again then.
"""

import base64
import json
from collections.abc import Iterable, Mapping
from typing import Any

from callcore.agents.agent import VoiceConfig
from callcore.errors import ProviderError, ProviderFailure
from media_worker.ports.tts import SpeakRequest
from media_worker.providers.alignment import Alignment
from media_worker.providers.live_voice import LiveVoice
from media_worker.providers.registry import Resources
from media_worker.providers.vendor_http import failure_of_status
from media_worker.providers.vendors import Access, Vendor
from media_worker.providers.voice_dialect import Address, Frame, Heard, Limits, Over
from media_worker.providers.voice_settings import given, number, text

PROVIDER = "cartesia"
API_VERSION = "2026-03-01"
DEFAULT_MODEL = "sonic-3.5"
DEFAULT_VOICE = "f786b574-daa5-4673-aa0c-cbe3e8534c02"
"""Katie."""
RATE_HZ = 16_000


class Cartesia:
    """The vendor."""

    name = PROVIDER
    limits = Limits(contexts=16, left_count=False)
    """A connection has no limit of its own; what the account may say at once is refused with 429."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def sample_rate_hz(self, voice: VoiceConfig) -> int:
        """Always asked for at this rate."""
        return RATE_HZ

    def address(self, request: SpeakRequest) -> Address:
        """The same for every text."""
        headers = {"X-API-Key": self._access.api_key, "Cartesia-Version": API_VERSION}
        return Address(f"{self._access.websocket_url}/tts/websocket", headers)

    def dialect(self) -> "Contexts":
        """Of a new connection."""
        return Contexts()


class Contexts:
    """The protocol."""

    def __init__(self) -> None:
        self._alignments: dict[str, Alignment] = {}

    def say(self, context_id: str, request: SpeakRequest) -> tuple[Frame, ...]:
        """The whole text, and that none follows."""
        self._alignments[context_id] = Alignment(request.text)
        voice = request.voice
        message: dict[str, Any] = {
            "context_id": context_id,
            "model_id": voice.model or DEFAULT_MODEL,
            "transcript": request.text,
            "continue": False,
            "language": request.language.partition("-")[0].lower(),
            "voice": {"mode": "id", "id": voice.voice_id or DEFAULT_VOICE},
            "output_format": {"container": "raw", "encoding": "pcm_s16le", "sample_rate": RATE_HZ},
            "add_timestamps": True,
            "use_normalized_timestamps": False,
            "max_buffer_delay_ms": 0,
        }
        manner = {
            "speed": number(voice, "speed", 0.6, 1.5),
            "volume": number(voice, "volume", 0.5, 2.0),
            "emotion": text(voice, "emotion"),
        }
        if given(manner):
            message["generation_config"] = given(manner)
        return (json.dumps(message),)

    def leave(self, context_id: str) -> tuple[Frame, ...]:
        """What is being made may still come."""
        self._alignments.pop(context_id, None)
        return (json.dumps({"context_id": context_id, "cancel": True}),)

    def receive(self, message: Frame) -> tuple[Heard, ...]:
        """Sound, words, ends and errors."""
        told = json.loads(message)
        context_id = told.get("context_id")
        match told["type"]:
            case "chunk":
                return (Heard(context_id, base64.b64decode(told["data"])),)
            case "timestamps":
                return tuple(Heard(context_id, time) for time in self._times(context_id, told["word_timestamps"]))
            case "done":
                self._alignments.pop(context_id, None)
                return (Heard(context_id, Over()),)
            case "error":
                return (Heard(context_id, _failure(told)),)
            case _:
                return ()

    def _times(self, context_id: str, told: Mapping[str, Any]) -> Iterable[Any]:
        alignment = self._alignments.get(context_id)
        if alignment is None:
            return ()
        words = zip(told["words"], told["start"], told["end"], strict=True)
        return alignment.words((word, start * 1000, end * 1000) for word, start, end in words)

    def closed(self, code: int | None, reason: str) -> ProviderError:
        """It closes what is idle with 1000, and nothing for good."""
        return ProviderError(PROVIDER, ProviderFailure.UNAVAILABLE, f"closed with {code}")


def _failure(told: Mapping[str, Any]) -> ProviderError:
    status = told.get("status_code")
    status = status if isinstance(status, int) else 500
    return ProviderError(PROVIDER, failure_of_status(status), f"status {status}")


def create(resources: Resources) -> LiveVoice:
    """Voices of the operator's account."""
    return LiveVoice(Cartesia(resources.vendors.need(Vendor.CARTESIA)))
