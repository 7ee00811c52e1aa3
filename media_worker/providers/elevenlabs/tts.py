"""Text to speech with ElevenLabs: multi-context WebSockets (providers.md 4.1).

A context is one text: it is opened with the voice's settings, given its text, flushed and closed at once, because only
a closed context is told to be over. So no context is ever left open, and none is opened by accident: nothing is sent
to one before its first message or after its last.
"""

import base64
import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from callcore.agents.agent import VoiceConfig
from callcore.errors import ProviderError, ProviderFailure
from media_worker.ports.tts import SpeakRequest
from media_worker.providers.alignment import Alignment
from media_worker.providers.live_voice import LiveVoice
from media_worker.providers.registry import Resources
from media_worker.providers.vendors import Access, Vendor
from media_worker.providers.voice_dialect import Address, Frame, Heard, Limits, Over
from media_worker.providers.voice_settings import flag, given, number

PROVIDER = "elevenlabs"
DEFAULT_MODEL = "eleven_flash_v2_5"
DEFAULT_VOICE = "21m00Tcm4TlvDq8ikWAM"
"""Rachel, who is in every account."""
RATE_HZ = 16_000
IDLE_S = 180
"""The longest that may be asked for; 20 s without."""
WITH_LANGUAGE = ("v2_5", "v3", "v4")
"""Models that take a language; the others refuse it with 400."""
SUCCESSORS: Mapping[str, str] = {"eleven_turbo_v2_5": DEFAULT_MODEL}
"""Models that the vendor has replaced."""
_FAILURES: Mapping[str, ProviderFailure] = {
    "max_active_conversations": ProviderFailure.RATE_LIMIT,
    "too_many_concurrent_requests": ProviderFailure.RATE_LIMIT,
    "system_busy": ProviderFailure.RATE_LIMIT,
    "rate_limited": ProviderFailure.RATE_LIMIT,
}
_REFUSED = (1007, 1008)


class ElevenLabs:
    """The vendor."""

    name = PROVIDER
    limits = Limits(contexts=4)
    """It refuses a sixth, and one that is being closed counts: a filler must always find room."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def sample_rate_hz(self, voice: VoiceConfig) -> int:
        """Always asked for at this rate."""
        return RATE_HZ

    def address(self, request: SpeakRequest) -> Address:
        """Voice, model and language are bound to the connection."""
        voice = request.voice
        model = SUCCESSORS.get(voice.model or DEFAULT_MODEL, voice.model or DEFAULT_MODEL)
        query = {
            "model_id": model,
            "output_format": f"pcm_{RATE_HZ}",
            "auto_mode": "true",
            "inactivity_timeout": IDLE_S,
            "sync_alignment": "true",
        }
        if any(mark in model for mark in WITH_LANGUAGE):
            query["language_code"] = request.language.partition("-")[0].lower()
        path = f"/v1/text-to-speech/{quote(voice.voice_id or DEFAULT_VOICE, safe='')}/multi-stream-input"
        return Address(f"{self._access.websocket_url}{path}?{urlencode(query)}", {"xi-api-key": self._access.api_key})

    def dialect(self) -> "MultiContext":
        """Of a new connection."""
        return MultiContext()


class MultiContext:
    """The protocol of multi-stream-input."""

    def __init__(self) -> None:
        self._clocks: dict[str, _Clock] = {}

    def say(self, context_id: str, request: SpeakRequest) -> tuple[Frame, ...]:
        """Open the context, say everything, close it."""
        self._clocks[context_id] = _Clock(request.text)
        opening: dict[str, Any] = {"text": " ", "context_id": context_id}
        if settings := _voice_settings(request.voice):
            opening["voice_settings"] = settings
        return (
            json.dumps(opening),
            json.dumps({"text": f"{request.text} ", "context_id": context_id, "flush": True}),
            json.dumps({"context_id": context_id, "close_context": True}),
        )

    def leave(self, context_id: str) -> tuple[Frame, ...]:
        """Nothing: it is closed already, and whatever is sent to a context that is gone opens another one."""
        return ()

    def receive(self, message: Frame) -> tuple[Heard, ...]:
        """Sound, times, ends and errors."""
        told = json.loads(message)
        context_id = told.get("contextId") or told.get("context_id")
        if told.get("error"):
            return (Heard(context_id, _failure(str(told["error"]))),)
        return tuple(Heard(context_id, what) for what in self._heard(context_id, told))

    def _heard(self, context_id: str, told: Mapping[str, Any]) -> Iterator[Any]:
        clock = self._clocks.get(context_id)
        if clock is None:
            return
        yield from clock.times(told.get("alignment") or {})
        if told.get("audio"):
            yield base64.b64decode(told["audio"])
        if told.get("isFinal") or told.get("is_final"):
            del self._clocks[context_id]
            yield Over()

    def closed(self, code: int | None, reason: str) -> ProviderError:
        """Codes of policy are final; whatever else closes a connection does not close the next one."""
        failure = ProviderFailure.REJECTED if code in _REFUSED else ProviderFailure.UNAVAILABLE
        return ProviderError(PROVIDER, failure, f"closed with {code}")


class _Clock:
    """Times of one context: in the vendor's messages they begin anew with each of them."""

    def __init__(self, text: str) -> None:
        self._alignment = Alignment(text)
        self._from_ms = 0.0

    def times(self, told: Mapping[str, Any]) -> Iterator[Any]:
        """Of the characters of one message."""
        characters = told.get("chars") or told.get("characters") or []
        starts = told.get("charStartTimesMs") or told.get("char_start_times_ms") or []
        durations = told.get("charDurationsMs") or told.get("char_durations_ms") or []
        timed = [
            (character, self._from_ms + start, self._from_ms + start + duration)
            for character, start, duration in zip(characters, starts, durations, strict=False)
        ]
        yield from self._alignment.characters(timed)
        if timed:
            self._from_ms = timed[-1][2]


def _voice_settings(voice: VoiceConfig) -> dict[str, Any]:
    """Of the agent's settings those that the vendor has; it refuses a connection for any other."""
    return given(
        {
            "stability": number(voice, "stability", 0.0, 1.0),
            "similarity_boost": number(voice, "similarity_boost", 0.0, 1.0),
            "style": number(voice, "style", 0.0, 1.0),
            "speed": number(voice, "speed", 0.7, 1.2),
            "use_speaker_boost": flag(voice, "use_speaker_boost"),
        }
    )


def _failure(error: str) -> ProviderError:
    """Of theirs only the name is told: a message may quote the text."""
    failure = _FAILURES.get(error, ProviderFailure.REJECTED)
    return ProviderError(PROVIDER, failure, error if error in _FAILURES else "")


def create(resources: Resources) -> LiveVoice:
    """Voices of the operator's account."""
    return LiveVoice(ElevenLabs(resources.vendors.need(Vendor.ELEVENLABS)))
