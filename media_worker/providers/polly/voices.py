"""Amazon Polly's voices; one that several engines know is listed once."""

from collections.abc import Sequence

import httpx2

from callcore.voices import Voice
from media_worker.providers.aws.signing import Signer
from media_worker.providers.polly.tts import DEFAULT_ENGINE, DEFAULT_VOICES, PROVIDER, base_url_of
from media_worker.providers.vendors import Access

STATIC = tuple(Voice(name, PROVIDER, name, language, DEFAULT_ENGINE) for language, name in DEFAULT_VOICES.items())
MAX_PAGES = 10


async def live(http: httpx2.AsyncClient, access: Access) -> Sequence[Voice]:
    """Those of the region that the default engine speaks with."""
    signer, voices, token = Signer("polly", access.region), list[Voice](), ""
    for _ in range(MAX_PAGES):
        params = {"Engine": DEFAULT_ENGINE} | ({"NextToken": token} if token else {})
        url = str(httpx2.URL(f"{base_url_of(access)}/v1/voices", params=params))
        reply = await http.get(url, headers=await signer.headers("GET", url, b"", {}))
        page = reply.raise_for_status().json()
        voices += [
            Voice(voice["Name"], PROVIDER, voice["Id"], voice["LanguageCode"], DEFAULT_ENGINE)
            for voice in page["Voices"]
        ]
        token = page.get("NextToken") or ""
        if not token:
            break
    return voices
