"""The voices of an account at ElevenLabs."""

from collections.abc import Sequence

import httpx2

from callcore.voices import Voice
from media_worker.providers.elevenlabs.tts import DEFAULT_VOICE, PROVIDER
from media_worker.providers.vendors import Access

STATIC = (Voice("Rachel", PROVIDER, DEFAULT_VOICE, "multi", "premade"),)
OWN = frozenset({"cloned", "generated", "professional"})
"""Categories of what the account has made."""


async def live(http: httpx2.AsyncClient, access: Access) -> Sequence[Voice]:
    """What the account may use."""
    reply = await http.get(f"{access.http_url}/v1/voices", headers={"xi-api-key": access.api_key})
    return [
        Voice(
            name=voice["name"],
            provider=PROVIDER,
            voice_id=voice["voice_id"],
            language=(voice.get("labels") or {}).get("language") or "multi",
            category=voice.get("category") or "premade",
            preview_url=voice.get("preview_url"),
            is_own=voice.get("category") in OWN,
        )
        for voice in reply.raise_for_status().json()["voices"]
    ]
