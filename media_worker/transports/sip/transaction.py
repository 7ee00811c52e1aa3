"""One SIP transaction as an enum and a table (RFC 3261, 17, with the states that RFC 6026 adds).

A server's transaction begins with a request that came and is told what its owner answers; a client's begins with a
request that was sent and is told what comes back. Nothing is sent here: a transaction says what is to be done.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from callcore.errors import InvalidTransition

T1_S = 0.5
"""RFC 3261, 17.1.1.1: an estimate of the round trip."""
T2_S = 4.0
"""The longest time between two retransmissions of what is no INVITE, and of responses to INVITE."""
T4_S = 5.0
"""How long a message stays in the network."""
GIVE_UP_S = 64 * T1_S


class State(Enum):
    """How far it is."""

    CALLING = auto()
    TRYING = auto()
    PROCEEDING = auto()
    ACCEPTED = auto()
    """A 2xx went by: further copies of request or response still belong here (RFC 6026)."""
    COMPLETED = auto()
    CONFIRMED = auto()
    TERMINATED = auto()


class Timer(Enum):
    """By the letters of RFC 3261 (table 4) and RFC 6026."""

    A = auto()
    B = auto()
    D = auto()
    E = auto()
    F = auto()
    G = auto()
    H = auto()
    I = auto()  # noqa: E741 - its name in the RFC
    J = auto()
    K = auto()
    L = auto()
    M = auto()


class Signal(Enum):
    """What happens to it besides its timers."""

    REQUEST = auto()
    """The same request came again."""
    ACK = auto()
    PROVISIONAL = auto()
    """A response: the owner's on a server, the peer's on a client."""
    SUCCESS = auto()
    FAILURE = auto()


class Act(Enum):
    """What is to be done."""

    SEND = auto()
    """What the owner wants sent."""
    SEND_AGAIN = auto()
    """What was sent last."""
    PASS_ON = auto()
    """The owner has to know what came."""
    ACKNOWLEDGE = auto()
    """The peer waits for an ACK of its failure."""
    GIVE_UP = auto()
    """The owner has to know that nothing came."""


_S, _T, _X, _A = State, Timer, Signal, Act
Table = Mapping[tuple[State, Signal | Timer], tuple[State, tuple[Act, ...]]]


@dataclass(frozen=True)
class Kind:
    """One of the four machines."""

    name: str
    first: State
    table: Table
    timers: Mapping[State, tuple[Timer, ...]]
    """Those that run in a state; one that ran before goes on."""


INVITE_SERVER = Kind(
    "INVITE server",
    _S.PROCEEDING,
    {
        (_S.PROCEEDING, _X.REQUEST): (_S.PROCEEDING, (_A.SEND_AGAIN,)),
        (_S.PROCEEDING, _X.PROVISIONAL): (_S.PROCEEDING, (_A.SEND,)),
        (_S.PROCEEDING, _X.SUCCESS): (_S.ACCEPTED, (_A.SEND,)),
        (_S.PROCEEDING, _X.FAILURE): (_S.COMPLETED, (_A.SEND,)),
        # RFC 6026, 7.1: the core sends its 2xx again, not the transaction.
        (_S.ACCEPTED, _X.REQUEST): (_S.ACCEPTED, ()),
        (_S.ACCEPTED, _X.SUCCESS): (_S.ACCEPTED, (_A.SEND,)),
        (_S.ACCEPTED, _X.ACK): (_S.ACCEPTED, (_A.PASS_ON,)),
        (_S.ACCEPTED, _T.L): (_S.TERMINATED, ()),
        (_S.COMPLETED, _X.REQUEST): (_S.COMPLETED, (_A.SEND_AGAIN,)),
        (_S.COMPLETED, _X.ACK): (_S.CONFIRMED, ()),
        (_S.COMPLETED, _T.G): (_S.COMPLETED, (_A.SEND_AGAIN,)),
        (_S.COMPLETED, _T.H): (_S.TERMINATED, (_A.GIVE_UP,)),
        (_S.CONFIRMED, _X.REQUEST): (_S.CONFIRMED, ()),
        (_S.CONFIRMED, _X.ACK): (_S.CONFIRMED, ()),
        (_S.CONFIRMED, _T.I): (_S.TERMINATED, ()),
    },
    {_S.ACCEPTED: (_T.L,), _S.COMPLETED: (_T.G, _T.H), _S.CONFIRMED: (_T.I,)},
)
OTHER_SERVER = Kind(
    "non-INVITE server",
    _S.TRYING,
    {
        (_S.TRYING, _X.REQUEST): (_S.TRYING, ()),
        (_S.TRYING, _X.PROVISIONAL): (_S.PROCEEDING, (_A.SEND,)),
        (_S.TRYING, _X.SUCCESS): (_S.COMPLETED, (_A.SEND,)),
        (_S.TRYING, _X.FAILURE): (_S.COMPLETED, (_A.SEND,)),
        (_S.PROCEEDING, _X.REQUEST): (_S.PROCEEDING, (_A.SEND_AGAIN,)),
        (_S.PROCEEDING, _X.PROVISIONAL): (_S.PROCEEDING, (_A.SEND,)),
        (_S.PROCEEDING, _X.SUCCESS): (_S.COMPLETED, (_A.SEND,)),
        (_S.PROCEEDING, _X.FAILURE): (_S.COMPLETED, (_A.SEND,)),
        (_S.COMPLETED, _X.REQUEST): (_S.COMPLETED, (_A.SEND_AGAIN,)),
        (_S.COMPLETED, _T.J): (_S.TERMINATED, ()),
    },
    {_S.COMPLETED: (_T.J,)},
)
INVITE_CLIENT = Kind(
    "INVITE client",
    _S.CALLING,
    {
        (_S.CALLING, _T.A): (_S.CALLING, (_A.SEND_AGAIN,)),
        (_S.CALLING, _T.B): (_S.TERMINATED, (_A.GIVE_UP,)),
        (_S.CALLING, _X.PROVISIONAL): (_S.PROCEEDING, (_A.PASS_ON,)),
        (_S.CALLING, _X.SUCCESS): (_S.ACCEPTED, (_A.PASS_ON,)),
        (_S.CALLING, _X.FAILURE): (_S.COMPLETED, (_A.ACKNOWLEDGE, _A.PASS_ON)),
        (_S.PROCEEDING, _X.PROVISIONAL): (_S.PROCEEDING, (_A.PASS_ON,)),
        (_S.PROCEEDING, _X.SUCCESS): (_S.ACCEPTED, (_A.PASS_ON,)),
        (_S.PROCEEDING, _X.FAILURE): (_S.COMPLETED, (_A.ACKNOWLEDGE, _A.PASS_ON)),
        # Within a dialog a final response is near; a peer that only rings would hold the call for ever.
        (_S.PROCEEDING, _T.B): (_S.TERMINATED, (_A.GIVE_UP,)),
        (_S.ACCEPTED, _X.PROVISIONAL): (_S.ACCEPTED, ()),
        (_S.ACCEPTED, _X.SUCCESS): (_S.ACCEPTED, (_A.PASS_ON,)),
        (_S.ACCEPTED, _X.FAILURE): (_S.ACCEPTED, ()),
        (_S.ACCEPTED, _T.M): (_S.TERMINATED, ()),
        (_S.COMPLETED, _X.PROVISIONAL): (_S.COMPLETED, ()),
        (_S.COMPLETED, _X.SUCCESS): (_S.COMPLETED, ()),
        (_S.COMPLETED, _X.FAILURE): (_S.COMPLETED, (_A.ACKNOWLEDGE,)),
        (_S.COMPLETED, _T.D): (_S.TERMINATED, ()),
    },
    {_S.CALLING: (_T.A, _T.B), _S.PROCEEDING: (_T.B,), _S.ACCEPTED: (_T.M,), _S.COMPLETED: (_T.D,)},
)
OTHER_CLIENT = Kind(
    "non-INVITE client",
    _S.TRYING,
    {
        (_S.TRYING, _T.E): (_S.TRYING, (_A.SEND_AGAIN,)),
        (_S.TRYING, _T.F): (_S.TERMINATED, (_A.GIVE_UP,)),
        (_S.TRYING, _X.PROVISIONAL): (_S.PROCEEDING, (_A.PASS_ON,)),
        (_S.TRYING, _X.SUCCESS): (_S.COMPLETED, (_A.PASS_ON,)),
        (_S.TRYING, _X.FAILURE): (_S.COMPLETED, (_A.PASS_ON,)),
        (_S.PROCEEDING, _T.E): (_S.PROCEEDING, (_A.SEND_AGAIN,)),
        (_S.PROCEEDING, _T.F): (_S.TERMINATED, (_A.GIVE_UP,)),
        (_S.PROCEEDING, _X.PROVISIONAL): (_S.PROCEEDING, (_A.PASS_ON,)),
        (_S.PROCEEDING, _X.SUCCESS): (_S.COMPLETED, (_A.PASS_ON,)),
        (_S.PROCEEDING, _X.FAILURE): (_S.COMPLETED, (_A.PASS_ON,)),
        (_S.COMPLETED, _X.PROVISIONAL): (_S.COMPLETED, ()),
        (_S.COMPLETED, _X.SUCCESS): (_S.COMPLETED, ()),
        (_S.COMPLETED, _X.FAILURE): (_S.COMPLETED, ()),
        (_S.COMPLETED, _T.K): (_S.TERMINATED, ()),
    },
    {_S.TRYING: (_T.E, _T.F), _S.PROCEEDING: (_T.E, _T.F), _S.COMPLETED: (_T.K,)},
)
KINDS = (INVITE_SERVER, OTHER_SERVER, INVITE_CLIENT, OTHER_CLIENT)

FIRST_S: Mapping[Timer, float] = {
    _T.A: T1_S,
    _T.B: GIVE_UP_S,
    _T.D: GIVE_UP_S,
    _T.E: T1_S,
    _T.F: GIVE_UP_S,
    _T.G: T1_S,
    _T.H: GIVE_UP_S,
    _T.I: T4_S,
    _T.J: GIVE_UP_S,
    _T.K: T4_S,
    _T.L: GIVE_UP_S,
    _T.M: GIVE_UP_S,
}
LONGEST_S: Mapping[Timer, float] = {_T.A: GIVE_UP_S, _T.E: T2_S, _T.G: T2_S}
"""Of the timers that run again, twice as long."""
LINGERING = frozenset({_T.D, _T.I, _T.J, _T.K})
"""Those that wait for copies, which a stream does not make."""


class Transaction:
    """One of them, from its first message on. `signal` and `handle_deadline` say what is to be done, in order."""

    def __init__(self, kind: Kind, now: float, *, reliable: bool) -> None:
        """`reliable`: it runs over a stream."""
        self._kind, self._reliable = kind, reliable
        self.state = kind.first
        self._running: dict[Timer, tuple[float, float]] = {}
        """When each fires, and how long it was set for."""
        self._enter(kind.first, now)

    @property
    def is_over(self) -> bool:
        """Nothing more belongs to it."""
        return self.state is State.TERMINATED

    def takes(self, signal: Signal) -> bool:
        """Whether its table knows the signal in this state."""
        return (self.state, signal) in self._kind.table

    def signal(self, signal: Signal | Timer, now: float) -> tuple[Act, ...]:
        """Raises InvalidTransition where the table has no row."""
        row = self._kind.table.get((self.state, signal))
        if row is None:
            raise InvalidTransition(self._kind.name, self.state.name, signal.name)
        state, acts = row
        if state is not self.state:
            self._enter(state, now)
        return acts

    def _enter(self, state: State, now: float) -> None:
        self.state = state
        before, self._running = self._running, {}
        for timer in self._kind.timers.get(state, ()):
            if not (self._reliable and timer in LONGEST_S):
                wait_s = 0.0 if self._reliable and timer in LINGERING else FIRST_S[timer]
                self._running[timer] = before.get(timer, (now + wait_s, wait_s))

    def next_deadline(self) -> float | None:
        """When `handle_deadline` is due."""
        return min((at for at, _ in self._running.values()), default=None)

    def handle_deadline(self, now: float) -> tuple[Act, ...]:
        """Fires every timer that is due by `now`."""
        acts: list[Act] = []
        while due := [timer for timer, (at, _) in self._running.items() if at <= now]:
            timer = min(due, key=lambda one: self._running[one][0])
            at, wait_s = self._running.pop(timer)
            acts += self.signal(timer, at)
            if timer in LONGEST_S and not self.is_over:
                wait_s = T2_S if self.state is State.PROCEEDING else min(2 * wait_s, LONGEST_S[timer])
                self._running[timer] = at + wait_s, wait_s
        return tuple(acts)
