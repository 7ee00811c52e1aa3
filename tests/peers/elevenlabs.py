"""ElevenLabs' multi-context WebSocket and its list of voices, with the rules of providers.md 4.1 and 10."""

import asyncio
import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from tests.peers.voices import KEY, MS_PER_CHARACTER, Failed, Line, SocketPeer, response

MAX_CONTEXTS = 5
RATES_HZ = {f"pcm_{rate}": rate for rate in (8000, 16_000, 22_050, 24_000, 44_100)}
VOICES = {
    "voices": [
        {
            "voice_id": "21m00Tcm4TlvDq8ikWAM",
            "name": "Rachel",
            "category": "premade",
            "labels": {"accent": "american", "language": "en"},
            "preview_url": "https://storage.example.com/rachel.mp3",
        },
        {
            "voice_id": "own-voice",
            "name": "Ours",
            "category": "cloned",
            "labels": {},
            "preview_url": None,
        },
    ]
}


@dataclass
class Context:
    """One of a connection's contexts."""

    text: str = ""
    """Not spoken yet."""
    orders: "asyncio.Queue[str | None]" = field(default_factory=lambda: asyncio.Queue(16))
    """Texts to speak, then that it is closed."""
    closing: bool = False


class ElevenLabsPeer(SocketPeer):
    """The server. A closed context counts until it is told to be final, `release_s` after its last sound."""

    def __init__(self, *, pace: float = 0.0, release_s: float = 0.0, idle_s: float = 20.0, snake: bool = False) -> None:
        super().__init__(pace=pace)
        self.release_s, self.idle_s, self.snake = release_s, idle_s, snake
        self.settings: list[Mapping[str, Any]] = []
        """Of every context."""
        self.most_contexts = 0
        """At once on one connection."""

    def page(self, request: Request) -> Response | None:
        """The voices of the account."""
        if urlsplit(request.path).path not in ("/v1/voices", "/v2/voices"):
            return None
        if request.headers.get("xi-api-key") != KEY:
            return self._unauthorised()
        return response(200, json.dumps(VOICES).encode(), {"Content-Type": "application/json"})

    @staticmethod
    def _unauthorised() -> Response:
        return response(401, b'{"detail":{"status":"invalid_api_key","message":"Invalid API key"}}')

    def refusal(self, request: Request) -> Response | None:
        """A wrong key, an unknown path or parameter."""
        url = urlsplit(request.path)
        query = parse_qs(url.query)
        parts = url.path.split("/")
        if request.headers.get("xi-api-key") != KEY:
            return self._unauthorised()
        if parts[1:3] != ["v1", "text-to-speech"] or parts[4:] != ["multi-stream-input"]:
            return response(404)
        if query.get("output_format", [""])[0] not in RATES_HZ:
            return response(400, b'{"detail":{"status":"invalid_output_format"}}')
        if "language_code" in query and "v2_5" not in query.get("model_id", [""])[0]:
            return response(400, b'{"detail":{"status":"unsupported_language"}}')
        return None

    async def attend(self, line: Line, tasks: asyncio.TaskGroup) -> None:
        """Until the client goes, is silent for too long, or breaks a rule."""
        request = line.connection.request
        assert request is not None
        query = parse_qs(urlsplit(request.path).query)
        rate_hz = RATES_HZ[query["output_format"][0]]
        contexts: dict[str, Context] = {}
        try:
            while True:
                async with asyncio.timeout(self.idle_s):
                    message = json.loads(await line.connection.recv())
                if message.get("close_socket"):
                    return await line.connection.close(1000)
                broken = self._broken_rule(contexts, message)
                if broken is not None:
                    self.complaints.append(broken)
                    await line.tell({"message": f"{broken}.", "error": broken, "code": 1008})
                    return await line.connection.close(1008, broken)
                self._take(line, tasks, contexts, message, rate_hz)
        except TimeoutError:
            await line.connection.close(1000, "input_timeout_exceeded")
        except ConnectionClosed:
            return

    def _broken_rule(self, contexts: Mapping[str, Context], message: Mapping[str, Any]) -> str | None:
        is_new = message.get("context_id", "default") not in contexts
        if is_new and len(contexts) >= MAX_CONTEXTS:
            return "max_active_conversations"
        if not is_new and "voice_settings" in message:
            return "voice_settings_after_the_first_message"
        return None

    def _take(
        self,
        line: Line,
        tasks: asyncio.TaskGroup,
        contexts: dict[str, Context],
        message: Mapping[str, Any],
        rate_hz: int,
    ) -> None:
        context_id = message.get("context_id", "default")
        if context_id not in contexts:
            # Whatever the first message is: a flush or a sign of life opens a context, too.
            contexts[context_id] = Context()
            self.settings.append(message.get("voice_settings", {}))
            if message.get("text") != " ":
                self.complaints.append("a phantom context")
            line.speak(tasks, self._speak(line, contexts, context_id, rate_hz))
        self.most_contexts = max(self.most_contexts, len(contexts))
        context = contexts[context_id]
        if context.closing:
            self.complaints.append("a message to a closed context")
            return
        text = message.get("text", "")
        if text.strip():
            if not text.endswith(" "):
                self.complaints.append("a text without a space at its end")
            context.text += text
        if message.get("flush") or message.get("close_context"):
            context.orders.put_nowait(context.text)
            context.text = ""
        if message.get("close_context"):
            context.closing = True
            context.orders.put_nowait(None)

    async def _speak(self, line: Line, contexts: dict[str, Context], context_id: str, rate_hz: int) -> None:
        named = {"context_id" if self.snake else "contextId": context_id}
        try:
            while (text := await contexts[context_id].orders.get()) is not None:
                await self._say(line, text.strip(), named, rate_hz)
        except Failed:
            return await line.tell({"message": "The system is busy.", "error": "system_busy", **named})
        await asyncio.sleep(self.release_s)
        del contexts[context_id]
        await line.tell({"is_final" if self.snake else "isFinal": True, **named})

    async def _say(self, line: Line, text: str, named: Mapping[str, str], rate_hz: int) -> None:
        if not text:
            return
        self.said.append(text)
        said_ms, told = 0.0, 0
        async for piece in line.sound(text, rate_hz, self.pace):
            said_ms += len(piece) * 500 / rate_hz
            until = min(int(said_ms / MS_PER_CHARACTER), len(text))
            message: dict[str, Any] = {"audio": base64.b64encode(piece).decode(), **named}
            if until > told:
                message["alignment"] = self._alignment(text[told:until], leads=told == 0)
                message["normalizedAlignment"] = self._alignment(text[told:until].upper(), leads=False)
            told = max(told, until)
            await line.tell(message)

    def _alignment(self, characters: str, *, leads: bool) -> dict[str, Any]:
        """Times that begin anew with every message; at the start a space may come that nobody sent."""
        extra = " " if leads else ""
        starts = [0] * len(extra) + [at * MS_PER_CHARACTER for at in range(len(characters))]
        durations = [0] * len(extra) + [MS_PER_CHARACTER] * len(characters)
        names = ("char_start_times_ms", "char_durations_ms") if self.snake else ("charStartTimesMs", "charDurationsMs")
        return {"chars": list(extra + characters), names[0]: starts, names[1]: durations}
