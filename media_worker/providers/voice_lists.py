"""The voices of the vendors that may be used: what we know of them, and what they list themselves.

A vendor's list is a module with STATIC voices and `live(http, access)`, which asks the vendor and raises ProviderError,
or HTTP and parsing errors, when it cannot be had.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from importlib import import_module

import httpx2

from callcore.errors import ProviderError
from callcore.voices import Voice, merged
from media_worker.providers.vendors import Access, Vendor, Vendors

LISTS: Mapping[Vendor, str] = {
    Vendor.ELEVENLABS: "media_worker.providers.elevenlabs.voices",
    Vendor.CARTESIA: "media_worker.providers.cartesia.voices",
    Vendor.RIME: "media_worker.providers.rime.voices",
    Vendor.DEEPGRAM: "media_worker.providers.deepgram.voices",
    Vendor.OPENAI: "media_worker.providers.openai.voices",
    Vendor.AWS: "media_worker.providers.polly.voices",
}
"""Vendor → module, imported when the vendor may be used."""
LIST_S = 15.0
"""How long a vendor may take."""
log = logging.getLogger(__name__)

Live = Callable[[httpx2.AsyncClient, Access], Awaitable[Sequence[Voice]]]


class VoiceLists:
    """Of one process. What a vendor listed last is remembered for when it does not answer."""

    def __init__(self, vendors: Vendors, http: httpx2.AsyncClient) -> None:
        self._vendors = vendors
        self._http = http
        self._live: dict[Vendor, Sequence[Voice]] = {}

    async def voices(self) -> tuple[Voice, ...]:
        """Those of every vendor that may be used."""
        usable = [(vendor, access) for vendor in LISTS if (access := self._vendors.find(vendor)) is not None]
        async with asyncio.TaskGroup() as tasks:
            asked = [tasks.create_task(self._of(vendor, access)) for vendor, access in usable]
        return tuple(voice for of_one in asked for voice in of_one.result())

    async def _of(self, vendor: Vendor, access: Access) -> tuple[Voice, ...]:
        module = import_module(LISTS[vendor])
        live: Live = module.live
        try:
            async with asyncio.timeout(LIST_S):
                self._live[vendor] = await live(self._http, access)
        except (ProviderError, TimeoutError, httpx2.HTTPError, ValueError, LookupError, TypeError, AttributeError):
            # Not what was wrong: it may quote the request.
            log.warning("a vendor's voices could not be listed", extra={"provider": str(vendor)})
        return merged(module.STATIC, self._live.get(vendor, ()))
