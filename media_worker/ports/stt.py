"""Speech to text."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol

from callcore.agents.agent import SpeechToTextConfig
from callcore.agents.script import Script


@dataclass(frozen=True)
class Partial:
    """Provisional text of the running utterance; the next one replaces it."""

    text: str


@dataclass(frozen=True)
class Final:
    """Fixed text of an utterance."""

    text: str
    """Empty when no words were recognised."""
    rejected: bool = False
    """Speech was heard, but it matches nothing that the recogniser can tell with confidence."""
    until_s: float | None = field(default=None, compare=False)
    """How much of the stream's audio this and the finals before it are the text of; None = all that it was sent."""


@dataclass(frozen=True)
class TurnEnd:
    """The speaker's turn is over, in the recogniser's opinion; its last Final came before."""


@dataclass(frozen=True)
class TurnEndLikely:
    """The speaker's turn is probably over; TurnEnd or TurnResumed follows. Its words so far came before."""


@dataclass(frozen=True)
class TurnResumed:
    """The speaker goes on after TurnEndLikely."""


Transcript = Partial | Final | TurnEnd | TurnEndLikely | TurnResumed


@dataclass(frozen=True)
class SttCapabilities:
    """What an adapter can do."""

    gated: bool
    """It wants only speech (from 300 ms before its onset until `flush`), not the silence between."""
    ends_turns: bool = False
    """It says when a turn is over (TurnEnd)."""
    whole_turns: bool = False
    """It must hear a turn in one piece: a flush in a pause would cut the phrase that it expects."""


@dataclass(frozen=True)
class SttRequest:
    """What to listen for."""

    sample_rate_hz: int
    language: str = "en"
    script: Script | None = None
    """What the agent expects to hear, for recognisers that can be constrained."""
    keywords: Mapping[str, float | None] = field(default_factory=dict)
    """Words to expect, with their boosts; 1 is none, None what the recogniser thinks fit."""
    config: SpeechToTextConfig = field(default_factory=SpeechToTextConfig)
    """The agent's own settings for the recogniser."""
    private: bool = False
    """The vendor may not learn from what it hears."""


class SttStream(Protocol):
    """One open recognition. Iterate it in one task while another sends."""

    @property
    def billed_s(self) -> float | None:
        """How many seconds its vendor bills for it so far; None: as many as it is open."""
        ...

    def send(self, pcm: bytes) -> None:
        """Hand over audio in stream order. Never waits; over the adapter's bound the oldest is dropped."""
        ...

    def flush(self) -> None:
        """The utterance has ended: a Final follows, with empty text when there were no words."""
        ...

    def __aiter__(self) -> AsyncIterator[Transcript]:
        """Transcripts until the stream is left. Raises ProviderError when the recogniser is lost."""
        ...


class SpeechToText(Protocol):
    """A recogniser."""

    @property
    def capabilities(self) -> SttCapabilities:
        """What it can do."""
        ...

    def open(self, request: SttRequest) -> AbstractAsyncContextManager[SttStream]:
        """Open a stream; leaving the context frees it at once. Raises ProviderError."""
        ...
