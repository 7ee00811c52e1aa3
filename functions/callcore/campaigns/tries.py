"""Whether and when a number that was not reached is called again. Pure."""

from collections.abc import Collection
from dataclasses import dataclass

from callcore.calls.call import Call, CallStatus
from callcore.campaigns.do_not_call import was_asked_for
from callcore.errors import InvalidInput
from callcore.telephony.outbound import HANDED_AT

MOST_TRIES = 5
MIN_MINUTES, MAX_MINUTES = 5, 1_440
NOT_REACHED = (
    CallStatus.BUSY,
    CallStatus.NO_ANSWER,
    CallStatus.VOICEMAIL_HANGUP,
    CallStatus.VOICEMAIL_MESSAGE,
)
"""How calls end that no person has answered: whoever has is not called again, and what has failed would fail again."""
TRY = "try"
"""In `voip`: the how many-th call to its number this is in its campaign; 1: the first one."""


@dataclass(frozen=True)
class Tries:
    """How often a number is called, if nobody is reached. Raises InvalidInput."""

    most: int
    """In all, with the first call."""
    after_minutes: int
    """Between a call and the next one."""
    when: tuple[CallStatus, ...]
    """After calls that ended so; of NOT_REACHED."""

    def __post_init__(self) -> None:
        if not 1 <= self.most <= MOST_TRIES:
            raise InvalidInput(f"most: a number from 1 to {MOST_TRIES}")
        if not MIN_MINUTES <= self.after_minutes <= MAX_MINUTES:
            raise InvalidInput(f"after_minutes: a number from {MIN_MINUTES} to {MAX_MINUTES}")
        if not self.when or not set(self.when) <= set(NOT_REACHED):
            raise InvalidInput(f"when: at least one of {', '.join(NOT_REACHED)}")


def tries_of(most: int, after_minutes: int, when: Collection[str]) -> Tries:
    """What somebody asks for; after which calls, in one order. Raises InvalidInput."""
    if not set(when) <= set(NOT_REACHED):
        raise InvalidInput(f"when: at least one of {', '.join(NOT_REACHED)}")
    return Tries(most, after_minutes, tuple(status for status in NOT_REACHED if status in when))


def try_of(call: Call) -> int:
    """The how many-th call to its number it is."""
    return int((call.voip or {}).get(TRY, 1))


def next_try_at(tries: Tries | None, ended: Call) -> float | None:
    """When the number of a campaign's call that has ended is to be called again (unix seconds); None: never.

    It is counted from when the call was dialled, and from the end of a talk with a machine. Whoever is told not to
    call any more is not called again, whatever else became of the call.
    """
    if tries is None or ended.status not in tries.when or try_of(ended) >= tries.most:
        return None
    if was_asked_for(ended):
        return None
    dialled_at = max(ended.started_at, float((ended.voip or {}).get(HANDED_AT, 0.0)))
    return dialled_at + (ended.duration_s or 0) + tries.after_minutes * 60
