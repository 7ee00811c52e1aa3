"""Voices of Rime, which lists them at another address than that where they speak."""

from collections.abc import Sequence

import httpx2

from callcore.voices import Voice
from media_worker.providers.rime.tts import DEFAULT_MODEL, DEFAULT_VOICE, PROVIDER
from media_worker.providers.vendors import Access

STATIC = (Voice(DEFAULT_VOICE.capitalize(), PROVIDER, DEFAULT_VOICE, "en", DEFAULT_MODEL),)


async def live(http: httpx2.AsyncClient, access: Access) -> Sequence[Voice]:
    """Nothing is asked."""
    return ()
