"""How the call ends: why, in which order. The reason is written once, before what it causes."""

from collections.abc import Mapping
from enum import Enum, auto

from callcore.calls.call import CallStatus


class Phase(Enum):
    """How near the end is."""

    OPEN = auto()
    OVERDUE = auto()
    """The time is up; whoever speaks finishes his sentence."""
    CLOSING = auto()
    """The goodbye is being said; when it has been heard the call ends."""
    ENDED = auto()


class EndSignal(Enum):
    """What brings the end nearer."""

    TIME_UP = auto()
    CLOSE = auto()
    END = auto()


TABLE: Mapping[tuple[Phase, EndSignal], Phase] = {
    (Phase.OPEN, EndSignal.TIME_UP): Phase.OVERDUE,
    (Phase.OPEN, EndSignal.CLOSE): Phase.CLOSING,
    (Phase.OPEN, EndSignal.END): Phase.ENDED,
    (Phase.OVERDUE, EndSignal.TIME_UP): Phase.OVERDUE,
    (Phase.OVERDUE, EndSignal.CLOSE): Phase.CLOSING,
    (Phase.OVERDUE, EndSignal.END): Phase.ENDED,
    (Phase.CLOSING, EndSignal.TIME_UP): Phase.CLOSING,
    (Phase.CLOSING, EndSignal.CLOSE): Phase.CLOSING,
    (Phase.CLOSING, EndSignal.END): Phase.ENDED,
    (Phase.ENDED, EndSignal.TIME_UP): Phase.ENDED,
    (Phase.ENDED, EndSignal.CLOSE): Phase.ENDED,
    (Phase.ENDED, EndSignal.END): Phase.ENDED,
}


class Ending:
    """The phase of the call and the reason of its end."""

    def __init__(self) -> None:
        self.phase = Phase.OPEN
        self.reason: CallStatus | None = None
        """Why the call ends; the first reason given stays."""
        self.error: str | None = None
        """What went wrong, if that is the reason."""

    def signal(self, signal: EndSignal, reason: CallStatus, error: str | None = None) -> None:
        """Come nearer to the end for `reason`."""
        self.phase = TABLE[self.phase, signal]
        if self.reason is None:
            self.reason, self.error = reason, error

    @property
    def open(self) -> bool:
        """No end is in sight."""
        return self.phase is Phase.OPEN

    @property
    def farewell_owed(self) -> bool:
        """The goodbye is still to be said, if there is one."""
        return self.phase in (Phase.OPEN, Phase.OVERDUE)
