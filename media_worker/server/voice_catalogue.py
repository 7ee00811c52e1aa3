"""Leaves the voices of the vendors where the control plane finds them, which knows neither vendors nor keys."""

import asyncio
import logging

from callcore.ports import BlobStore
from callcore.voices import CATALOGUE_KEY, catalogue_text
from media_worker.providers.voice_lists import VoiceLists

REFRESH_S = 3600.0
log = logging.getLogger(__name__)


class VoiceCatalogue:
    """Of one worker; of several the last one to look is right."""

    def __init__(self, lists: VoiceLists, blobs: BlobStore) -> None:
        self._lists = lists
        self._blobs = blobs

    async def run(self) -> None:
        """Look every hour, until cancelled."""
        while True:
            try:
                await asyncio.to_thread(self._store, catalogue_text(await self._lists.voices()))
            except Exception:
                log.exception("the catalogue of voices was not stored")
            await asyncio.sleep(REFRESH_S)

    def _store(self, catalogue: bytes) -> None:
        writer = self._blobs.create(CATALOGUE_KEY, "application/json")
        writer.append(catalogue)
        writer.finish(b"")
