"""A caller is handed over to somebody else by his own telephone company (RFC 3515), as an enum and a table.

The peer accepts and dials, and tells by NOTIFY how that goes. Some tell nothing more, and hang up when it is done.
"""

import re
from collections.abc import Mapping
from enum import Enum, auto

WAIT_S = 60.0
"""For the outcome."""
_STATUS = re.compile(rb"SIP/2\.0[ \t]+([1-6][0-9]{2})\b")


class State(Enum):
    """How far it is."""

    ASKED = auto()
    ACCEPTED = auto()
    DONE = auto()
    FAILED = auto()


class Signal(Enum):
    """What the peer says, or does not."""

    ACCEPTED = auto()
    REFUSED = auto()
    SUCCEEDED = auto()
    FAILED = auto()
    GONE = auto()
    """It hung up: it has what it needs."""
    TIME_UP = auto()


_S, _X = State, Signal
TABLE: Mapping[tuple[State, Signal], State] = {
    (_S.ASKED, _X.ACCEPTED): _S.ACCEPTED,
    (_S.ASKED, _X.REFUSED): _S.FAILED,
    # A NOTIFY may overtake the response (RFC 3515, 2.4.4).
    (_S.ASKED, _X.SUCCEEDED): _S.DONE,
    (_S.ASKED, _X.FAILED): _S.FAILED,
    (_S.ASKED, _X.GONE): _S.DONE,
    (_S.ASKED, _X.TIME_UP): _S.FAILED,
    (_S.ACCEPTED, _X.SUCCEEDED): _S.DONE,
    (_S.ACCEPTED, _X.FAILED): _S.FAILED,
    (_S.ACCEPTED, _X.GONE): _S.DONE,
    (_S.ACCEPTED, _X.TIME_UP): _S.FAILED,
}
"""What is not here changes nothing: it comes late."""


class Transfer:
    """One of them, from the REFER on."""

    def __init__(self, now: float) -> None:
        self.state = State.ASKED
        self.deadline = now + WAIT_S
        self.status: int | None = None
        """What the peer, or whom it dialled, answered last."""

    @property
    def is_settled(self) -> bool:
        """How it went is known."""
        return self.state in (State.DONE, State.FAILED)

    def signal(self, signal: Signal, status: int | None = None) -> bool:
        """Whether it is settled by this."""
        before = self.state
        self.state = TABLE.get((before, signal), before)
        if before is not self.state and status is not None:
            self.status = status
        return self.is_settled and before is not self.state

    def notified(self, body: bytes) -> bool:
        """A NOTIFY of its subscription came; whether it is settled by this.

        One that ends the subscription without a final status says nothing: FreeSWITCH's do, and go on dialling.
        """
        found = _STATUS.match(body)
        if found is None or (status := int(found[1])) < 200:
            return False
        return self.signal(Signal.SUCCEEDED if status < 300 else Signal.FAILED, status)
