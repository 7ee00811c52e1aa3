"""Cartesia's WebSocket and its list of voices, with the rules of providers.md 4.4 and 10."""

import asyncio
import base64
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from tests.peers.voices import KEY, Failed, Line, SocketPeer, pieces, response, sound, words

BOUND = ("model_id", "voice", "language", "output_format", "add_timestamps", "max_buffer_delay_ms")
"""What stays as it is within a context."""
VOICE_PAGE = {
    "data": [
        {
            "id": "f786b574-daa5-4673-aa0c-cbe3e8534c02",
            "name": "Katie",
            "description": "Friendly",
            "tagline": "Helper",
            "language": "en",
            "locales": [],
            "is_owner": False,
            "access": "public",
            "visibility": "all",
            "created_at": "2026-01-01T00:00:00Z",
        }
    ],
    "has_more": False,
}


class CartesiaPeer(SocketPeer):
    """The server; `most_contexts` is what the account may say at once."""

    def __init__(self, *, pace: float = 0.0, idle_s: float = 300.0, most_contexts: int = 15) -> None:
        super().__init__(pace=pace)
        self.idle_s, self.most_contexts = idle_s, most_contexts
        self.cancelled: list[str] = []
        self.asked: list[Mapping[str, Any]] = []

    def page(self, request: Request) -> Response | None:
        """The voices of the account."""
        if urlsplit(request.path).path.rstrip("/") != "/voices":
            return None
        is_behind_the_last = "starting_after" in parse_qs(urlsplit(request.path).query)
        listed = {**VOICE_PAGE, "data": []} if is_behind_the_last else VOICE_PAGE
        body = json.dumps(listed).encode()
        return self.refusal(request, "/voices") or response(200, body, {"Content-Type": "application/json"})

    def refusal(self, request: Request, path: str = "/tts/websocket") -> Response | None:
        """A wrong key, an unknown path, no version."""
        keys = (request.headers.get("x-api-key"), request.headers.get("authorization", "").removeprefix("Bearer "))
        if KEY not in keys:
            return response(401, b'{"error_code":"unauthorized"}')
        if "cartesia-version" not in request.headers:
            return response(400, b'{"error_code":"no_version"}')
        return None if urlsplit(request.path).path.rstrip("/") == path else response(404)

    async def attend(self, line: Line, tasks: asyncio.TaskGroup) -> None:
        """Until the client goes or is silent for too long."""
        contexts: dict[str, tuple[Mapping[str, Any], asyncio.Queue[str | None]]] = {}
        try:
            while True:
                async with asyncio.timeout(self.idle_s):
                    message = json.loads(await line.connection.recv())
                await self._take(line, tasks, contexts, message)
        except TimeoutError:
            await line.connection.close(1000, "connection idle timeout")
        except ConnectionClosed:
            return

    async def _take(self, line: Line, tasks: asyncio.TaskGroup, contexts: Any, message: Any) -> None:
        context_id = message["context_id"]
        if message.get("cancel"):
            self.cancelled.append(context_id)
            contexts.pop(context_id, None)
            return
        self.asked.append(message)
        bound = {name: message.get(name) for name in BOUND}
        if context_id not in contexts:
            if len(contexts) >= self.most_contexts:
                return await self._refuse(line, context_id, 429, "too many contexts")
            contexts[context_id] = (bound, asyncio.Queue(16))
            line.speak(tasks, self._speak(line, contexts, context_id, message))
        elif contexts[context_id][0] != bound:
            return await self._refuse(line, context_id, 400, "a field has changed")
        contexts[context_id][1].put_nowait(message["transcript"])
        if not message.get("continue"):
            contexts[context_id][1].put_nowait(None)

    async def _refuse(self, line: Line, context_id: str, status: int, why: str) -> None:
        error = {"type": "error", "context_id": context_id, "status_code": status, "done": True, "title": why}
        await line.tell({**error, "message": why, "error_code": why.replace(" ", "_")})

    async def _speak(self, line: Line, contexts: Any, context_id: str, asked: Mapping[str, Any]) -> None:
        texts = contexts[context_id][1]
        rate_hz = asked["output_format"]["sample_rate"]
        try:
            while (text := await texts.get()) is not None:
                await self._say(line, contexts, context_id, text, rate_hz)
        except Failed:
            return await self._refuse(line, context_id, 500, "internal error")
        if contexts.pop(context_id, None) is not None:
            await line.tell({"type": "done", "context_id": context_id, "done": True, "status_code": 200})

    async def _say(self, line: Line, contexts: Any, context_id: str, text: str, rate_hz: int) -> None:
        if not text.strip():
            return
        self.said.append(text)
        spoken = words(text)
        named = {"context_id": context_id, "status_code": 206, "done": False}
        said_ms = 0.0
        async for piece in line.sound(text, rate_hz, self.pace):
            if context_id not in contexts:
                # What was being made when it was cancelled comes all the same.
                late = next(pieces(sound("too late", rate_hz)))
                chunk = {"type": "chunk", "data": base64.b64encode(late).decode(), "step_time": 1.0}
                return await line.tell({**named, **chunk})
            said_ms += len(piece) * 500 / rate_hz
            data = base64.b64encode(piece).decode()
            await line.tell({"type": "chunk", "data": data, "step_time": 1.0, **named})
            due = [word for word in spoken if word.start_ms < said_ms]
            spoken = spoken[len(due) :]
            if due:
                timed = {
                    "words": [word.text for word in due],
                    "start": [word.start_ms / 1000 for word in due],
                    "end": [word.end_ms / 1000 for word in due],
                }
                await line.tell({"type": "timestamps", "word_timestamps": timed, **named})
