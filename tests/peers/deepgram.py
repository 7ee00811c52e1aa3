"""Deepgram's live transcription as a small real server: `/v1/listen` (nova) with its rules, limits and refusals."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request, Response

from tests.peers.listener import Listener, Spoken, Utterances
from tests.peers.vendor_server import Fault, Mouth, refusal, vendor_server

KEY = "dg-test-key"
FINAL_DELAY_S = 0.05
INTERIM_MS = 300
BOOLEANS = ("interim_results", "punctuate", "smart_format", "vad_events", "no_delay", "numerals", "mip_opt_out")
KNOWN = (
    "model", "language", "encoding", "sample_rate", "channels", "endpointing", "utterance_end_ms",
    "keyterm", "keywords",
)  # fmt: skip
UNREADABLE = '{"type": "Results", "channel": 7'


@dataclass
class Call:
    """One connection, as the vendor remembers it."""

    query: list[tuple[str, str]]
    headers: Mapping[str, str]
    audio: bytearray = field(default_factory=bytearray)
    controls: list[str] = field(default_factory=list)
    """The types of the text messages."""

    def asked(self, name: str) -> list[str]:
        """Every value of a parameter."""
        return [value for key, value in self.query if key == name]


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

    def refuse(self, request: Request) -> Response | None:
        """What `/v1/listen` cannot be asked for."""
        parts = urlsplit(request.path)
        query = dict(parse_qsl(parts.query))
        if request.headers.get("Authorization") != f"Token {KEY}":
            return refuse(401, "INVALID_AUTH", "Invalid credentials.")
        if parts.path != "/v1/listen":
            return refuse(404, "NOT_FOUND", "No such path.")
        if self.open_calls >= self.max_calls:
            return refuse(429, "TOO_MANY_REQUESTS", "Too many requests.")
        complaint = complaint_about(query)
        return refuse(400, "BAD_REQUEST", complaint) if complaint else None

    async def attend(self, connection: ServerConnection, fault: Fault) -> None:
        """One connection."""
        assert connection.request is not None
        query = parse_qsl(urlsplit(connection.request.path).query)
        call = Call(query, connection.request.headers)
        self.calls.append(call)
        self.open_calls += 1
        try:
            await Listen(self, call, connection, fault).run()
        finally:
            self.open_calls -= 1


def complaint_about(query: Mapping[str, str]) -> str:
    """Why the query is refused; empty: it is not."""
    is_nova3 = query.get("model", "").startswith("nova-3")
    complaints = {
        "unknown parameter": not set(query) <= {*KNOWN, *BOOLEANS},
        "encoding is required with raw audio": query.get("encoding") != "linear16" or "sample_rate" not in query,
        "keyterm is for nova-3": "keyterm" in query and not is_nova3,
        "keywords is not for nova-3": "keywords" in query and is_nova3,
        "utterance_end_ms needs interim_results": "utterance_end_ms" in query
        and query.get("interim_results") != "true",
        "a boolean is true or false": any(query.get(name, "true") not in ("true", "false") for name in BOOLEANS),
    }
    return next((text for text, holds in complaints.items() if holds), "")


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


class Listen:
    """One live transcription."""

    def __init__(self, peer: Deepgram, call: Call, connection: ServerConnection, fault: Fault) -> None:
        query = dict(call.query)
        self._peer, self._call, self._connection = peer, call, connection
        self._mouth = Mouth(connection, fault)
        self._rate_hz = int(query["sample_rate"])
        self._listener = Listener(peer.utterances, self._rate_hz)
        endpointing = query.get("endpointing", "10")
        self._endpointing_ms = None if endpointing == "false" else int(endpointing)
        self._interim = query.get("interim_results") == "true"
        self._vad_events = query.get("vad_events") == "true"
        self._utterance_end_ms = int(query.get("utterance_end_ms", "0"))
        self._next_interim_ms = 0
        self._last_word_ms: int | None = None
        """End of the last word that was told; None: UtteranceEnd was said about it, or somebody speaks."""

    async def run(self) -> None:
        """Until either side closes."""
        async with asyncio.TaskGroup() as tasks:
            talking = tasks.create_task(self._mouth.run())
            try:
                await self._listen()
            finally:
                talking.cancel()

    async def _listen(self) -> None:
        while True:
            try:
                async with asyncio.timeout(self._peer.idle_s):
                    message = await self._connection.recv()
            except TimeoutError:
                return await self._connection.close(1011, "NET-0001: no audio")
            if isinstance(message, str):
                self._control(json.loads(message))
            elif not message or message.startswith(b'{"type"'):
                return await self._connection.close(1008, "DATA-0000: this is no audio")
            else:
                await self._hear(message)

    def _say(self, message: Mapping[str, Any], delay_s: float = FINAL_DELAY_S) -> None:
        self._mouth.say(json.dumps(message), delay_s)

    # --- from the client ------------------------------------------------------------------------

    def _control(self, message: Mapping[str, Any]) -> None:
        kind = str(message.get("type"))
        self._call.controls.append(kind)
        if kind == "Finalize":
            spoken = self._listener.take()
            if self._peer.answers_finalize:
                self._results(spoken, is_final=True, from_finalize=True)
        elif kind == "CloseStream":
            self._close_stream()
        elif kind != "KeepAlive":
            text = json.dumps(message)
            self._say({"type": "Error", "variant": "SchemaError", "description": "unknown", "message": text})

    def _close_stream(self) -> None:
        if (spoken := self._listener.take()) is not None:
            self._results(spoken, is_final=True)
        about = {"transaction_key": "deprecated", "request_id": "r1", "sha256": "00", "created": "2026-11-20T00:00:00Z"}
        self._say({"type": "Metadata", **about, "duration": self._listener.now_ms / 1000, "channels": 1})
        self._mouth.say(None, FINAL_DELAY_S)

    async def _hear(self, pcm: bytes) -> None:
        self._call.audio += pcm
        for is_speech in self._listener.windows(pcm):
            self._window(is_speech=is_speech)
        await self._mouth.heard(len(self._call.audio) / self._rate_hz / 2, UNREADABLE)

    def _window(self, *, is_speech: bool) -> None:
        listener = self._listener
        if listener.step(is_speech=is_speech):
            self._next_interim_ms = listener.now_ms + INTERIM_MS
            self._last_word_ms = None
            if self._vad_events:
                self._say({"type": "SpeechStarted", "channel": [0], "timestamp": listener.now_ms / 1000}, 0.0)
        if (spoken := listener.spoken) is not None:
            if self._interim and listener.now_ms >= self._next_interim_ms:
                self._next_interim_ms = listener.now_ms + INTERIM_MS
                self._results(spoken, is_final=False)
            if self._endpointing_ms is not None and listener.silent_ms >= self._endpointing_ms:
                self._results(listener.take(), is_final=True, speech_final=True)
        if self._utterance_end_ms and self._last_word_ms is not None:
            last_ms = self._last_word_ms
            if listener.now_ms - last_ms >= self._utterance_end_ms:
                self._last_word_ms = None
                self._say({"type": "UtteranceEnd", "channel": [0, 1], "last_word_end": last_ms / 1000})

    # --- to the client --------------------------------------------------------------------------

    def _results(
        self, spoken: Spoken | None, *, is_final: bool, speech_final: bool = False, from_finalize: bool = False
    ) -> None:
        now_ms, start_ms = self._listener.now_ms, self._listener.now_ms
        words: list[tuple[str, float, float]] = []
        if spoken is not None:
            start_ms = spoken.start_ms
            words = spoken.words(None if is_final else now_ms - start_ms)
            self._last_word_ms = spoken.end_ms if is_final else self._last_word_ms
        alternative = {
            "transcript": " ".join(word for word, _, _ in words),
            "confidence": 0.98 if words else 0.0,
            "words": [
                {"word": word, "start": start, "end": end, "confidence": 0.98, "punctuated_word": word}
                for word, start, end in words
            ],
        }
        flags = {"is_final": is_final, "speech_final": speech_final, "from_finalize": from_finalize}
        span = {"start": start_ms / 1000, "duration": (now_ms - start_ms) / 1000}
        info = {"name": "general-nova-3", "version": "2026-10-01.0", "arch": "nova-3"}
        metadata = {"request_id": "r1", "model_uuid": "u1", "model_info": info}
        channel = {"channel_index": [0, 1], "channel": {"alternatives": [alternative]}}
        self._say({"type": "Results", **channel, **span, **flags, "metadata": metadata})
