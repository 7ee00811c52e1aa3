"""OpenAI's live transcription over its realtime WebSocket (providers.md 2.4).

What was sent since the last commit is one item; a flush commits it, and its text is the Final. Items are transcribed
side by side: their texts are told in the order of the commits.
"""

import base64
import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from callcore.errors import ProviderError, ProviderFailure
from media_worker.media.resample import Resampler
from media_worker.ports.stt import SttRequest
from media_worker.providers.dialect import NOTHING, Dialect, Frame, Said, told
from media_worker.providers.utterance import Utterance

VENDOR = "openai"
DEFAULT_MODEL = "gpt-live-transcribe"
RATE_HZ = 24_000
"""The only one that it takes."""
LEAST_ITEM_S = 0.12
"""It refuses less than a tenth of a second, and our resampler keeps a thousandth."""
ANSWER_S = 3.0
"""Of a commit: it transcribes the whole item then."""
COMMIT = json.dumps({"type": "input_audio_buffer.commit"})
EMPTY = "input_audio_buffer_commit_empty"
_TRANSCRIPTION = "conversation.item.input_audio_transcription."
_FAILURES = {
    "invalid_request_error": ProviderFailure.REJECTED,
    "authentication_error": ProviderFailure.REJECTED,
    "insufficient_quota": ProviderFailure.REJECTED,
    "rate_limit_exceeded": ProviderFailure.RATE_LIMIT,
}


@dataclass
class _Item:
    """What was committed, in the order of the commits."""

    item_id: str = ""
    """Until the vendor tells it, nobody knows."""
    text: str | None = None
    """None: it is being transcribed."""


class TranscriptionDialect(Dialect):
    """One connection."""

    def __init__(self, bytes_per_s: int, now: float) -> None:
        super().__init__(bytes_per_s, now)
        self.utterance = Utterance(ANSWER_S, near_s=0.0)
        self._resampler = Resampler(bytes_per_s // 2, RATE_HZ)
        self._committed_s = 0.0
        self._items: deque[_Item] = deque()
        self._provisional: dict[str, str] = {}

    def audio(self, pcm: bytes) -> tuple[Frame, ...]:
        """At its rate, as JSON."""
        audio = base64.b64encode(self._resampler.push(pcm)).decode()
        return (json.dumps({"type": "input_audio_buffer.append", "audio": audio}),) if audio else ()

    def keep_alive(self) -> tuple[Frame, ...]:
        """Pings are enough: silence would be transcribed, and billed."""
        return ()

    def flush(self, now: float) -> Said:
        """Have it transcribed; what is too short to be a word is none."""
        if transcripts := self.utterance.flush(self.sent_s, now):
            return told(transcripts)
        if self.sent_s - self._committed_s < LEAST_ITEM_S:
            self._items.append(_Item(text=""))
            return self._tell()
        self._committed_s = self.sent_s
        self._items.append(_Item())
        return Said((COMMIT,))

    def receive(self, message: Frame, now: float) -> Said:
        """One event; what is not known is no concern of ours."""
        said = json.loads(message)
        match said["type"]:
            case "input_audio_buffer.committed":
                item = self._first(lambda item: not item.item_id and item.text is None)
                item.item_id = said["item_id"]
            case "error":
                return self._error(said["error"])
            case str(kind) if kind.startswith(_TRANSCRIPTION):
                return self._transcription(kind.removeprefix(_TRANSCRIPTION), said)
        return NOTHING

    def _transcription(self, kind: str, said: Mapping[str, Any]) -> Said:
        item_id = said["item_id"]
        if kind == "delta":
            text = self._provisional[item_id] = self._provisional.get(item_id, "") + said["delta"]
            is_first = not self._items or item_id in (self._items[0].item_id, "")
            return told(self.utterance.suppose(text, 0.0)) if is_first else NOTHING
        if kind in ("completed", "failed"):
            provisional = self._provisional.pop(item_id, "")
            item = self._first(lambda item: item.item_id == item_id)
            item.text = said["transcript"] if kind == "completed" else provisional
            return self._tell()
        return NOTHING

    def _error(self, error: Mapping[str, Any]) -> Said:
        if error.get("code") != EMPTY:
            raise failed(error)
        self._first(lambda item: not item.item_id and item.text is None).text = ""
        return self._tell()

    def _first(self, wanted: Any) -> _Item:
        """Raises LookupError when there is no such item."""
        for item in self._items:
            if wanted(item):
                return item
        raise LookupError("an item that was not committed")

    def _tell(self) -> Said:
        """Everything that is transcribed and stands before what is not."""
        transcripts = []
        while self._items and self._items[0].text is not None:
            self.utterance.fix(self._items.popleft().text or "", 0.0)
            transcripts += self.utterance.answered()
        return told(transcripts)

    def handle_deadline(self, now: float) -> Said:
        """A commit is always answered: when it is not, nothing is heard here any more."""
        due = self.utterance.next_deadline()
        if due is not None and due <= now:
            raise ProviderError(VENDOR, ProviderFailure.TIMEOUT, "no final text")
        return super().handle_deadline(now)

    def closed(self, code: int | None, reason: str) -> ProviderError:
        """Why it closes it says in an event before."""
        kind = ProviderFailure.REJECTED if code == 1008 else ProviderFailure.UNAVAILABLE
        return ProviderError(VENDOR, kind, f"closed with {code}" if code else "the connection was lost")


def session_update(request: SttRequest) -> str:
    """What the session is told first: whom to hear. When an utterance is over we say ourselves."""
    config = request.config
    transcription: dict[str, Any] = {"model": config.model or DEFAULT_MODEL}
    if not config.multilingual:
        transcription["language"] = request.language.partition("-")[0]
    if request.keywords and transcription["model"] in ("gpt-live-transcribe", "gpt-transcribe"):
        transcription["keywords"] = list(request.keywords)
    audio = {"format": {"type": "audio/pcm", "rate": RATE_HZ}, "transcription": transcription, "turn_detection": None}
    return json.dumps({"type": "session.update", "session": {"type": "transcription", "audio": {"input": audio}}})


def failed(error: Mapping[str, Any]) -> ProviderError:
    """What an error event means; its message may quote what we sent."""
    kinds = [_FAILURES[name] for name in (error.get("code"), error.get("type")) if name in _FAILURES]
    return ProviderError(VENDOR, kinds[0] if kinds else ProviderFailure.UNAVAILABLE, "an error event")
