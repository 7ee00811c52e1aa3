"""Speech to text by Amazon Transcribe, over a presigned WebSocket per stream."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import quote

from media_worker.ports.stt import SttCapabilities, SttRequest
from media_worker.providers.aws.signing import Signer
from media_worker.providers.aws.transcription import VENDOR, TranscriptionDialect
from media_worker.providers.live_recognition import Line, LiveRecogniser
from media_worker.providers.registry import Resources
from media_worker.providers.vendor_socket import vendor_socket
from media_worker.providers.vendors import Access, Vendor

PRESIGNED_S = 60
PATH = "/stream-transcription-websocket"
REGIONS = {
    "ar": "ar-SA", "da": "da-DK", "de": "de-DE", "en": "en-US", "es": "es-US", "fr": "fr-FR", "hi": "hi-IN",
    "it": "it-IT", "ja": "ja-JP", "ko": "ko-KR", "nl": "nl-NL", "no": "no-NO", "pl": "pl-PL", "pt": "pt-BR",
    "ru": "ru-RU", "sv": "sv-SE", "th": "th-TH", "tr": "tr-TR", "uk": "uk-UA", "vi": "vi-VN", "zh": "zh-CN",
}  # fmt: skip
"""A language alone is none that it knows: the region where most speak it."""


class TranscribeRecogniser(LiveRecogniser):
    """Opens a connection for every stream, with credentials that are fresh."""

    def __init__(self, access: Access, signer: Signer) -> None:
        super().__init__(VENDOR, SttCapabilities(gated=False), self._call)
        self._home = access.websocket_url or f"wss://transcribestreaming.{access.region}.amazonaws.com:8443"
        self._signer = signer

    @asynccontextmanager
    async def _call(self, request: SttRequest) -> AsyncIterator[Line]:
        query = "&".join(f"{name}={quote(value, safe='-_.~')}" for name, value in sorted(asked_for(request).items()))
        url = await self._signer.presigned("GET", f"{self._home}{PATH}?{query}", PRESIGNED_S)
        # It answers no pings (providers.md 1).
        async with vendor_socket(VENDOR, url, {}, ping_s=None) as connection:
            now = asyncio.get_running_loop().time()
            yield Line(connection, TranscriptionDialect(request.sample_rate_hz * 2, now))


def asked_for(request: SttRequest) -> dict[str, str]:
    """The parameters of a stream."""
    language = request.language
    asked = {
        "language-code": language if "-" in language else REGIONS.get(language, language),
        "media-encoding": "pcm",
        "sample-rate": str(request.sample_rate_hz),
        "enable-partial-results-stabilization": "true",
        "partial-results-stability": "high",
    }
    if request.config.model:
        asked["language-model-name"] = request.config.model
    return asked


def create(resources: Resources) -> TranscribeRecogniser:
    """A recogniser with this process's credentials. Raises InvalidInput without a region."""
    access = resources.vendors.need(Vendor.AWS)
    return TranscribeRecogniser(access, Signer("transcribe", access.region))
