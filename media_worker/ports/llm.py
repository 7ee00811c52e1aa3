"""The language model."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from callcore.agents.agent import LlmConfig
from callcore.tools.toolbox import ToolOffer


@dataclass(frozen=True)
class ReplyRequest:
    """Everything a model needs for one reply."""

    llm: LlmConfig
    system_prompt: str
    messages: Sequence[Mapping[str, Any]]
    """OpenAI-shaped messages; the last one is the user's, or the result of a function that the reply has called."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Session variables by name, for texts that are rendered late."""
    tools: Sequence[ToolOffer] = ()
    """The functions that the reply may call."""
    turn_id: int = 0
    """Which of the session's replies it is."""


@dataclass(frozen=True)
class TextDelta:
    """The next piece of the reply; pieces concatenate verbatim."""

    text: str


@dataclass(frozen=True)
class Flush:
    """What was said so far is to be spoken now, whether or not it is a whole sentence."""


@dataclass(frozen=True)
class Pause:
    """Silence, before what comes next."""

    ms: int


@dataclass(frozen=True)
class KeepSilent:
    """The reply is complete and empty: that nothing was said is no failure."""


@dataclass(frozen=True)
class CallTool:
    """The model needs the result of a function. The reply goes on in another request that has it."""

    name: str
    arguments: str
    """A JSON object, if the model kept to the schema."""


@dataclass(frozen=True)
class EndCall:
    """When the reply has been heard, the agent ends the call. Of a reply that calls functions it means nothing."""


@dataclass(frozen=True)
class TokensUsed:
    """What the vendor counts for this request, whenever it says so; several add up. Never the beginning of a reply."""

    prompt: int
    completion: int


SpokenEvent = TextDelta | Flush | Pause
"""What the voice hears of."""
DoneEvent = CallTool | EndCall | KeepSilent
"""What the reply does beside talking."""
ReplyEvent = SpokenEvent | DoneEvent | TokensUsed


@dataclass(frozen=True)
class LlmCapabilities:
    """What an adapter can do."""

    discardable: bool
    """A reply may be asked for and thrown away: leaving it stops its costs, and nobody takes it for an event."""


class Preparable(Protocol):
    """A model that answers sooner when it is told in advance."""

    async def prepare(self) -> None:
        """Open what a reply needs, if it is not open already. Costs nothing and never fails."""
        ...


class LanguageModel(Protocol):
    """A source of replies."""

    @property
    def capabilities(self) -> LlmCapabilities:
        """What it can do."""
        ...

    def reply(self, request: ReplyRequest) -> AbstractAsyncContextManager[AsyncIterator[ReplyEvent]]:
        """Start a reply; leaving the context cancels it. Raises ProviderError, also while iterating."""
        ...
