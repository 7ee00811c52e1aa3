"""Amazon Transcribe's streaming protocol over a WebSocket (providers.md 2.2): event-stream messages both ways.

It tells the words of a segment anew with every result until the segment is over. It knows no request for the final
text: a flush is answered with the words that are known after a moment, and what a segment brings later is told as
another Final.
"""

import json
import math
from collections.abc import Mapping
from typing import Any

from callcore.errors import ProviderError, ProviderFailure
from media_worker.ports.stt import Final, Transcript
from media_worker.providers.aws.event_stream import EventMessage, decode, encode
from media_worker.providers.dialect import Dialect, Frame, Said, told
from media_worker.providers.utterance import Utterance

VENDOR = "transcribe"
SETTLE_S = 0.5
"""By then the words that were said before a flush are there."""
PIECE_S = 0.06
"""It wants pieces of 50 to 200 ms."""
LEAST_BILLED_S = 15.0
_AUDIO = {":content-type": "application/octet-stream", ":event-type": "AudioEvent", ":message-type": "event"}
END_OF_STREAM = encode(_AUDIO, b"")
_FAILURES = {
    "BadRequestException": ProviderFailure.REJECTED,
    "LimitExceededException": ProviderFailure.RATE_LIMIT,
    "ConflictException": ProviderFailure.UNAVAILABLE,
    "InternalFailureException": ProviderFailure.UNAVAILABLE,
    "ServiceUnavailableException": ProviderFailure.UNAVAILABLE,
}


class TranscriptionDialect(Dialect):
    """One connection."""

    def __init__(self, bytes_per_s: int, now: float) -> None:
        super().__init__(bytes_per_s, now)
        self.utterance = Utterance(answer_s=SETTLE_S)
        self._piece_bytes = round(bytes_per_s * PIECE_S) & ~1
        self._unsent = b""
        self._last_word_s = 0.0
        """Where the last word that is known ends, in the vendor's time."""
        self._told_until_s = 0.0
        """The words up to here were told as finals."""

    def audio(self, pcm: bytes) -> tuple[Frame, ...]:
        """In pieces of a good size; the rest waits for the next audio, or a flush."""
        pcm, step = self._unsent + pcm, self._piece_bytes
        whole = len(pcm) // step * step
        self._unsent = pcm[whole:]
        return tuple(encode(_AUDIO, pcm[at : at + step]) for at in range(0, whole, step))

    def flush(self, now: float) -> Said:
        """Nothing is to be asked for; only all audio must be there."""
        rest, self._unsent = self._unsent, b""
        frames = (encode(_AUDIO, rest),) if rest else ()
        return Said(frames, tuple(self.utterance.flush(self.sent_s, now)))

    def receive(self, message: Frame, now: float) -> Said:
        """One frame of messages. Raises ProviderError for an exception of the vendor."""
        if isinstance(message, str):
            raise ValueError("it speaks in binary frames")
        return told(said for event in decode(message) for said in self._event(event))

    def _event(self, event: EventMessage) -> list[Transcript]:
        if event.headers.get(":message-type") == "exception":
            raise failed(event.headers.get(":exception-type", ""))
        if event.headers.get(":event-type") != "TranscriptEvent":
            return []
        results = json.loads(event.payload)["Transcript"]["Results"]
        return [said for result in results if result["Alternatives"] for said in self._result(result)]

    def _result(self, result: Mapping[str, Any]) -> list[Transcript]:
        items = [item for item in result["Alternatives"][0]["Items"] if item["StartTime"] >= self._told_until_s]
        text, until_s = _text(items), result["EndTime"] - self.padded_s
        self._last_word_s = max([self._last_word_s, *(item["EndTime"] for item in items)])
        if result["IsPartial"]:
            return self.utterance.suppose(text, until_s)
        partials = self.utterance.fix(text, until_s)
        return self._remember(self.utterance.end(until_s) or partials)

    def handle_deadline(self, now: float) -> Said:
        """A flush had its moment, or the microphone is silent."""
        said = super().handle_deadline(now)
        self._remember(list(said.transcripts))
        return said

    def _remember(self, transcripts: list[Transcript]) -> list[Transcript]:
        """Words that were told once are not told again."""
        if any(isinstance(said, Final) for said in transcripts):
            self._told_until_s = self._last_word_s
        return transcripts

    def closed(self, code: int | None, reason: str) -> ProviderError:
        """Why it closes it says in an exception before."""
        return ProviderError(VENDOR, ProviderFailure.UNAVAILABLE, f"closed with {code}" if code else "it was lost")

    def farewell(self) -> tuple[Frame, ...]:
        """The end of the audio."""
        return (END_OF_STREAM,)

    def billed_s(self, now: float) -> float:
        """Whole seconds of audio, fifteen at least (providers.md 2.2)."""
        return max(LEAST_BILLED_S, math.ceil(self.sent_s + self.padded_s))


def failed(exception: str) -> ProviderError:
    """What an exception of the vendor means; its message may quote what we sent."""
    kind = _FAILURES.get(exception, ProviderFailure.UNAVAILABLE)
    return ProviderError(VENDOR, kind, exception if exception in _FAILURES else "an exception")


def _text(items: list[Mapping[str, Any]]) -> str:
    """The words, with their punctuation marks; one that follows a word that was told before is none of theirs."""
    text = ""
    for item in items:
        if item["Type"] == "pronunciation":
            text += f" {item['Content']}"
        elif text:
            text += item["Content"]
    return text.strip()
