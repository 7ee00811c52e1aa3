"""The deadlines of a conversation: what it will do unless something happens first."""

from enum import IntEnum, unique


@unique
class Due(IntEnum):
    """Kinds of deadline. Of two that are due at the same time, the smaller number goes first."""

    HARD_STOP = 1
    """The goodbye has taken too long."""
    LAST_SENTENCE = 2
    """The time is up, and so is the sentence that somebody was in the middle of."""
    MAX_DURATION = 3
    MAX_IDLE = 4
    HOLD = 5
    """A sound during a reply turned out to be no interruption."""
    HOLD_CAP = 6
    """A reply has been held for as long as we hold one without words."""
    TEXT = 7
    """The recogniser had its time to deliver the final text."""
    ENDPOINT = 8
    """The user has been silent for long enough."""
    WORDLESS = 9
    """The VAD hears somebody, and no word has come for long."""
    TOOL = 10
    """A function has had its time."""
    STILL_WORKING = 11
    """The user has waited for functions without hearing of them."""
    FILLER = 12
    """The reply is slow: something must be said."""
    SPECULATION = 13
    """The next step of preparing a reply: to begin, to let the voice begin, to give up."""
    INACTIVITY = 14
    """Nobody has spoken for a while: the agent asks."""
    VOICEMAIL = 15
    """The machine's greeting is over: the message is left."""


class Deadlines:
    """At most one deadline of each kind; times are on the session's clock, in seconds."""

    def __init__(self) -> None:
        self._at: dict[Due, float] = {}

    def arm(self, kind: Due, at: float) -> None:
        """Set or move a deadline."""
        self._at[kind] = at

    def disarm(self, *kinds: Due) -> None:
        """Forget deadlines; those that are not armed are none."""
        for kind in kinds:
            self._at.pop(kind, None)

    def armed(self, kind: Due) -> bool:
        """Whether this kind is waiting."""
        return kind in self._at

    def earliest(self, *kinds: Due) -> float | None:
        """When the first of these is due; None: none is armed."""
        return min((self._at[kind] for kind in kinds if kind in self._at), default=None)

    def bring_forward(self, seconds: float, *kinds: Due) -> None:
        """Those of these that are armed are due so much sooner."""
        self._at.update({kind: self._at[kind] - seconds for kind in kinds if kind in self._at})

    def clear(self) -> None:
        """Forget all."""
        self._at.clear()

    def next(self) -> float | None:
        """When the earliest is due."""
        return self.earliest(*self._at)

    def take(self, kind: Due, now: float) -> bool:
        """Disarm this deadline if it is due; whether it was."""
        due = self._at.get(kind, now + 1) <= now
        if due:
            del self._at[kind]
        return due

    def take_due(self, now: float) -> Due | None:
        """Disarm and return the deadline that is due and goes first, or None."""
        due = [(kind, at) for kind, at in self._at.items() if at <= now]
        if not due:
            return None
        kind = min(due, key=lambda pair: (pair[1], pair[0]))[0]
        del self._at[kind]
        return kind
