"""What a call tells its owner, who knows it by its dialog."""

from dataclasses import dataclass
from enum import Enum

from media_worker.transports.rtp.terms import RtpTerms
from media_worker.transports.sip.dialog import Dialog
from media_worker.transports.sip.transactions import Transmit


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
class MediaAgreed:
    """Where audio goes, and how, from now on."""

    dialog: Dialog
    terms: RtpTerms


@dataclass(frozen=True)
class KeyHeard:
    """A telephone key that came by INFO."""

    dialog: Dialog
    key: str


@dataclass(frozen=True)
class TransferSettled:
    """The caller was handed over, or was not."""

    dialog: Dialog
    succeeded: bool
    status: int | None
    """What whoever was dialled answered; None: that was not told."""


@dataclass(frozen=True)
class Over:
    """The call is over."""

    dialog: Dialog
    cause: Cause


Event = Transmit | MediaAgreed | KeyHeard | TransferSettled | Over
