"""The voices of Deepgram's Aura; each is a model."""

from collections.abc import Sequence

import httpx2

from callcore.voices import Voice
from media_worker.providers.deepgram.errors import VENDOR
from media_worker.providers.vendors import Access

ENGLISH = ("thalia", "andromeda", "helena", "apollo", "arcas", "aries")
SPANISH = ("celeste", "estrella", "nestor")
STATIC = (
    *(Voice(name.capitalize(), VENDOR, f"aura-2-{name}-en", "en", "aura-2") for name in ENGLISH),
    *(Voice(name.capitalize(), VENDOR, f"aura-2-{name}-es", "es", "aura-2") for name in SPANISH),
)


async def live(http: httpx2.AsyncClient, access: Access) -> Sequence[Voice]:
    """The newest models that speak."""
    reply = await http.get(f"{access.http_url}/v1/models", headers={"Authorization": f"Token {access.api_key}"})
    return [
        Voice(
            name=model["name"].capitalize(),
            provider=VENDOR,
            voice_id=model["canonical_name"],
            language=_most_exact(model.get("languages") or []),
            category=model.get("architecture") or "aura",
            preview_url=(model.get("metadata") or {}).get("sample"),
        )
        for model in reply.raise_for_status().json()["tts"]
    ]


def _most_exact(languages: Sequence[str]) -> str:
    """Of "en" and "en-US" the latter."""
    return max(languages, key=len, default="en")
