"""The voices that an account at Cartesia may use."""

from collections.abc import Sequence

import httpx2

from callcore.voices import Voice
from media_worker.providers.cartesia.tts import API_VERSION, DEFAULT_VOICE, PROVIDER
from media_worker.providers.vendors import Access

STATIC = (Voice("Katie", PROVIDER, DEFAULT_VOICE, "en", "public"),)
PAGE = 100
MAX_PAGES = 20


async def live(http: httpx2.AsyncClient, access: Access) -> Sequence[Voice]:
    """Page by page."""
    headers = {"X-API-Key": access.api_key, "Cartesia-Version": API_VERSION}
    voices: list[Voice] = []
    for _ in range(MAX_PAGES):
        after = {"starting_after": voices[-1].voice_id} if voices else {}
        reply = await http.get(f"{access.http_url}/voices", headers=headers, params={"limit": PAGE, **after})
        page = reply.raise_for_status().json()["data"]
        voices += [
            Voice(
                name=voice["name"],
                provider=PROVIDER,
                voice_id=voice["id"],
                language=voice["language"],
                category="private" if voice.get("is_owner") else "public",
                preview_url=voice.get("preview_file_url"),
                is_own=bool(voice.get("is_owner")),
            )
            for voice in page
        ]
        if not page:
            break
    return voices
