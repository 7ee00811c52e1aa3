"""The voices that must keep the promises of media_worker.ports.tts, those of vendors against their peers."""

import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from unittest import mock

from callnet.guarded import GuardedClient
from media_worker.ports.tts import TextToSpeech
from media_worker.providers.local.speech_pool import SpeechPool
from media_worker.providers.registry import Kind, Registry, Resources
from media_worker.providers.vendor_http import vendor_client
from media_worker.providers.vendors import Vendors
from tests.peers.cartesia import CartesiaPeer
from tests.peers.deepgram_speak import DeepgramSpeakPeer
from tests.peers.elevenlabs import ElevenLabsPeer
from tests.peers.openai_speech import OpenAiSpeechPeer
from tests.peers.polly import ACCESS_KEY, REGION, SECRET_KEY, PollyPeer
from tests.peers.rime import RimePeer
from tests.peers.voices import KEY

PEERS: Mapping[str, Callable[[], Any]] = {
    "elevenlabs": ElevenLabsPeer,
    "cartesia": CartesiaPeer,
    "rime": RimePeer,
    "deepgram": DeepgramSpeakPeer,
    "openai": OpenAiSpeechPeer,
    "polly": PollyPeer,
}
"""Adapter → its vendor."""
VENDOR_VOICES = tuple(PEERS)
TIMED_VOICES = ("elevenlabs", "cartesia", "rime")
"""They tell when their words are said."""
TTS_ADAPTERS = ("flite", "scripted", *VENDOR_VOICES)
NOWHERE = "127.0.0.1:9"
"""Where nobody listens."""


PATHS = {"openai": "/v1"}
"""Of the base URLs that have one."""


def environment(name: str, address: str) -> dict[str, str]:
    """What an operator sets to have this voice speak there."""
    if name == "polly":
        return {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_REGION": REGION, "AWS_BASE_URL": f"http://{address}"}
    vendor = name.upper()
    return {f"{vendor}_API_KEY": KEY, f"{vendor}_BASE_URL": f"http://{address}{PATHS.get(name, '')}"}


def rate_hz(name: str) -> int:
    """Of a vendor's sound."""
    return 24_000 if name == "openai" else 16_000


@asynccontextmanager
async def voice(name: str, address: str = NOWHERE) -> AsyncIterator[TextToSpeech]:
    """The voice, made as the worker makes it."""
    credentials = {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}
    with mock.patch.dict(os.environ, credentials):  # botocore finds them there
        async with _made(name, address) as tts:
            yield tts


@asynccontextmanager
async def _made(name: str, address: str) -> AsyncIterator[TextToSpeech]:
    async with SpeechPool(1) as pool, GuardedClient() as web, vendor_client() as http:
        resources = Resources(pool, pool, web, http, Vendors(environment(name, address)))
        yield Registry(resources).get(Kind.TTS, name)


@asynccontextmanager
async def voice_and_peer(name: str) -> AsyncIterator[tuple[TextToSpeech, Any]]:
    """A voice and its vendor; of the embedded ones the vendor is None."""
    async with AsyncExitStack() as stack:
        peer = await stack.enter_async_context(PEERS[name]()) if name in PEERS else None
        address = NOWHERE if peer is None else peer.address
        yield await stack.enter_async_context(voice(name, address)), peer
