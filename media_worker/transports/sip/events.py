"""What a call tells its owner."""

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from media_worker.transports.rtp.terms import RtpTerms
from media_worker.transports.sip.transactions import Transmit

if TYPE_CHECKING:
    from media_worker.transports.sip.call import Call


class Cause(Enum):
    """Why a call is over."""

    CANCELED = "canceled"
    """The caller gave up before we answered."""
    HUNG_UP = "hung up"
    """The caller did."""
    LEFT = "left"
    """We did, or refused it."""
    NO_ACK = "no ACK came"
    NO_ANSWER_IN_ACK = "the answer was not acceptable"
    EXPIRED = "the session was not refreshed"
    GONE = "the peer does not know the call any more"


@dataclass(frozen=True)
class Invited:
    """Somebody calls. Whether he gets an answer is the owner's to say: `ring`, `refuse` or `ignore`."""

    call: "Call"


@dataclass(frozen=True)
class MediaAgreed:
    """Where audio goes, and how, from now on."""

    call: "Call"
    terms: RtpTerms


@dataclass(frozen=True)
class KeyHeard:
    """A telephone key that came by INFO."""

    call: "Call"
    key: str


@dataclass(frozen=True)
class TransferSettled:
    """The caller was handed over, or was not."""

    call: "Call"
    succeeded: bool
    status: int | None
    """What whoever was dialled answered; None: that was not told."""


@dataclass(frozen=True)
class Over:
    """The call is over."""

    call: "Call"
    cause: Cause


Event = Transmit | Invited | MediaAgreed | KeyHeard | TransferSettled | Over
