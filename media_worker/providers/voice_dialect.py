"""How texts are spoken in one vendor's protocol, without I/O.

Every text is a context of its own, whose id nobody uses again: what comes late for one that was left finds nobody.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from callcore.agents.agent import VoiceConfig
from callcore.errors import ProviderError
from media_worker.ports.tts import SpeakRequest, SpeechEvent

Frame = str | bytes
"""A text or a binary WebSocket message."""


@dataclass(frozen=True)
class Over:
    """Nothing follows for this text."""


@dataclass(frozen=True)
class Heard:
    """What the vendor told of one text."""

    context_id: str | None
    """None: of every text on this connection."""
    what: SpeechEvent | Over | ProviderError


@dataclass(frozen=True)
class Address:
    """Where a connection goes, and what it is bound to: what a request wants else needs another one."""

    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True)
class Limits:
    """What one connection takes."""

    contexts: int
    """Texts at once."""
    left_count: bool = True
    """One that was left counts until the vendor says that it is over."""
    texts_per_minute: int | None = None


class VoiceDialect(Protocol):
    """One connection."""

    def say(self, context_id: str, request: SpeakRequest) -> tuple[Frame, ...]:
        """The frames that have a whole text spoken."""
        ...

    def leave(self, context_id: str) -> tuple[Frame, ...]:
        """The frames that stop a text. What is told of it from now on is lost."""
        ...

    def receive(self, message: Frame) -> tuple[Heard, ...]:
        """The vendor says something. Raises ProviderError when that ends the connection."""
        ...

    def closed(self, code: int | None, reason: str) -> ProviderError:
        """What it means that the vendor closed the connection; without a code it was lost."""
        ...


class SocketVendor(Protocol):
    """A vendor whose voices speak over WebSockets."""

    name: str
    limits: Limits

    def sample_rate_hz(self, voice: VoiceConfig) -> int:
        """Rate of the sound."""
        ...

    def address(self, request: SpeakRequest) -> Address:
        """Where a request like this is spoken. Raises ProviderError when the vendor cannot."""
        ...

    def dialect(self) -> VoiceDialect:
        """That of a new connection."""
        ...
