"""A reply's use of functions, as an enum and a table.

A reply may call functions, go on when it has all their results, and call again: each time is a round.
Nothing is run before the announcement of the round, if there is one, nor while the reply is held.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from callcore.errors import InvalidTransition
from callcore.tools.tool_call import ToolCall

MAX_ROUNDS = 5
"""After so many the model must do without functions: it would keep the caller waiting for ever."""


class RoundState(Enum):
    """How far the round is."""

    ANSWERING = auto()
    """The model talks; nothing is called."""
    ANNOUNCING = auto()
    """It is known what to call: something is said first, or the reply is held."""
    CALLING = auto()
    """The functions run."""
    ABANDONED = auto()
    """The reply is over: what still runs is not waited for."""


class RoundSignal(Enum):
    """What moves a round."""

    CALLED = auto()
    """The model has said all it wants to say and call."""
    RUN = auto()
    """Nothing has to be heard first."""
    SETTLED = auto()
    """Every call has its result."""
    ABANDON = auto()
    """The reply was cut, or is over."""


TABLE: Mapping[tuple[RoundState, RoundSignal], RoundState] = {
    (RoundState.ANSWERING, RoundSignal.CALLED): RoundState.ANNOUNCING,
    (RoundState.ANSWERING, RoundSignal.ABANDON): RoundState.ABANDONED,
    (RoundState.ANNOUNCING, RoundSignal.RUN): RoundState.CALLING,
    (RoundState.ANNOUNCING, RoundSignal.ABANDON): RoundState.ABANDONED,
    (RoundState.CALLING, RoundSignal.SETTLED): RoundState.ANSWERING,
    (RoundState.CALLING, RoundSignal.ABANDON): RoundState.ABANDONED,
}


@dataclass
class ToolRound:
    """The present round of one reply."""

    state: RoundState = RoundState.ANSWERING
    number: int = 0
    """Of rounds that were begun."""
    calls: tuple[ToolCall, ...] = ()
    awaits_heard: bool = False
    """What was said must be heard before anything is run."""
    ends_call: bool = False
    """One of its functions is the end of the call."""
    ends_reply: bool = False
    """There is nothing to say to what its functions did."""

    def begin(self, calls: tuple[ToolCall, ...], *, awaits_heard: bool, ends_call: bool) -> None:
        """The model calls these."""
        self.signal(RoundSignal.CALLED)
        self.number += 1
        self.calls, self.awaits_heard, self.ends_call = calls, awaits_heard, ends_call
        self.ends_reply = True

    def signal(self, signal: RoundSignal) -> None:
        """Move on. Raises InvalidTransition."""
        try:
            self.state = TABLE[self.state, signal]
        except KeyError:
            raise InvalidTransition("tool round", self.state.name, signal.name) from None

    @property
    def may_call_again(self) -> bool:
        """Whether the model may have another round."""
        return self.number < MAX_ROUNDS
