"""The vendors whose models answer, by their adapters' names: a running peer and the environment that leads to it."""

import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from unittest import mock

from tests.peers import bedrock, openai
from tests.peers.asgi_server import serving
from tests.peers.openai import Answer

THINKING_VENDORS = ("openai", "groq", "together", "bedrock", "vllm", "ollama")


@dataclass(frozen=True)
class ThinkingVendor:
    """A vendor's peer."""

    environment: Mapping[str, str]
    """What makes its adapter available."""
    peer: openai.OpenAiPeer | bedrock.BedrockPeer
    saying: Callable[..., Answer]
    """A reply of these pieces of text; `ends` are the steps behind them."""


@asynccontextmanager
async def thinking_vendor(name: str) -> AsyncIterator[ThinkingVendor]:
    """The peer of this adapter's vendor."""
    if name == "bedrock":
        of_aws = bedrock.BedrockPeer()
        # botocore reads its credentials where it always does.
        async with serving(of_aws) as address:
            with mock.patch.dict(os.environ, bedrock.ENVIRONMENT):
                environment = {**bedrock.ENVIRONMENT, "AWS_BASE_URL": f"http://{address}"}
                yield ThinkingVendor(environment, of_aws, bedrock.saying)
    else:
        peer = openai.OpenAiPeer()
        async with serving(peer) as address:
            environment = {f"{name.upper()}_API_KEY": openai.KEY, f"{name.upper()}_BASE_URL": f"http://{address}/v1"}
            yield ThinkingVendor(environment, peer, openai.saying)
