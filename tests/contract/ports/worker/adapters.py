"""The adapters that must keep the promises of media_worker.ports. To join, an adapter adds one line to its table."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import numpy as np

from callcore.agents.agent import LlmConfig, SpeechToTextConfig, VoiceConfig
from callcore.agents.script import Script
from callnet.guarded import GuardedClient
from media_worker.ports.stt import SttRequest
from media_worker.ports.tts import SpeakRequest
from media_worker.providers.local.speech_pool import SpeechPool
from media_worker.providers.registry import Kind, Registry, Resources
from media_worker.providers.vendor_http import vendor_client
from media_worker.providers.vendors import Vendors
from tests.peers.hearing_vendors import HEARING_VENDORS, hearing_vendor
from tests.peers.speaker import utter
from tests.peers.thinking_vendors import THINKING_VENDORS, thinking_vendor
from tests.virtual_time import run_virtual

STT_ADAPTERS = ("pocketsphinx", "scripted", *HEARING_VENDORS)
LLM_ADAPTERS = ("script", "scripted", *THINKING_VENDORS)
VAD_ADAPTERS = ("silero", "scripted")
TOOL_ADAPTERS = ("client",)

SENTENCE = "what are your opening hours"
SCRIPT = Script.model_validate({"intents": [{"phrases": [SENTENCE], "answer": "Nine to five."}], "end": ["goodbye"]})
LISTENING = SttRequest(
    sample_rate_hz=16_000, script=SCRIPT, config=SpeechToTextConfig.model_validate({"utterances": [SENTENCE]})
)
SPEAKING = SpeakRequest("Nine to five, every day except Monday.", VoiceConfig())
THINKING = LlmConfig(script=SCRIPT)
CALLING = LlmConfig.model_validate(
    {
        "replies": [[{"calls": [{"name": "opening_hours"}]}, "Nine to five."]],
        "script": {"intents": [{"phrases": [SENTENCE], "tool": "opening_hours", "answer": "We are open {result}."}]},
    }
)
"""Needs a function to answer SENTENCE."""


def spoken(text: str = SENTENCE) -> bytes:
    """The text as a user says it, with some room around."""
    return bytes(9_600) + utter(text) + bytes(16_000)


def noise(seconds: float, rate_hz: int = 16_000) -> bytes:
    """A quiet room."""
    return np.random.default_rng(5).normal(0, 8, int(seconds * rate_hz)).astype("<i2").tobytes()


@asynccontextmanager
async def _thinking(name: str) -> AsyncIterator[Mapping[str, str]]:
    async with thinking_vendor(name) as vendor:
        yield vendor.environment


@asynccontextmanager
async def _hearing(name: str) -> AsyncIterator[Mapping[str, str]]:
    async with hearing_vendor(name, SENTENCE) as vendor:
        yield vendor.environment


PEERS: Mapping[tuple[Kind, str], Callable[[str], AbstractAsyncContextManager[Mapping[str, str]]]] = {
    **{(Kind.LLM, name): _thinking for name in THINKING_VENDORS},
    **{(Kind.STT, name): _hearing for name in HEARING_VENDORS},
}
"""What serves while a vendor's adapter is tried, by its name; gives what the environment says of it."""


@asynccontextmanager
async def _nobody(name: str) -> AsyncIterator[Mapping[str, str]]:
    yield {}


@asynccontextmanager
async def adapter(kind: Kind, name: str) -> AsyncIterator[Any]:
    """The adapter, made as the worker makes it."""
    async with (
        SpeechPool(1) as pool,
        GuardedClient() as web,
        vendor_client() as http,
        PEERS.get((kind, name), _nobody)(name) as environment,
    ):
        yield Registry(Resources(pool, pool, web, http, Vendors(environment))).get(kind, name)


def run(kind: Kind, name: str, scene: Callable[[Any], Awaitable[None]]) -> None:
    """Play a scene with an adapter; a scene that hangs fails. Whatever is no process of its own needs no real time."""

    async def play() -> None:
        async with asyncio.timeout(60), adapter(kind, name) as made:
            await scene(made)

    if (kind, name) in PEERS:
        run_virtual(play(), sockets=True)
    else:
        asyncio.run(play())
