"""Deepgram's live transcription as a small real server: `/v1/listen` (nova) and `/v2/listen` (Flux)."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request, Response

from tests.peers.deepgram_call import Call
from tests.peers.deepgram_flux import Flux
from tests.peers.deepgram_listen import Listen
from tests.peers.listener import Utterances
from tests.peers.vendor_server import Fault, refusal, vendor_server

KEY = "dg-test-key"
BOOLEANS = ("interim_results", "punctuate", "smart_format", "vad_events", "no_delay", "numerals", "mip_opt_out")
KNOWN = (
    "model", "language", "encoding", "sample_rate", "channels", "endpointing", "utterance_end_ms",
    "keyterm", "keywords",
)  # fmt: skip
KNOWN_TO_FLUX = (
    "model", "encoding", "sample_rate", "eager_eot_threshold", "eot_threshold", "eot_timeout_ms", "keyterm",
    "language_hint", "mip_opt_out",
)  # fmt: skip


@dataclass
class Deepgram:
    """A running server; what it does may be changed while it runs."""

    url: str = ""
    utterances: Utterances = field(default_factory=Utterances)
    faults: list[Fault] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    max_calls: int = 50
    open_calls: int = 0
    answers_finalize: bool = True
    idle_s: float = 10.0
    """Without audio or KeepAlive for so long it closes with NET-0001."""
    _open_s: float = 0.0

    def billed_s(self) -> float:
        """The lives of the connections."""
        return self._open_s

    def refuse(self, request: Request) -> Response | None:
        """What `/v1/listen` cannot be asked for."""
        parts = urlsplit(request.path)
        query = dict(parse_qsl(parts.query))
        if request.headers.get("Authorization") != f"Token {KEY}":
            return refuse(401, "INVALID_AUTH", "Invalid credentials.")
        if parts.path not in COMPLAINTS:
            return refuse(404, "NOT_FOUND", "No such path.")
        if self.open_calls >= self.max_calls:
            return refuse(429, "TOO_MANY_REQUESTS", "Too many requests.")
        complaint = next((text for text, holds in COMPLAINTS[parts.path](query).items() if holds), "")
        return refuse(400, "BAD_REQUEST", complaint) if complaint else None

    async def attend(self, connection: ServerConnection, fault: Fault) -> None:
        """One connection."""
        assert connection.request is not None
        parts = urlsplit(connection.request.path)
        query = parse_qsl(parts.query)
        call = Call(parts.path, query, connection.request.headers)
        self.calls.append(call)
        self.open_calls += 1
        opened_at = asyncio.get_running_loop().time()
        try:
            about = (self.utterances, call, connection, fault, self.idle_s)
            is_flux = parts.path == "/v2/listen"
            await (Flux(*about) if is_flux else Listen(*about, answers_finalize=self.answers_finalize)).run()
        finally:
            self.open_calls -= 1
            self._open_s += asyncio.get_running_loop().time() - opened_at


def _complaints_of_listen(query: Mapping[str, str]) -> Mapping[str, bool]:
    """Why `/v1/listen` may refuse a query, and whether it does."""
    is_nova3 = query.get("model", "").startswith("nova-3")
    return {
        "unknown parameter": not set(query) <= {*KNOWN, *BOOLEANS},
        "encoding is required with raw audio": query.get("encoding") != "linear16" or "sample_rate" not in query,
        "keyterm is for nova-3": "keyterm" in query and not is_nova3,
        "keywords is not for nova-3": "keywords" in query and is_nova3,
        "utterance_end_ms needs interim_results": "utterance_end_ms" in query
        and query.get("interim_results") != "true",
        "a boolean is true or false": any(query.get(name, "true") not in ("true", "false") for name in BOOLEANS),
    }


def _complaints_of_flux(query: Mapping[str, str]) -> Mapping[str, bool]:
    """The same for `/v2/listen`."""
    model = query.get("model", "")
    return {
        "unknown parameter": not set(query) <= {*KNOWN_TO_FLUX},
        "no such model": model not in ("flux-general-en", "flux-general-multi"),
        "language_hint is for flux-general-multi": "language_hint" in query and model != "flux-general-multi",
        "eager_eot_threshold is 0.3 to 0.9": not 0.3 <= float(query.get("eager_eot_threshold", "0.5")) <= 0.9,
    }


COMPLAINTS = {"/v1/listen": _complaints_of_listen, "/v2/listen": _complaints_of_flux}


def refuse(status: int, code: str, text: str) -> Response:
    """As Deepgram does it."""
    request_id = str(uuid.uuid4())
    body = json.dumps({"err_code": code, "err_msg": text, "request_id": request_id}).encode()
    return refusal(status, body, {"dg-error": text, "dg-request-id": request_id, "Content-Type": "application/json"})


@asynccontextmanager
async def deepgram(*texts: str) -> AsyncIterator[Deepgram]:
    """A server that takes speech for these texts."""
    peer = Deepgram(utterances=Utterances(texts or ("hello",)))
    async with vendor_server(peer.faults, peer.refuse, peer.attend) as peer.url:
        yield peer
