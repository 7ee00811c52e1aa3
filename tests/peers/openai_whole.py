"""OpenAI under one address: chat completions, speech and live transcription."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from starlette.types import Receive, Scope, Send

from infra.local.http_proxy import HttpProxy
from infra.local.websocket_proxy import WebSocketProxy
from tests.peers.asgi_server import serving
from tests.peers.openai import KEY, OpenAiPeer
from tests.peers.openai_live import OpenAiLive, openai_live
from tests.peers.openai_speech import OpenAiSpeechPeer


@dataclass(frozen=True)
class WholeOpenAi:
    """All of it, running."""

    url: str
    """As a base URL, with the version."""
    chat: OpenAiPeer
    speech: OpenAiSpeechPeer
    live: OpenAiLive


@asynccontextmanager
async def openai_whole(chat: OpenAiPeer, *texts: str) -> AsyncIterator[WholeOpenAi]:
    """Everything behind one port, for one key; speech is taken for these texts."""
    async with (
        openai_live(*texts) as live,
        OpenAiSpeechPeer() as speech,
        HttpProxy(f"http://{speech.address}") as voice,
    ):
        speech.key = KEY
        ear = WebSocketProxy(live.url.removesuffix("/v1"))

        async def application(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "websocket":
                await ear(scope, receive, send)
            elif scope["path"].startswith("/v1/audio/"):
                await voice(scope, receive, send)
            else:
                await chat(scope, receive, send)

        async with serving(application) as address:
            yield WholeOpenAi(f"http://{address}/v1", chat, speech, live)
