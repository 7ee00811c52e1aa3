"""Voices of OpenAI, which lists none."""

from collections.abc import Sequence

import httpx2

from callcore.voices import Voice
from media_worker.providers.openai.speech import PROVIDER
from media_worker.providers.vendors import Access

NAMES = ("alloy", "ash", "ballad", "coral", "echo", "fable", "nova", "onyx", "sage", "shimmer", "verse")
STATIC = tuple(Voice(name.capitalize(), PROVIDER, name, "multi", "built-in") for name in NAMES)


async def live(http: httpx2.AsyncClient, access: Access) -> Sequence[Voice]:
    """Nothing is asked."""
    return ()
