"""How far a call is, as a table."""

from collections.abc import Mapping
from enum import Enum, auto


class Phase(Enum):
    """How far the call is."""

    INVITED = auto()
    RINGING = auto()
    ANSWERED = auto()
    """Our 2xx is not acknowledged yet."""
    LEAVING = auto()
    """The same, and we want to hang up (RFC 3261, 15: not before the ACK, or its time, has come)."""
    CONFIRMED = auto()
    OVER = auto()


class Step(Enum):
    """What moves it."""

    RING = auto()
    ANSWER = auto()
    REFUSE = auto()
    CANCEL = auto()
    ACK = auto()
    NO_ACK = auto()
    HANG_UP = auto()
    BYE = auto()


_P, _S = Phase, Step
TABLE: Mapping[tuple[Phase, Step], Phase] = {
    (_P.INVITED, _S.RING): _P.RINGING,
    (_P.INVITED, _S.ANSWER): _P.ANSWERED,
    (_P.INVITED, _S.REFUSE): _P.OVER,
    (_P.INVITED, _S.CANCEL): _P.OVER,
    (_P.INVITED, _S.BYE): _P.OVER,
    (_P.RINGING, _S.ANSWER): _P.ANSWERED,
    (_P.RINGING, _S.REFUSE): _P.OVER,
    (_P.RINGING, _S.CANCEL): _P.OVER,
    (_P.RINGING, _S.BYE): _P.OVER,
    (_P.ANSWERED, _S.ACK): _P.CONFIRMED,
    (_P.ANSWERED, _S.NO_ACK): _P.OVER,
    (_P.ANSWERED, _S.HANG_UP): _P.LEAVING,
    (_P.ANSWERED, _S.BYE): _P.OVER,
    (_P.LEAVING, _S.ACK): _P.OVER,
    (_P.LEAVING, _S.NO_ACK): _P.OVER,
    (_P.LEAVING, _S.HANG_UP): _P.LEAVING,
    (_P.LEAVING, _S.BYE): _P.OVER,
    (_P.CONFIRMED, _S.ACK): _P.CONFIRMED,
    (_P.CONFIRMED, _S.NO_ACK): _P.OVER,
    (_P.CONFIRMED, _S.HANG_UP): _P.OVER,
    (_P.CONFIRMED, _S.BYE): _P.OVER,
}
"""CANCEL, RING and REFUSE come too late for a call that is answered, and everything does for one that is over."""
EARLY = (Phase.INVITED, Phase.RINGING)
LATE = frozenset({Step.RING, Step.REFUSE, Step.CANCEL})
