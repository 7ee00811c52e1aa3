"""How a recognition is held in one vendor's protocol, without I/O. Times are the event loop's, in seconds."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass

from callcore.errors import ProviderError
from media_worker.ports.stt import Transcript
from media_worker.providers.utterance import Utterance

Frame = str | bytes
"""A text or a binary WebSocket message."""


@dataclass(frozen=True)
class Said:
    """What follows from an event."""

    frames: tuple[Frame, ...] = ()
    """For the vendor."""
    transcripts: tuple[Transcript, ...] = ()
    """For the port."""


NOTHING = Said()


def told(transcripts: Iterable[Transcript]) -> Said:
    """Only the port is told something."""
    return Said(transcripts=tuple(transcripts))


QUIET_S = 4.0
"""Vendors hang up on who sends nothing for ten seconds or so."""
PAD_S = 0.1


class Dialect(ABC):
    """One connection. A subclass says what its vendor says; positions in the audio are counted here."""

    def __init__(self, bytes_per_s: int, now: float) -> None:
        self._bytes_per_s = bytes_per_s
        self._opened_at = now
        self.utterance = Utterance()
        self.sent_s = 0.0
        """How much audio the vendor was sent."""
        self.padded_s = 0.0
        """How much silence of our own it was sent beside it: so much its times are ahead of ours."""
        self.sent_at = now
        """When it was sent something last."""

    def hear(self, pcm: bytes, now: float) -> Said:
        """Audio goes out."""
        self.sent_s += len(pcm) / self._bytes_per_s
        self.sent_at = now
        return Said(self.audio(pcm))

    @abstractmethod
    def audio(self, pcm: bytes) -> tuple[Frame, ...]:
        """The frames of this audio."""

    @abstractmethod
    def flush(self, now: float) -> Said:
        """A Final is wanted of all audio so far."""

    @abstractmethod
    def receive(self, message: Frame, now: float) -> Said:
        """The vendor says something. Raises ProviderError when that ends the recognition."""

    @abstractmethod
    def closed(self, code: int | None, reason: str) -> ProviderError:
        """What it means that the vendor closed the connection; without a code it was lost."""

    def next_deadline(self) -> float:
        """When `handle_deadline` is to be called if nothing happens before."""
        quiet_at, due = self.sent_at + QUIET_S, self.utterance.next_deadline()
        return quiet_at if due is None else min(quiet_at, due)

    def handle_deadline(self, now: float) -> Said:
        """A flush has waited for long enough, or the microphone sends nothing and the vendor must not hang up."""
        transcripts = tuple(self.utterance.handle_deadline(now))
        if now < self.sent_at + QUIET_S:
            return Said(transcripts=transcripts)
        self.sent_at = now
        return Said(self.keep_alive(), transcripts)

    def keep_alive(self) -> tuple[Frame, ...]:
        """What shows that we are there: a moment of silence, where there is no message for it."""
        self.padded_s += PAD_S
        return self.audio(bytes(round(self._bytes_per_s * PAD_S) & ~1))

    def farewell(self) -> tuple[Frame, ...]:
        """What the vendor is told when we leave."""
        return ()

    def billed_s(self, now: float) -> float:
        """How many seconds the vendor bills for so far: most bill the audio."""
        return self.sent_s
