"""Who speaks: the floor, as an enum and a table (architecture.md 4).

The machine turns every event into at most a few signals, looks each up here, and carries out the
actions of the row in order. Nothing else moves the floor. A pair that is missing from the table is
a bug of ours and raises InvalidTransition; a pair that may happen without effect has a row that stays.

    IDLE           nobody speaks and no reply is owed
    USER_SPEAKING  the user speaks, the agent is silent
    DECIDING       the user is silent, and may or may not be done
    ANSWERING      a reply is owed: being thought of or being spoken
    PAUSED         the user makes a sound during a reply: it is held until we know better
    ENDED          nothing follows
"""

from collections.abc import Mapping
from enum import Enum, auto

from callcore.errors import InvalidTransition


class Floor(Enum):
    """Who speaks."""

    IDLE = auto()
    USER_SPEAKING = auto()
    DECIDING = auto()
    ANSWERING = auto()
    PAUSED = auto()
    ENDED = auto()


class Signal(Enum):
    """What an event means for the floor."""

    SPEECH = auto()
    """The user makes a sound, and may interrupt."""
    SILENCE = auto()
    """The sound is over."""
    WORDS = auto()
    """The user said something that counts, and may interrupt."""
    COMMIT = auto()
    """The user's turn is complete and has words."""
    EMPTY = auto()
    """The user's turn is over without words."""
    UNHEARD = auto()
    """The user spoke for long, and nothing of it was understood."""
    TYPED = auto()
    """The user wrote, and may interrupt."""
    KEYED = auto()
    """The user pressed a key, and may interrupt."""
    CORRECTED = auto()
    """What the user had said was something else."""
    HOLD_OVER = auto()
    """The sound was no interruption."""
    REPLY_OVER = auto()
    """The reply was heard to its end, or failed."""
    SPEAK = auto()
    """The agent speaks unasked: greeting, goodbye, apology."""
    END = auto()
    """The call is over."""


class Action(Enum):
    """What the machine does on a transition."""

    STOP_IDLING = auto()
    START_IDLING = auto()
    AWAIT_ENDPOINT = auto()
    FORGET_ENDPOINT = auto()
    COMMIT = auto()
    ANSWER = auto()
    DROP_TURN = auto()
    RECORD_TURN = auto()
    ASK_AGAIN = auto()
    HOLD = auto()
    KEEP_HOLDING = auto()
    AWAIT_WORDS = auto()
    RESUME = auto()
    THINK_AGAIN = auto()
    SETTLE = auto()
    CUT = auto()
    TAKE_SIDE_TURN = auto()
    STOP = auto()


Row = tuple[Floor, tuple[Action, ...]]

TABLE: Mapping[tuple[Floor, Signal], Row] = {
    (Floor.IDLE, Signal.SPEECH): (Floor.USER_SPEAKING, (Action.STOP_IDLING,)),
    (Floor.IDLE, Signal.SILENCE): (Floor.IDLE, ()),
    (Floor.IDLE, Signal.WORDS): (Floor.USER_SPEAKING, (Action.STOP_IDLING,)),
    (Floor.IDLE, Signal.TYPED): (Floor.ANSWERING, (Action.STOP_IDLING, Action.COMMIT, Action.ANSWER)),
    (Floor.IDLE, Signal.KEYED): (Floor.DECIDING, (Action.STOP_IDLING, Action.AWAIT_ENDPOINT)),
    (Floor.IDLE, Signal.SPEAK): (Floor.ANSWERING, (Action.STOP_IDLING,)),
    (Floor.IDLE, Signal.END): (Floor.ENDED, (Action.STOP,)),
    (Floor.USER_SPEAKING, Signal.SPEECH): (Floor.USER_SPEAKING, ()),
    (Floor.USER_SPEAKING, Signal.SILENCE): (Floor.DECIDING, (Action.AWAIT_ENDPOINT,)),
    (Floor.USER_SPEAKING, Signal.WORDS): (Floor.USER_SPEAKING, ()),
    (Floor.USER_SPEAKING, Signal.TYPED): (Floor.ANSWERING, (Action.COMMIT, Action.ANSWER)),
    (Floor.USER_SPEAKING, Signal.KEYED): (Floor.DECIDING, (Action.AWAIT_ENDPOINT,)),
    (Floor.USER_SPEAKING, Signal.SPEAK): (Floor.ANSWERING, (Action.RECORD_TURN,)),
    (Floor.USER_SPEAKING, Signal.END): (Floor.ENDED, (Action.RECORD_TURN, Action.STOP)),
    (Floor.DECIDING, Signal.SPEECH): (Floor.USER_SPEAKING, (Action.FORGET_ENDPOINT,)),
    (Floor.DECIDING, Signal.SILENCE): (Floor.DECIDING, (Action.AWAIT_ENDPOINT,)),
    (Floor.DECIDING, Signal.WORDS): (Floor.DECIDING, ()),
    (Floor.DECIDING, Signal.COMMIT): (Floor.ANSWERING, (Action.FORGET_ENDPOINT, Action.COMMIT, Action.ANSWER)),
    (Floor.DECIDING, Signal.EMPTY): (
        Floor.IDLE,
        (Action.FORGET_ENDPOINT, Action.DROP_TURN, Action.START_IDLING),
    ),
    (Floor.DECIDING, Signal.UNHEARD): (
        Floor.ANSWERING,
        (Action.FORGET_ENDPOINT, Action.DROP_TURN, Action.ASK_AGAIN),
    ),
    (Floor.DECIDING, Signal.TYPED): (Floor.ANSWERING, (Action.FORGET_ENDPOINT, Action.COMMIT, Action.ANSWER)),
    (Floor.DECIDING, Signal.KEYED): (Floor.DECIDING, (Action.AWAIT_ENDPOINT,)),
    (Floor.DECIDING, Signal.SPEAK): (Floor.ANSWERING, (Action.FORGET_ENDPOINT, Action.RECORD_TURN)),
    (Floor.DECIDING, Signal.END): (Floor.ENDED, (Action.RECORD_TURN, Action.STOP)),
    (Floor.ANSWERING, Signal.SPEECH): (Floor.PAUSED, (Action.HOLD,)),
    (Floor.ANSWERING, Signal.SILENCE): (Floor.ANSWERING, ()),
    (Floor.ANSWERING, Signal.WORDS): (Floor.USER_SPEAKING, (Action.CUT,)),
    (Floor.ANSWERING, Signal.TYPED): (Floor.ANSWERING, (Action.CUT, Action.COMMIT, Action.ANSWER)),
    (Floor.ANSWERING, Signal.KEYED): (Floor.DECIDING, (Action.CUT, Action.AWAIT_ENDPOINT)),
    (Floor.ANSWERING, Signal.REPLY_OVER): (Floor.IDLE, (Action.START_IDLING, Action.TAKE_SIDE_TURN)),
    (Floor.ANSWERING, Signal.SPEAK): (Floor.ANSWERING, (Action.CUT,)),
    (Floor.ANSWERING, Signal.END): (Floor.ENDED, (Action.CUT, Action.STOP)),
    (Floor.PAUSED, Signal.SPEECH): (Floor.PAUSED, (Action.KEEP_HOLDING,)),
    (Floor.PAUSED, Signal.SILENCE): (Floor.PAUSED, (Action.AWAIT_WORDS,)),
    (Floor.PAUSED, Signal.WORDS): (Floor.USER_SPEAKING, (Action.CUT,)),
    (Floor.ANSWERING, Signal.CORRECTED): (Floor.ANSWERING, (Action.THINK_AGAIN,)),
    (Floor.PAUSED, Signal.CORRECTED): (Floor.PAUSED, (Action.THINK_AGAIN,)),
    (Floor.PAUSED, Signal.HOLD_OVER): (Floor.ANSWERING, (Action.RESUME, Action.SETTLE)),
    (Floor.PAUSED, Signal.TYPED): (Floor.ANSWERING, (Action.CUT, Action.COMMIT, Action.ANSWER)),
    (Floor.PAUSED, Signal.KEYED): (Floor.DECIDING, (Action.CUT, Action.AWAIT_ENDPOINT)),
    (Floor.PAUSED, Signal.REPLY_OVER): (Floor.IDLE, (Action.START_IDLING, Action.TAKE_SIDE_TURN)),
    (Floor.PAUSED, Signal.SPEAK): (Floor.ANSWERING, (Action.CUT,)),
    (Floor.PAUSED, Signal.END): (Floor.ENDED, (Action.CUT, Action.STOP)),
}


def step(state: Floor, signal: Signal) -> Row:
    """The next state and the actions on the way. Raises InvalidTransition."""
    try:
        return TABLE[state, signal]
    except KeyError:
        raise InvalidTransition("floor", state.name, signal.name) from None
