"""Deepgram's live transcription, `/v1/listen`, with nova models (providers.md 2.1)."""

import json
from collections.abc import Mapping
from typing import Any

from callcore.errors import ProviderError
from media_worker.providers.deepgram import errors
from media_worker.providers.dialect import NOTHING, Dialect, Frame, Said, told

KEEP_ALIVE, FINALIZE, CLOSE_STREAM = (json.dumps({"type": kind}) for kind in ("KeepAlive", "Finalize", "CloseStream"))


class ListenDialect(Dialect):
    """One connection.

    `is_final` text stays, `speech_final` is an end that Deepgram heard, UtteranceEnd one that it found between
    the words. A flush asks for what is left (`Finalize`); the answer is often empty, and may be missing.
    """

    def __init__(self, bytes_per_s: int, now: float) -> None:
        super().__init__(bytes_per_s, now)
        self._finalizing = 0
        """How many requests for the rest have no answer yet; of some the flush has its Final already."""

    def audio(self, pcm: bytes) -> tuple[Frame, ...]:
        """As it is."""
        return (pcm,)

    def flush(self, now: float) -> Said:
        """Ask for the rest, unless an end was seen here already."""
        transcripts = tuple(self.utterance.flush(self.sent_s, now))
        if transcripts:
            return Said(transcripts=transcripts)
        self._finalizing += 1
        self.sent_at = now
        return Said((FINALIZE,))

    def receive(self, message: Frame, now: float) -> Said:
        """One message; what is not known is no concern of ours."""
        said = json.loads(message)
        match said.get("type"):
            case "Results":
                return self._results(said)
            case "UtteranceEnd":
                return told(self.utterance.end(said["last_word_end"])) if self.utterance.text else NOTHING
            case "Error":
                raise errors.fatal()
        return NOTHING

    def _results(self, said: Mapping[str, Any]) -> Said:
        text = said["channel"]["alternatives"][0]["transcript"]
        until_s = said["start"] + said["duration"]
        if not said.get("is_final"):
            return told(self.utterance.suppose(text, until_s))
        partials = self.utterance.fix(text, until_s)
        if said.get("from_finalize"):
            self._finalizing = max(0, self._finalizing - 1)
            awaited = self.utterance.awaited
            finals = self.utterance.answered() if self._finalizing < awaited or not awaited else []
        elif said.get("speech_final"):
            finals = self.utterance.end(until_s)
        else:
            finals = []
        return told(finals or partials)

    def closed(self, code: int | None, reason: str) -> ProviderError:
        """By its close codes."""
        return errors.closed(code, reason)

    def handle_deadline(self, now: float) -> Said:
        """A request that is answered too late counts no longer."""
        said = super().handle_deadline(now)
        self._finalizing = min(self._finalizing, self.utterance.awaited)
        return said

    def keep_alive(self) -> tuple[Frame, ...]:
        """As a text frame: a binary one would be audio."""
        return (KEEP_ALIVE,)

    def farewell(self) -> tuple[Frame, ...]:
        """So that it stops at once, and bills no more."""
        return (CLOSE_STREAM,)

    def billed_s(self, now: float) -> float:
        """The connection's life is billed, not the audio (providers.md 0)."""
        return now - self._opened_at
