"""Text to speech with Amazon Polly: signed SynthesizeSpeech, one request for each text (providers.md 4.5).

Polly tells the times of words only in another request, which is billed like the first: `voice.settings.speech_marks`
asks for it. The generative engine has none.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import Any
from xml.sax.saxutils import escape

import httpx2

from callcore.agents.agent import VoiceConfig
from callcore.calls.transcript import TextTime
from callcore.errors import ProviderError
from callcore.jsontext import to_json
from media_worker.ports.tts import CharactersBilled, SpeakRequest, SpeechEvent
from media_worker.providers.alignment import Alignment
from media_worker.providers.aws.failures import refusal
from media_worker.providers.aws.signing import Signer
from media_worker.providers.http_voice import Asked, HttpSpeaker, HttpVoice
from media_worker.providers.registry import Resources
from media_worker.providers.vendors import Access, Vendor
from media_worker.providers.voice_settings import flag, number

PROVIDER = "polly"
RATE_HZ = 16_000
"""The higher of its two rates for PCM."""
DEFAULT_ENGINE = "neural"
WITHOUT_MARKS = "generative"
DEFAULT_VOICES: Mapping[str, str] = {
    "en": "Joanna",
    "de": "Vicki",
    "es": "Lupe",
    "fr": "Lea",
    "it": "Bianca",
    "pt": "Camila",
    "nl": "Laura",
    "pl": "Ola",
    "sv": "Elin",
    "da": "Sofie",
    "nb": "Ida",
    "fi": "Suvi",
    "tr": "Burcu",
    "cs": "Jitka",
    "ca": "Arlet",
    "ar": "Hala",
    "hi": "Kajal",
    "ja": "Takumi",
    "ko": "Seoyeon",
    "zh": "Zhiyu",
}
"""A neural voice of each language."""


def base_url_of(access: Access) -> str:
    """Where the region's service is, unless the environment says otherwise."""
    return access.http_url or f"https://polly.{access.region}.amazonaws.com"


class Polly:
    """The service in one region."""

    name = PROVIDER

    def __init__(self, access: Access, signer: Signer) -> None:
        self.base_url = base_url_of(access)
        self._signer = signer

    def sample_rate_hz(self, voice: VoiceConfig) -> int:
        """Always asked for at this rate."""
        return RATE_HZ

    async def asked(self, request: SpeakRequest) -> Asked:
        """The sound of a text."""
        return await self._signed(request, {"OutputFormat": "pcm", "SampleRate": str(RATE_HZ)})

    async def asked_for_marks(self, request: SpeakRequest) -> Asked | None:
        """When its words are said; None when that is not wanted or not known."""
        voice = request.voice
        if not flag(voice, "speech_marks") or voice.model == WITHOUT_MARKS:
            return None
        return await self._signed(request, {"OutputFormat": "json", "SpeechMarkTypes": ["word"]})

    async def _signed(self, request: SpeakRequest, wanted: Mapping[str, Any]) -> Asked:
        url = f"{self.base_url}/v1/speech"
        body = to_json({**_body(request), **wanted}).encode()
        headers = await self._signer.headers("POST", url, body, {"Content-Type": "application/json"})
        return Asked(url, headers, body)

    def refused(self, status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
        """As for every service of AWS: throttling has status 400."""
        return refusal(PROVIDER, status, headers)

    def billed(self, request: SpeakRequest, headers: Mapping[str, str]) -> int:
        """What Polly counts."""
        told = headers.get("x-amzn-requestcharacters", "")
        return int(told) if told.isdecimal() else len(request.text)


def _body(request: SpeakRequest) -> dict[str, Any]:
    voice = request.voice
    language = request.language.partition("-")[0].lower()
    body = {
        "Text": request.text,
        "TextType": "text",
        "VoiceId": voice.voice_id or DEFAULT_VOICES.get(language, DEFAULT_VOICES["en"]),
        "Engine": voice.model or DEFAULT_ENGINE,
    }
    speed = number(voice, "speed", 0.5, 2.0)
    if speed is not None:
        # Only markup can say that.
        body["Text"] = f'<speak><prosody rate="{round(speed * 100)}%">{escape(request.text)}</prosody></speak>'
        body["TextType"] = "ssml"
    return body


class PollyVoice(HttpVoice):
    """The voices of one region."""

    def __init__(self, polly: Polly, http: httpx2.AsyncClient) -> None:
        super().__init__(polly, http)
        self._polly = polly

    def open(self, request: SpeakRequest, tasks: asyncio.TaskGroup) -> "PollySpeaker":
        """A connection is being opened."""
        return PollySpeaker(self._polly, self._http, tasks)


class PollySpeaker(HttpSpeaker):
    """A session at Polly; the times of words are asked for beside their sound."""

    def __init__(self, polly: Polly, http: httpx2.AsyncClient, tasks: asyncio.TaskGroup) -> None:
        super().__init__(polly, http, tasks)
        self._polly = polly
        self._tasks = tasks

    @asynccontextmanager
    async def speak(self, request: SpeakRequest) -> AsyncIterator[AsyncIterator[SpeechEvent]]:
        """Say a text, with the times of its words if the agent wants them. Raises ProviderError, while iterating."""
        async with super().speak(request) as sound:
            if not flag(request.voice, "speech_marks") or not request.text.strip():
                yield sound
                return
            async with aclosing(self._timed(request, sound)) as events:
                yield events

    async def _timed(self, request: SpeakRequest, sound: AsyncIterator[SpeechEvent]) -> AsyncGenerator[SpeechEvent]:
        asking = self._tasks.create_task(self._marks(request))
        waiting = True
        try:
            async for event in sound:
                if waiting and asking.done():
                    waiting = False
                    for mark in asking.result():
                        yield mark
                yield event
        finally:
            asking.cancel()

    async def _marks(self, request: SpeakRequest) -> tuple[SpeechEvent, ...]:
        """What they are and cost; nothing when they cannot be had, for the sound does without."""
        try:
            asked = await self._polly.asked_for_marks(request)
            if asked is None:
                return ()
            reply = await self._http.post(asked.url, headers=asked.headers, content=asked.body)
            if reply.status_code != httpx2.codes.OK:
                return ()
            lines = [json.loads(line) for line in reply.text.splitlines()]
            return CharactersBilled(self._polly.billed(request, reply.headers)), *_times(request.text, lines)
        except (ProviderError, httpx2.HTTPError, ValueError, LookupError, TypeError):
            return ()


def _times(text: str, marks: list[dict[str, Any]]) -> Iterator[TextTime]:
    """Only when a word begins is told, so only that is passed on."""
    alignment = Alignment(text)
    for mark in marks:
        if mark["type"] == "word":
            yield from list(alignment.words([(str(mark["value"]), float(mark["time"]), float(mark["time"]))]))[:1]


def create(resources: Resources) -> PollyVoice:
    """The voices of the process's region."""
    access = resources.vendors.need(Vendor.AWS)
    return PollyVoice(Polly(access, Signer("polly", access.region)), resources.http)
