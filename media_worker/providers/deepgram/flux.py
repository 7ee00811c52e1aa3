"""Deepgram's Flux, `/v2/listen`: a recogniser that also tells when a turn is over (providers.md 2.1).

It tells the words of the running turn anew with every message. A flush in the middle of a turn is answered with those
that are known after a moment; what the turn brings later is told as another Final.
"""

import json
from collections.abc import Mapping
from typing import Any

from callcore.errors import ProviderError
from media_worker.ports.stt import Final, Transcript, TurnEnd, TurnEndLikely, TurnResumed
from media_worker.providers.deepgram import errors
from media_worker.providers.dialect import NOTHING, Dialect, Frame, Said, told
from media_worker.providers.utterance import Utterance

SETTLE_S = 0.6
"""By then the words that were said before a flush are there, and so is the end of the turn if it is one."""
CLOSE_STREAM = json.dumps({"type": "CloseStream"})


class FluxDialect(Dialect):
    """One connection."""

    def __init__(self, bytes_per_s: int, now: float) -> None:
        super().__init__(bytes_per_s, now)
        self.utterance = Utterance(answer_s=SETTLE_S)
        self._words: list[str] = []
        """Of the running turn."""
        self._told_words = 0
        """How many of them were told as finals."""

    def audio(self, pcm: bytes) -> tuple[Frame, ...]:
        """As it is."""
        return (pcm,)

    def flush(self, now: float) -> Said:
        """There is nothing to ask for: Flux decides about turns itself."""
        return told(self.utterance.flush(self.sent_s, now))

    def receive(self, message: Frame, now: float) -> Said:
        """One message; what is not known is no concern of ours."""
        said = json.loads(message)
        match said.get("type"):
            case "TurnInfo":
                return told(self._turn(said))
            case "Error":
                raise errors.fatal()
        return NOTHING

    def _turn(self, said: Mapping[str, Any]) -> list[Transcript]:
        event = said["event"]
        if event == "StartOfTurn":
            self._told_words = 0
        self._words = said["transcript"].split()
        new, until_s = " ".join(self._words[self._told_words :]), said["audio_window_end"] - self.padded_s
        match event:
            case "EndOfTurn":
                return self._end(new, until_s)
            case "EagerEndOfTurn":
                return [*self.utterance.suppose(new, until_s), TurnEndLikely()]
            case "TurnResumed":
                return [TurnResumed(), *self.utterance.suppose(new, until_s)]
        return self.utterance.suppose(new, until_s)

    def _end(self, new: str, until_s: float) -> list[Transcript]:
        """Every flush so far was about this turn."""
        self.utterance.fix(new, until_s)
        finals = self.utterance.end(until_s)
        while self.utterance.awaited:
            finals += self.utterance.answered()
        self._words, self._told_words = [], 0
        return [*finals, TurnEnd()]

    def handle_deadline(self, now: float) -> Said:
        """A flush had its moment."""
        said = super().handle_deadline(now)
        if any(isinstance(transcript, Final) for transcript in said.transcripts):
            self._told_words = len(self._words)
        return said

    def closed(self, code: int | None, reason: str) -> ProviderError:
        """By its close codes."""
        return errors.closed(code, reason)

    def farewell(self) -> tuple[Frame, ...]:
        """So that it stops at once, and bills no more."""
        return (CLOSE_STREAM,)

    def billed_s(self, now: float) -> float:
        """The connection's life."""
        return now - self._opened_at
