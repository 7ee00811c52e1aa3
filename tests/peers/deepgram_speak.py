"""Deepgram's `/v1/speak`, with the rules of providers.md 4.6 and 10."""

import asyncio
import json
from collections import deque
from urllib.parse import parse_qs, urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from tests.peers.voices import KEY, Failed, Line, SocketPeer, pieces, response, sound

RATES_HZ = (8000, 16_000, 24_000, 32_000, 48_000)
MAX_CHARACTERS = 2000
MAX_FLUSHES = 20
MINUTE_S = 60.0
MODELS = {
    "stt": [],
    "tts": [
        {
            "name": "thalia",
            "canonical_name": "aura-2-thalia-en",
            "architecture": "aura-2",
            "languages": ["en", "en-US"],
            "version": "2025-04-15.0",
            "uuid": "00000000-0000-0000-0000-000000000001",
            "metadata": {"accent": "American", "sample": "https://static.example.com/thalia.wav", "tags": ["feminine"]},
        }
    ],
}


class DeepgramSpeakPeer(SocketPeer):
    """The server."""

    def __init__(self, *, pace: float = 0.0) -> None:
        super().__init__(pace=pace)
        self.clears = 0
        self.warnings = 0

    def page(self, request: Request) -> Response | None:
        """The models that there are."""
        if urlsplit(request.path).path != "/v1/models":
            return None
        listed = response(200, json.dumps(MODELS).encode(), {"Content-Type": "application/json"})
        return self._stranger(request) or listed

    def _stranger(self, request: Request) -> Response | None:
        is_known = request.headers.get("authorization") in (f"Token {KEY}", f"token {KEY}")
        return None if is_known else response(401, headers={"dg-error": "INVALID_AUTH"})

    def refusal(self, request: Request) -> Response | None:
        """A wrong key, an unknown path, model or rate."""
        url = urlsplit(request.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        if stranger := self._stranger(request):
            return stranger
        if url.path != "/v1/speak":
            return response(404)
        is_known = query.get("model", "").startswith("aura-") and query.get("encoding") == "linear16"
        if not is_known or int(query.get("sample_rate", "0")) not in RATES_HZ:
            return response(400, headers={"dg-error": "Bad Request"})
        return None

    async def attend(self, line: Line, tasks: asyncio.TaskGroup) -> None:
        """Until the client goes."""
        assert line.connection.request is not None
        query = parse_qs(urlsplit(line.connection.request.path).query)
        conversation = Conversation(self, line, int(query["sample_rate"][0]), tasks)
        told = {"request_id": "00000000-0000-0000-0000-000000000000", "model_name": query["model"][0]}
        await line.tell({"type": "Metadata", **told, "model_version": "1", "model_uuid": "1"})
        try:
            while True:
                message = json.loads(await line.connection.recv())
                if message["type"] == "Close":
                    return await line.connection.close(1000)
                await conversation.take(message)
        except ConnectionClosed:
            return


class Conversation:
    """What one connection has to say. Its sound has no name."""

    def __init__(self, peer: DeepgramSpeakPeer, line: Line, rate_hz: int, tasks: asyncio.TaskGroup) -> None:
        self._peer, self._line, self._rate_hz, self._tasks = peer, line, rate_hz, tasks
        self._buffer = ""
        self._sequence_id = 0
        self._flushed_at: deque[float] = deque()
        self._speaking: asyncio.Task[None] | None = None

    async def take(self, message: dict[str, str]) -> None:
        """Speak, Flush or Clear."""
        match message["type"]:
            case "Speak":
                if len(message["text"]) > MAX_CHARACTERS:
                    self._peer.complaints.append("a text that is too long")
                self._buffer += message["text"]
            case "Flush":
                await self._flush()
            case "Clear":
                await self._clear()

    async def _flush(self) -> None:
        now = asyncio.get_running_loop().time()
        while self._flushed_at and self._flushed_at[0] < now - MINUTE_S:
            self._flushed_at.popleft()
        self._flushed_at.append(now)
        text, self._buffer = self._buffer, ""
        if len(self._flushed_at) > MAX_FLUSHES:
            self._peer.warnings += 1
            warning = {"type": "Warning", "code": "EXCESSIVE_FLUSH", "description": "Too many flushes."}
            return await self._line.tell(warning)
        if self._speaking is not None and not self._speaking.done():
            self._peer.complaints.append("a text before the last one was over")
        self._peer.said.append(text)
        self._speaking = self._line.speak(self._tasks, self._speak(text))

    async def _speak(self, text: str) -> None:
        try:
            async for piece in self._line.sound(text, self._rate_hz, self._peer.pace):
                await self._line.tell(piece)
        except Failed:
            await self._line.tell({"type": "Warning", "code": "INTERNAL", "description": f"cannot say {text}"})
            return
        await self._line.tell({"type": "Flushed", "sequence_id": self._sequence_id})
        self._sequence_id += 1

    async def _clear(self) -> None:
        self._peer.clears += 1
        self._buffer = ""
        if self._speaking is not None:
            self._speaking.cancel()
            await asyncio.wait((self._speaking,))
        # What was on its way when it was cleared comes before that is acknowledged.
        await self._line.tell(next(pieces(sound("too late", self._rate_hz))))
        await self._line.tell({"type": "Cleared", "sequence_id": self._sequence_id})
