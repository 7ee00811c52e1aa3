"""OpenAI's live transcription as a small real server: the realtime WebSocket with `intent=transcription`."""

import asyncio
import base64
import binascii
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from tests.peers.listener import Listener, Utterances
from tests.peers.openai import KEY
from tests.peers.vendor_server import Fault, Mouth, refusal, vendor_server

RATE_HZ = 24_000
LEAST_ITEM_MS = 100
TEXT_DELAY_S = 0.05
WITHOUT_VAD = ("gpt-live-transcribe", "gpt-realtime-whisper")
MODELS = (*WITHOUT_VAD, "gpt-transcribe", "gpt-4o-transcribe", "gpt-4o-mini-transcribe")
WITH_KEYWORDS = ("gpt-live-transcribe", "gpt-transcribe")
UNREADABLE = '{"type": 7'


@dataclass
class Session:
    """One connection, as the vendor remembers it."""

    transcription: Mapping[str, Any] = field(default_factory=dict)
    audio: bytearray = field(default_factory=bytearray)
    commits: int = 0


@dataclass
class OpenAiLive:
    """A running server; what it does may be changed while it runs."""

    url: str = ""
    utterances: Utterances = field(default_factory=Utterances)
    faults: list[Fault] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)
    failing_items: int = 0
    """So many of the next items fail to be transcribed."""

    def billed_s(self) -> float:
        """The audio."""
        return sum(len(session.audio) for session in self.sessions) / RATE_HZ / 2

    def refuse(self, request: Request) -> Response | None:
        """A key that is wrong, or something else than transcription."""
        parts = urlsplit(request.path)
        error: dict[str, Any] = {"type": "invalid_request_error", "param": None}
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            error |= {"message": "Incorrect API key provided.", "code": "invalid_api_key"}
            return refusal(401, json.dumps({"error": error}).encode())
        if parts.path != "/v1/realtime" or dict(parse_qsl(parts.query)).get("intent") != "transcription":
            return refusal(404, json.dumps({"error": error | {"message": "Not found", "code": None}}).encode())
        return None

    async def attend(self, connection: ServerConnection, fault: Fault) -> None:
        """One connection."""
        session = Session()
        self.sessions.append(session)
        await Transcribing(self, session, connection, fault).run()


@asynccontextmanager
async def openai_live(*texts: str) -> AsyncIterator[OpenAiLive]:
    """A server that takes speech for these texts; its `url` ends with the version, as a base URL does."""
    peer = OpenAiLive(utterances=Utterances(texts or ("hello",)))
    async with vendor_server(peer.faults, peer.refuse, peer.attend) as url:
        peer.url = f"{url}/v1"
        yield peer


class Transcribing:
    """One session."""

    def __init__(self, peer: OpenAiLive, session: Session, connection: ServerConnection, fault: Fault) -> None:
        self._peer, self._session, self._connection = peer, session, connection
        self._mouth = Mouth(connection, fault)
        self._listener = Listener(peer.utterances, RATE_HZ)
        self._uncommitted_bytes = 0
        self._events = 0

    async def run(self) -> None:
        """Until either side closes."""
        async with asyncio.TaskGroup() as tasks:
            talking = tasks.create_task(self._mouth.run())
            self._say("session.created", session=self._about(), delay_s=0.0)
            with suppress(ConnectionClosed):
                async for message in self._connection:
                    await self._take(message)
            talking.cancel()

    def _about(self) -> Mapping[str, Any]:
        audio = {
            "format": {"type": "audio/pcm", "rate": RATE_HZ},
            "transcription": self._session.transcription or None,
            "turn_detection": None,
        }
        kind = {"type": "transcription", "object": "realtime.transcription_session"}
        return {**kind, "id": "sess_1", "audio": {"input": audio}}

    def _say(self, kind: str, *, delay_s: float = TEXT_DELAY_S, **about: Any) -> None:
        self._events += 1
        self._mouth.say(json.dumps({"type": kind, "event_id": f"event_{self._events}", **about}), delay_s)

    def _complain(self, code: str | None, text: str) -> None:
        error = {"type": "invalid_request_error", "code": code, "message": text, "param": None, "event_id": None}
        self._say("error", error=error, delay_s=0.0)

    async def _take(self, message: str | bytes) -> None:
        said = json.loads(message)
        match said.get("type"):
            case "session.update":
                self._update(said["session"])
            case "input_audio_buffer.append":
                await self._append(said["audio"])
            case "input_audio_buffer.commit":
                self._commit()
            case "input_audio_buffer.clear":
                self._listener.take()
                self._uncommitted_bytes = 0
                self._say("input_audio_buffer.cleared")
            case kind:
                self._complain("unknown_event", f"Unknown event {kind}.")

    def _update(self, session: Mapping[str, Any]) -> None:
        given = session.get("audio", {}).get("input", {})
        transcription = given.get("transcription") or {}
        model = transcription.get("model")
        if session.get("type") != "transcription" or given.get("format") != {"type": "audio/pcm", "rate": RATE_HZ}:
            return self._complain("invalid_value", "The format is audio/pcm at 24000.")
        if model not in MODELS:
            return self._complain("model_not_found", f"The model {model} does not exist.")
        if model in WITHOUT_VAD and given.get("turn_detection") is not None:
            return self._complain("invalid_value", f"{model} has no turn detection.")
        if "keywords" in transcription and model not in WITH_KEYWORDS:
            return self._complain("unsupported_parameter", f"{model} takes no keywords.")
        self._session.transcription = transcription
        self._say("session.updated", session=self._about(), delay_s=0.0)

    async def _append(self, audio: str) -> None:
        try:
            pcm = base64.b64decode(audio, validate=True)
        except binascii.Error:
            return self._complain("invalid_value", "The audio is no base64.")
        self._session.audio += pcm
        self._uncommitted_bytes += len(pcm)
        for is_speech in self._listener.windows(pcm):
            self._listener.step(is_speech=is_speech)
        await self._mouth.heard(len(self._session.audio) / RATE_HZ / 2, UNREADABLE)

    def _commit(self) -> None:
        length_ms = self._uncommitted_bytes / RATE_HZ / 2 * 1000
        if length_ms < LEAST_ITEM_MS:
            text = f"buffer too small. Expected at least 100ms of audio, but buffer only has {length_ms:.2f}ms."
            return self._complain("input_audio_buffer_commit_empty", text)
        session = self._session
        before = f"item_{session.commits}" if session.commits else None
        session.commits += 1
        item_id, self._uncommitted_bytes = f"item_{session.commits}", 0
        self._say("input_audio_buffer.committed", item_id=item_id, previous_item_id=before, delay_s=0.0)
        spoken = self._listener.take()
        self._transcribe(item_id, spoken.text if spoken is not None else "", length_ms / 1000)

    def _transcribe(self, item_id: str, text: str, seconds: float) -> None:
        kind = "conversation.item.input_audio_transcription"
        about: dict[str, Any] = {"item_id": item_id, "content_index": 0}
        if self._peer.failing_items:
            self._peer.failing_items -= 1
            error = {"type": "server_error", "code": "audio_unintelligible", "message": "no words", "param": None}
            return self._say(f"{kind}.failed", **about, error=error)
        for at, word in enumerate(text.split()):
            self._say(f"{kind}.delta", **about, delta=f" {word}" if at else word, delay_s=TEXT_DELAY_S / 2)
        self._say(f"{kind}.completed", **about, transcript=text, usage={"type": "duration", "seconds": seconds})
