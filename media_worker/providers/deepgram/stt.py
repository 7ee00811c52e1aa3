"""Speech to text by Deepgram, over a WebSocket per stream: nova models, and Flux, which ends turns."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from urllib.parse import urlencode

from media_worker.ports.stt import SttCapabilities, SttRequest
from media_worker.providers.deepgram.errors import VENDOR
from media_worker.providers.deepgram.flux import FluxDialect
from media_worker.providers.deepgram.listen import ListenDialect
from media_worker.providers.live_recognition import Line, LiveRecogniser
from media_worker.providers.registry import Resources
from media_worker.providers.vendor_socket import vendor_socket
from media_worker.providers.vendors import Access, Vendor

DEFAULT_MODEL = "nova-3"
FLUX_ENGLISH, FLUX_ANY = "flux-general-en", "flux-general-multi"
EAGER_THRESHOLD = "0.5"
"""How sure it must be to say that a turn is likely over: a reply is prepared then, and thrown away if it is not."""
ENDPOINTING_MS = 100
"""As much silence as our own detector waits for: an utterance is the same for both."""
UTTERANCE_END_MS = 1000
"""The least that it takes."""
MAX_KEYTERM_TOKENS = 500
CHARACTERS_PER_TOKEN = 3
"""At least, in the languages that we know: so nobody is refused for his vocabulary."""
log = logging.getLogger(__name__)
Query = Sequence[tuple[str, str]]


class DeepgramRecogniser(LiveRecogniser):
    """Opens a connection for every stream."""

    def __init__(self, access: Access) -> None:
        super().__init__(VENDOR, SttCapabilities(gated=False), self._call)
        self._access = access

    @asynccontextmanager
    async def _call(self, request: SttRequest) -> AsyncIterator[Line]:
        url = f"{self._access.websocket_url}/v1/listen?{urlencode(listen_query(request))}"
        async with vendor_socket(VENDOR, url, authorization(self._access)) as connection:
            now = asyncio.get_running_loop().time()
            yield Line(connection, ListenDialect(request.sample_rate_hz * 2, now))


class FluxRecogniser(LiveRecogniser):
    """The same for Flux."""

    def __init__(self, access: Access) -> None:
        super().__init__(VENDOR, SttCapabilities(gated=False, ends_turns=True), self._call)
        self._access = access

    @asynccontextmanager
    async def _call(self, request: SttRequest) -> AsyncIterator[Line]:
        url = f"{self._access.websocket_url}/v2/listen?{urlencode(flux_query(request))}"
        async with vendor_socket(VENDOR, url, authorization(self._access)) as connection:
            now = asyncio.get_running_loop().time()
            yield Line(connection, FluxDialect(request.sample_rate_hz * 2, now))


def authorization(access: Access) -> dict[str, str]:
    """The header with the key."""
    return {"Authorization": f"Token {access.api_key}"}


def listen_query(request: SttRequest) -> Query:
    """What `/v1/listen` is asked for."""
    model = request.config.model or DEFAULT_MODEL
    return [
        ("model", model),
        ("language", "multi" if request.config.multilingual else request.language),
        ("encoding", "linear16"),
        ("sample_rate", str(request.sample_rate_hz)),
        ("channels", "1"),
        ("interim_results", "true"),
        ("punctuate", "true"),
        ("endpointing", str(ENDPOINTING_MS)),
        ("utterance_end_ms", str(UTTERANCE_END_MS)),
        *_privacy(request),
        *(keyterms(request) if model.startswith("nova-3") else _keywords(request)),
    ]


def flux_query(request: SttRequest) -> Query:
    """What `/v2/listen` is asked for."""
    is_english = request.language.partition("-")[0] == "en" and not request.config.multilingual
    model = request.config.model or (FLUX_ENGLISH if is_english else FLUX_ANY)
    hint = [] if model == FLUX_ENGLISH or request.config.multilingual else [("language_hint", request.language)]
    return [
        ("model", model),
        ("encoding", "linear16"),
        ("sample_rate", str(request.sample_rate_hz)),
        ("eager_eot_threshold", EAGER_THRESHOLD),
        *hint,
        *_privacy(request),
        *keyterms(request),
    ]


def _privacy(request: SttRequest) -> Query:
    """Whether it may learn from the audio; keeping it from that has its price (providers.md 2.1)."""
    return [("mip_opt_out", "true")] if request.private else []


def keyterms(request: SttRequest) -> Query:
    """The agent's vocabulary, for models that take it without boosts; those come first that are boosted most."""
    words = sorted(request.keywords, key=lambda word: -(request.keywords[word] or 0.0))
    left = MAX_KEYTERM_TOKENS
    taken: list[tuple[str, str]] = []
    for word in words:
        left -= -(-len(word) // CHARACTERS_PER_TOKEN)
        if left < 0:
            log.warning("a vocabulary is too long for its recogniser", extra={"count": len(words) - len(taken)})
            break
        taken.append(("keyterm", word))
    return taken


def _keywords(request: SttRequest) -> Query:
    """The agent's vocabulary with its boosts, for older models."""
    words = request.keywords.items()
    return [("keywords", word if boost is None else f"{word}:{boost:g}") for word, boost in words]


def create(resources: Resources) -> DeepgramRecogniser:
    """A recogniser with this process's key. Raises InvalidInput without one."""
    return DeepgramRecogniser(resources.vendors.need(Vendor.DEEPGRAM))


def create_flux(resources: Resources) -> FluxRecogniser:
    """The same for Flux."""
    return FluxRecogniser(resources.vendors.need(Vendor.DEEPGRAM))
