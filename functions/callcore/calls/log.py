"""What is asked of the call log, and what it answers: a page of calls, newest first (protocol.md 7.6).

The cursor on the wire is one number, so every call of an account has a position of its own: the microsecond it began
in, or the next free one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from callcore.calls.call import Call, CallStatus
from callcore.ids import AccountId, AgentId

MAX_PAGE = 100
_PER_SECOND = 1_000_000


@dataclass(frozen=True)
class CallQuery:
    """Which calls of an account. None: any. Times are unix seconds, to the microsecond."""

    account_id: AccountId
    limit: int
    """1 to MAX_PAGE."""
    after: float | None = None
    """`next_cursor` of the page before."""
    start_time: float | None = None
    """The earliest begin."""
    end_time: float | None = None
    """The latest begin."""
    agent_id: AgentId | None = None
    status: CallStatus | None = None
    phone_number: str | None = None
    """Of either side; without its `+` it is found as well."""


@dataclass(frozen=True)
class CallPage:
    """Calls, newest first."""

    calls: Sequence[Call]
    next_cursor: float | None
    """None: these are the oldest."""


def position_of(unix_s: float) -> int:
    """The place of a time in the log."""
    return round(unix_s * _PER_SECOND)


def cursor_of(position: int) -> float:
    """The place as the wire carries it; `position_of` gives it back exactly until the year 2255."""
    return position / _PER_SECOND


def forms_of(phone_number: str) -> tuple[str, ...]:
    """How a number may be written in a row: a raw `+` in a query arrives as a space, or is forgotten."""
    number = phone_number.strip()
    return (number, f"+{number}") if number.isdigit() else (number,)
