"""The vendors that hear, by the names of their adapters: a running peer and the environment that leads to it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tests.peers import deepgram
from tests.peers.listener import Utterances
from tests.peers.vendor_server import Fault

HEARING_VENDORS = ("deepgram", "deepgram-flux")


@dataclass(frozen=True)
class HearingVendor:
    """A vendor's peer."""

    environment: Mapping[str, str]
    """What makes its adapter available."""
    utterances: Utterances
    faults: list[Fault]
    """One for each connection to come."""


@asynccontextmanager
async def hearing_vendor(name: str, *texts: str) -> AsyncIterator[HearingVendor]:
    """The peer of this adapter's vendor, which takes speech for these texts."""
    async with deepgram.deepgram(*texts) as peer:
        environment = {"DEEPGRAM_API_KEY": deepgram.KEY, "DEEPGRAM_BASE_URL": peer.url}
        yield HearingVendor(environment, peer.utterances, peer.faults)
