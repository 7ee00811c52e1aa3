"""The vendors that hear, by the names of their adapters: a running peer and the environment that leads to it."""

import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from unittest.mock import patch

from tests.peers import bedrock, deepgram, openai, openai_live, transcribe
from tests.peers.listener import Utterances
from tests.peers.vendor_server import Fault

HEARING_VENDORS = ("deepgram", "deepgram-flux", "openai", "transcribe")


@dataclass(frozen=True)
class HearingVendor:
    """A vendor's peer."""

    environment: Mapping[str, str]
    """What makes its adapter available."""
    utterances: Utterances
    faults: list[Fault]
    """One for each connection to come."""
    secret: str
    """What nobody may read anywhere."""
    billed_s: Callable[[], float]
    """How many seconds the vendor bills for all of it; of connections that are closed."""


@asynccontextmanager
async def hearing_vendor(name: str, *texts: str) -> AsyncIterator[HearingVendor]:
    """The peer of this adapter's vendor, which takes speech for these texts."""
    if name == "transcribe":
        async with transcribe.transcribe(*texts) as aws:
            with patch.dict(os.environ, bedrock.ENVIRONMENT):
                environment = {**bedrock.ENVIRONMENT, "AWS_BASE_URL": aws.url}
                yield HearingVendor(environment, aws.utterances, aws.faults, bedrock.SECRET, aws.billed_s)
        return
    if name == "openai":
        async with openai_live.openai_live(*texts) as live:
            environment = {"OPENAI_API_KEY": openai.KEY, "OPENAI_BASE_URL": live.url}
            yield HearingVendor(environment, live.utterances, live.faults, openai.KEY, live.billed_s)
        return
    async with deepgram.deepgram(*texts) as peer:
        environment = {"DEEPGRAM_API_KEY": deepgram.KEY, "DEEPGRAM_BASE_URL": peer.url}
        yield HearingVendor(environment, peer.utterances, peer.faults, deepgram.KEY, peer.billed_s)
