"""The running utterance of a vendor's stream, whatever the vendor calls its parts.

Vendors tell text that stays, text that may change, and some where they see the end of an utterance; the port promises
one Final for every flush, and none between. Positions are seconds of the stream's audio.

    flush ──► awaited ──the vendor answers it, or ends an utterance there──► Final
                 └──────── nothing for ANSWER_S: what is known ────────────► Final
"""

from collections import deque
from dataclasses import dataclass, replace

from media_worker.ports.stt import Final, Partial, Transcript

ANSWER_S = 1.2
"""A vendor that does not answer a flush for so long will not; another one can before the conversation goes on without
the words (`text_wait_s`)."""
NEAR_S = 0.3
"""An end that the vendor saw so shortly before a flush is the one that is meant: nobody says a word in between, and the
detector has waited for a part of it."""


@dataclass(frozen=True)
class _Flush:
    position_s: float
    due: float


class Utterance:
    """What is known of it. Give it what the vendor says; it returns what the port is to tell."""

    def __init__(self, answer_s: float = ANSWER_S, near_s: float = NEAR_S) -> None:
        self._answer_s, self._near_s = answer_s, near_s
        self._fixed: list[str] = []
        self._provisional = ""
        self._shown = ""
        self._awaited: deque[_Flush] = deque()
        self._covered_s = 0.0
        """Up to here the audio was recognised."""
        self._ended_s = 0.0
        """Up to here it was told as finals."""

    @property
    def text(self) -> str:
        """All of it so far."""
        return " ".join(part for part in (*self._fixed, self._provisional) if part)

    @property
    def awaited(self) -> int:
        """How many flushes have no Final yet."""
        return len(self._awaited)

    def fix(self, text: str, until_s: float) -> list[Transcript]:
        """Text that stays."""
        self._provisional = ""
        if text.strip():
            self._fixed.append(text.strip())
        return self._partial(until_s)

    def suppose(self, text: str, until_s: float) -> list[Transcript]:
        """Text that may change; it replaces what was supposed before."""
        self._provisional = text.strip()
        return self._partial(until_s)

    def end(self, until_s: float) -> list[Transcript]:
        """The vendor sees the end of an utterance: the Final of every flush that meant it, or of none.

        When a later end is awaited, this one is a pause.
        """
        self._covered_s = max(self._covered_s, until_s)
        if not self._awaited:
            return [self._final()] if self.text else []
        transcripts: list[Transcript] = []
        while self._awaited and self._awaited[0].position_s <= until_s + self._near_s:
            transcripts.append(self._answer())
        return transcripts

    def flush(self, position_s: float, now: float) -> list[Transcript]:
        """A Final is wanted of all audio up to here. It is there already when the vendor has just seen an end."""
        if not self._awaited and not self.text and self._ended_s >= position_s - self._near_s and self._ended_s > 0.0:
            self._ended_s = max(self._ended_s, position_s)
            return [Final("", until_s=position_s)]
        self._awaited.append(_Flush(position_s, now + self._answer_s))
        return []

    def answered(self) -> list[Transcript]:
        """The vendor has answered the oldest flush; when that has its Final already, only words that came late."""
        if self._awaited:
            self._covered_s = max(self._covered_s, self._awaited[0].position_s)
            return [self._answer()]
        return [self._final()] if self.text else []

    def next_deadline(self) -> float | None:
        """When a flush has waited for long enough."""
        return self._awaited[0].due if self._awaited else None

    def handle_deadline(self, now: float) -> list[Transcript]:
        """The vendor had its time: what is known counts, and no more audio than that is told for."""
        transcripts: list[Transcript] = []
        while self._awaited and self._awaited[0].due <= now:
            self._awaited.popleft()
            transcripts.append(self._final())
        return transcripts

    def _answer(self) -> Final:
        flush = self._awaited.popleft()
        final = replace(self._final(), until_s=max(self._ended_s, flush.position_s))
        self._ended_s = max(self._ended_s, flush.position_s)
        return final

    def _final(self) -> Final:
        text, self._fixed, self._provisional, self._shown = self.text, [], "", ""
        self._ended_s = max(self._ended_s, self._covered_s)
        return Final(text, until_s=self._ended_s)

    def _partial(self, until_s: float) -> list[Transcript]:
        self._covered_s = max(self._covered_s, until_s)
        text = self.text
        if not text or text == self._shown:
            return []
        self._shown = text
        return [Partial(text)]
