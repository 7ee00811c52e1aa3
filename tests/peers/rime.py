"""Rime's `ws3`, with the rules of providers.md 4.3 and 10. There is no SDK of it to prove this with."""

import asyncio
import base64
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from tests.peers.voices import KEY, Failed, Line, SocketPeer, pieces, response, sound, words

NEEDED = ("speaker", "modelId", "audioFormat", "samplingRate")
SEGMENTS = ("immediate", "bySentence", "never")
_SENTENCE = re.compile(r"[^.?!]*[.?!]+\s*")


class RimePeer(SocketPeer):
    """The server. What is said goes one text after another; clearing stops them all."""

    def __init__(self, *, pace: float = 0.0) -> None:
        super().__init__(pace=pace)
        self.clears = 0

    def refusal(self, request: Request) -> Response | None:
        """A wrong key, an unknown path, a setting that is missing."""
        url = urlsplit(request.path)
        query = parse_qs(url.query)
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return response(401)
        if url.path != "/ws3":
            return response(404)
        if any(name not in query for name in NEEDED) or query.get("segment", ["immediate"])[0] not in SEGMENTS:
            return response(400)
        return None

    async def attend(self, line: Line, tasks: asyncio.TaskGroup) -> None:
        """Until the client goes."""
        assert line.connection.request is not None
        query = parse_qs(urlsplit(line.connection.request.path).query)
        conversation = Conversation(self, line, int(query["samplingRate"][0]), query.get("segment", ["immediate"])[0])
        line.speak(tasks, conversation.speak())
        try:
            while True:
                message = json.loads(await line.connection.recv())
                if message.get("operation") == "eos":
                    return await line.connection.close(1000)
                conversation.take(message)
        except ConnectionClosed:
            return


class Conversation:
    """What one connection has to say."""

    def __init__(self, peer: RimePeer, line: Line, rate_hz: int, segment: str) -> None:
        self._peer, self._line, self._rate_hz, self._segment = peer, line, rate_hz, segment
        self._buffer, self._context_id = "", ""
        self._texts: asyncio.Queue[tuple[str, str]] = asyncio.Queue(64)
        self._cleared = 0

    def take(self, message: Mapping[str, Any]) -> None:
        """A text is buffered to its end, or to the end of a sentence, or not at all."""
        match message.get("operation"):
            case "flush":
                self._say(self._buffer)
                self._buffer = ""
            case "clear":
                self._peer.clears += 1
                self._cleared += 1
                self._buffer = ""
                while not self._texts.empty():
                    self._texts.get_nowait()
            case _:
                self._context_id = message.get("contextId", "")
                self._buffer += message["text"]
                self._cut()

    def _cut(self) -> None:
        if self._segment == "immediate":
            self._say(self._buffer)
            self._buffer = ""
        while self._segment == "bySentence" and (sentence := _SENTENCE.match(self._buffer)):
            self._say(sentence[0])
            self._buffer = self._buffer[sentence.end() :]

    def _say(self, text: str) -> None:
        if text.strip():
            self._texts.put_nowait((self._context_id, text.strip()))

    async def speak(self) -> None:
        """One text after another."""
        while True:
            context_id, text = await self._texts.get()
            self._peer.said.append(text)
            try:
                await self._speak_one({"contextId": context_id}, text)
            except Failed:
                await self._line.tell({"type": "error", "message": f"cannot say {text}", "contextId": context_id})

    async def _speak_one(self, named: Mapping[str, str], text: str) -> None:
        cleared, spoken, said_ms = self._cleared, words(text), 0.0
        async for piece in self._line.sound(text, self._rate_hz, self._peer.pace):
            if self._cleared > cleared:
                late = base64.b64encode(next(pieces(sound("too late", self._rate_hz)))).decode()
                return await self._line.tell({"type": "chunk", "data": late, **named})
            said_ms += len(piece) * 500 / self._rate_hz
            await self._line.tell({"type": "chunk", "data": base64.b64encode(piece).decode(), **named})
            due = [word for word in spoken if word.start_ms < said_ms]
            spoken = spoken[len(due) :]
            if due:
                timed = [part for word in due for part in _with_punctuation(word.text, word.start_ms, word.end_ms)]
                columns = dict(zip(("words", "start", "end"), map(list, zip(*timed, strict=True)), strict=True))
                await self._line.tell({"type": "timestamps", "word_timestamps": columns, **named})
        await self._line.tell({"type": "done", **named})


def _with_punctuation(word: str, start_ms: float, end_ms: float) -> list[tuple[str, float, float]]:
    """Punctuation may be a word of its own."""
    bare = word.rstrip(".,!?")
    parts = [(bare, start_ms / 1000, end_ms / 1000)]
    return parts if bare == word else [*parts, (word[len(bare) :], end_ms / 1000, end_ms / 1000)]
