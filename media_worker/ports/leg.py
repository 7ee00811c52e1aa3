"""One leg of a call: audio and control of one party, whatever transport carries them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from callcore.wire.client import ServerMessage


@dataclass(frozen=True)
class TypedText:
    """The user typed instead of speaking."""

    text: str


@dataclass(frozen=True)
class KeyPressed:
    """One telephone key: 0-9, *, #."""

    key: str


@dataclass(frozen=True)
class ConnectionLost:
    """The peer cannot be reached, and may be back within seconds: nothing that is sent meanwhile arrives."""


@dataclass(frozen=True)
class ConnectionBack:
    """The same peer is there again."""


@dataclass(frozen=True)
class PutOnHold:
    """The user has turned away and hears nothing; what sounds on his side meanwhile is not delivered."""


@dataclass(frozen=True)
class TakenOffHold:
    """He is there again."""


@dataclass(frozen=True)
class FormReturned:
    """The user is done with a form."""

    call_id: str
    """Of the function that showed it."""
    values: Mapping[str, Any] | None
    """What was filled in; None: nothing, the form was closed."""


@dataclass(frozen=True)
class VoiceWanted:
    """Whether the user wants to hear the agent from its next reply on, or only to read it."""

    on: bool


@dataclass(frozen=True)
class PlaybackLate:
    """What was sent sounds at the user's this much later than it would if it were played as it was sent."""

    seconds: float


PeerEvent = TypedText | KeyPressed | ConnectionLost | ConnectionBack | PutOnHold | TakenOffHold
"""What the user or the connection did."""
LegEvent = PeerEvent | FormReturned | VoiceWanted | PlaybackLate


class Leg(Protocol):
    """What a session drives. Sending never waits: a leg whose peer does not read closes itself."""

    @property
    def sample_rate_hz(self) -> int:
        """Rate of the audio in both directions: PCM, signed 16 bit little-endian, mono."""
        ...

    async def receive(self) -> bytes | LegEvent:
        """The user's next audio (any even length) or event. Raises TransportClosed once the peer is gone."""
        ...

    def send(self, message: bytes | ServerMessage) -> None:
        """Queue agent audio or a control message, in order. After the end it does nothing."""
        ...

    async def aclose(self, code: int, reason: str) -> None:
        """Send what is queued (at most 1 s), then close; closing twice is fine."""
        ...
