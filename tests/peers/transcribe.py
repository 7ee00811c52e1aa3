"""Amazon Transcribe's WebSocket as a small real server: signatures, framing, partial results, exceptions, limits."""

import asyncio
import json
import math
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from botocore.eventstream import EventStreamBuffer
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from media_worker.providers.aws.event_stream import encode
from tests.peers import sigv4
from tests.peers.bedrock import KEY_ID, REGION, SECRET
from tests.peers.listener import Listener, Spoken, Utterances
from tests.peers.vendor_server import Fault, Mouth, refusal, vendor_server

PATH = "/stream-transcription-websocket"
RESULT_DELAY_S = 0.05
PARTIAL_MS = 200
SEGMENT_END_MS = 400
"""Of silence, until a segment is over."""
MAX_PIECE_S = 1.0
GOODBYE_S = 1.0
UNREADABLE = b"\x00\x00\x00\x10nonsense"


@dataclass
class Stream:
    """One connection, as the vendor remembers it."""

    query: Mapping[str, str]
    audio: bytearray = field(default_factory=bytearray)
    pieces: list[int] = field(default_factory=list)
    """The sizes in which it came."""
    ended: bool = False
    """The empty event came."""


@dataclass
class Transcribe:
    """A running server; what it does may be changed while it runs."""

    url: str = ""
    utterances: Utterances = field(default_factory=Utterances)
    faults: list[Fault] = field(default_factory=list)
    streams: list[Stream] = field(default_factory=list)
    max_streams: int = 25
    open_streams: int = 0
    idle_s: float = 15.0
    exceptions: list[str] = field(default_factory=list)
    """Said to the next streams, one each, as soon as they send audio."""

    def billed_s(self) -> float:
        """Whole seconds of the audio of each stream, fifteen at least."""
        lengths_s = [len(one.audio) / int(one.query["sample-rate"]) / 2 for one in self.streams]
        return sum(max(15.0, math.ceil(length_s)) for length_s in lengths_s)

    def refuse(self, request: Request) -> Response | None:
        """A signature that is wrong, or old."""
        parts = urlsplit(request.path)
        complaint = sigv4.complaint(
            parts.path, parts.query, request.headers["Host"], service="transcribe", region=REGION, keys={KEY_ID: SECRET}
        )
        if parts.path != PATH:
            return refusal(404)
        return refusal(403, json.dumps({"message": complaint}).encode()) if complaint else None

    async def attend(self, connection: ServerConnection, fault: Fault) -> None:
        """One connection."""
        assert connection.request is not None
        stream = Stream(dict(parse_qsl(urlsplit(connection.request.path).query)))
        self.streams.append(stream)
        self.open_streams += 1
        try:
            await Transcription(self, stream, connection, fault).run()
        finally:
            self.open_streams -= 1


@asynccontextmanager
async def transcribe(*texts: str) -> AsyncIterator[Transcribe]:
    """A server that takes speech for these texts."""
    peer = Transcribe(utterances=Utterances(texts or ("hello",)))
    async with vendor_server(peer.faults, peer.refuse, peer.attend) as peer.url:
        yield peer


class Refusal(Exception):
    """An exception frame, and the end."""


class Transcription:
    """One stream of results."""

    def __init__(self, peer: Transcribe, stream: Stream, connection: ServerConnection, fault: Fault) -> None:
        self._peer, self._stream, self._connection = peer, stream, connection
        self._mouth = Mouth(connection, fault)
        self._rate_hz = int(stream.query.get("sample-rate", "0"))
        self._listener = Listener(peer.utterances, self._rate_hz)
        self._next_partial_ms = 0
        self._result_id = ""

    async def run(self) -> None:
        """Until either side closes."""
        async with asyncio.TaskGroup() as tasks:
            talking = tasks.create_task(self._mouth.run())
            with suppress(ConnectionClosed):
                try:
                    self._check()
                    await self._listen()
                except Refusal as refusal_:
                    await self._except(str(refusal_))
            if self._stream.ended:
                await asyncio.wait((talking,), timeout=GOODBYE_S)
            talking.cancel()

    def _check(self) -> None:
        query = self._stream.query
        if query.get("media-encoding") != "pcm" or not 8_000 <= self._rate_hz <= 48_000:
            raise Refusal("BadRequestException")
        if "-" not in query.get("language-code", ""):
            raise Refusal("BadRequestException")
        if self._peer.open_streams > self._peer.max_streams:
            raise Refusal("LimitExceededException")

    async def _except(self, kind: str) -> None:
        headers = {":message-type": "exception", ":exception-type": kind, ":content-type": "application/json"}
        await self._connection.send(encode(headers, json.dumps({"Message": "what you sent was: secret"}).encode()))
        await self._connection.close(1000)

    async def _listen(self) -> None:
        while True:
            try:
                async with asyncio.timeout(self._peer.idle_s):
                    message = await self._connection.recv()
            except TimeoutError:
                raise Refusal("BadRequestException") from None
            if isinstance(message, str):
                raise Refusal("BadRequestException")
            buffer = EventStreamBuffer()
            buffer.add_data(message)
            for event in buffer:
                if event.headers[":event-type"] != "AudioEvent" or event.headers[":message-type"] != "event":
                    raise Refusal("BadRequestException")
                if not event.payload:
                    return self._end()
                await self._hear(event.payload)

    async def _hear(self, pcm: bytes) -> None:
        if self._peer.exceptions:
            raise Refusal(self._peer.exceptions.pop(0))
        if len(pcm) > MAX_PIECE_S * self._rate_hz * 2:
            raise Refusal("BadRequestException")
        self._stream.audio += pcm
        self._stream.pieces.append(len(pcm))
        for is_speech in self._listener.windows(pcm):
            self._window(is_speech=is_speech)
        await self._mouth.heard(len(self._stream.audio) / self._rate_hz / 2, UNREADABLE)

    def _window(self, *, is_speech: bool) -> None:
        listener = self._listener
        if listener.step(is_speech=is_speech):
            self._result_id = str(uuid.uuid4())
            self._next_partial_ms = listener.now_ms + PARTIAL_MS
        if listener.spoken is None:
            return
        if listener.silent_ms >= SEGMENT_END_MS:
            self._result(listener.spoken, is_partial=False)
            listener.take()
        elif listener.now_ms >= self._next_partial_ms:
            self._next_partial_ms += PARTIAL_MS
            self._result(listener.spoken, is_partial=True)

    def _end(self) -> None:
        self._stream.ended = True
        if self._listener.spoken is not None:
            self._result(self._listener.spoken, is_partial=False)
            self._listener.take()
        self._mouth.say(None, RESULT_DELAY_S)

    def _result(self, spoken: Spoken, *, is_partial: bool) -> None:
        listener = self._listener
        is_growing = is_partial and not listener.silent_ms
        words = spoken.words(listener.now_ms - spoken.start_ms if is_growing else None)
        about = {"Type": "pronunciation", "Confidence": 0.98, "Stable": True, "VocabularyFilterMatch": False}
        items: list[dict[str, Any]] = [
            {"StartTime": start, "EndTime": end, "Content": word, **about} for word, start, end in words
        ]
        result = {
            "ResultId": self._result_id,
            "StartTime": spoken.start_ms / 1000,
            "EndTime": listener.now_ms / 1000,
            "IsPartial": is_partial,
            "ChannelId": "ch_0",
            "Alternatives": [{"Transcript": " ".join(word for word, _, _ in words), "Items": items}],
        }
        headers = {":message-type": "event", ":event-type": "TranscriptEvent", ":content-type": "application/json"}
        body = json.dumps({"Transcript": {"Results": [result]}}).encode()
        self._mouth.say(encode(headers, body), RESULT_DELAY_S)
