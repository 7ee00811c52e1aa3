"""The voices that must keep the promises of media_worker.ports.tts, those of vendors against their peers."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

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
from tests.peers.rime import RimePeer
from tests.peers.voices import KEY

PEERS: Mapping[str, Callable[[], Any]] = {
    "elevenlabs": ElevenLabsPeer,
    "cartesia": CartesiaPeer,
    "rime": RimePeer,
    "deepgram": DeepgramSpeakPeer,
    "openai": OpenAiSpeechPeer,
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
    vendor = name.upper()
    return {f"{vendor}_API_KEY": KEY, f"{vendor}_BASE_URL": f"http://{address}{PATHS.get(name, '')}"}


def rate_hz(name: str) -> int:
    """Of a vendor's sound."""
    return 24_000 if name == "openai" else 16_000


@asynccontextmanager
async def voice(name: str, address: str = NOWHERE) -> AsyncIterator[TextToSpeech]:
    """The voice, made as the worker makes it."""
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
