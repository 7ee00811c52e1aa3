"""A vendor's voice over HTTP: one request for each text, whose body is the sound as it is made."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

import httpx2

from callcore.agents.agent import VoiceConfig
from callcore.errors import ProviderError, ProviderFailure
from media_worker.ports.tts import CharactersBilled, SpeakRequest, SpeechEvent
from media_worker.providers.retries import with_retries
from media_worker.providers.vendor_http import CONNECT_S, body_within, told_as_ours
from media_worker.providers.whole_samples import WholeSamples


@dataclass(frozen=True)
class Asked:
    """A request that is to be posted."""

    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class HttpVendor(Protocol):
    """A vendor whose voices speak in the bodies of replies."""

    name: str
    base_url: str
    """Where a connection can be opened before there is something to say."""

    def sample_rate_hz(self, voice: VoiceConfig) -> int:
        """Rate of the sound."""
        ...

    async def asked(self, request: SpeakRequest) -> Asked:
        """How this is asked for. Raises ProviderError when it cannot be."""
        ...

    def refused(self, status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
        """What a reply with such a status means."""
        ...

    def billed(self, request: SpeakRequest, headers: Mapping[str, str]) -> int:
        """Characters."""
        ...


class HttpVoice:
    """The voices of one vendor."""

    def __init__(self, vendor: HttpVendor, http: httpx2.AsyncClient) -> None:
        self._vendor = vendor
        self._http = http

    def sample_rate_hz(self, voice: VoiceConfig) -> int:
        """The vendor's."""
        return self._vendor.sample_rate_hz(voice)

    def open(self, request: SpeakRequest, tasks: asyncio.TaskGroup) -> "HttpSpeaker":
        """A connection is being opened; the first text finds it in the process's pool."""
        return HttpSpeaker(self._vendor, self._http, tasks)


class HttpSpeaker:
    """A session at the vendor."""

    def __init__(self, vendor: HttpVendor, http: httpx2.AsyncClient, tasks: asyncio.TaskGroup) -> None:
        self._vendor = vendor
        self._http = http
        self._connecting = tasks.create_task(self._connect())

    def close(self) -> None:
        """Nothing is prepared any more."""
        self._connecting.cancel()

    async def _connect(self) -> None:
        with suppress(httpx2.HTTPError, httpx2.InvalidURL):
            await self._http.head(self._vendor.base_url, timeout=CONNECT_S)

    @asynccontextmanager
    async def speak(self, request: SpeakRequest) -> AsyncIterator[AsyncIterator[SpeechEvent]]:
        """Say a text; nothing comes when it is empty. Leaving closes the reply. Raises ProviderError, iterating."""
        async with aclosing(with_retries(partial(self._attempt, request))) as events:
            yield events

    async def _attempt(self, request: SpeakRequest) -> AsyncGenerator[SpeechEvent]:
        if not request.text.strip():
            return
        vendor, samples, sounded = self._vendor, WholeSamples(), False
        asked = await vendor.asked(request)
        with told_as_ours(vendor.name):
            async with self._http.stream("POST", asked.url, headers=asked.headers, content=asked.body) as response:
                if response.status_code != httpx2.codes.OK:
                    raise vendor.refused(response.status_code, response.headers, await body_within(response))
                yield CharactersBilled(vendor.billed(request, response.headers))
                async for data in response.aiter_bytes():
                    if pcm := samples.push(data):
                        sounded = True
                        yield pcm
        if not sounded:
            raise ProviderError(vendor.name, ProviderFailure.UNAVAILABLE, "it made no sound")
