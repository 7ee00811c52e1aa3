"""What an account, and each of its public keys, may use at once and in a day (architecture.md 7).

Days are those of UTC. Times are unix seconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from callcore.accounts.account import Account, KeyPolicy
from callcore.errors import LimitExceeded
from callcore.ids import AccountId, SessionId

MS_PER_MINUTE = 60_000
HELD_S = 90.0
"""A call that has not been held for so long does not count as going on: its worker died."""


@dataclass(frozen=True)
class Holder:
    """Whose allowance it is."""

    account_id: AccountId
    key_id: str = ""
    """Of a public key; empty = the whole account."""

    @property
    def name(self) -> str:
        """As a refusal says it."""
        return "the public key" if self.key_id else "the account"


@dataclass(frozen=True)
class Limits:
    """None is no limit."""

    concurrent_calls: int | None = None
    minutes_per_day: int | None = None
    spend_per_day: int | None = None
    """US cents."""


@dataclass(frozen=True)
class Used:
    """Of a day."""

    call_ms: int = 0
    microcents: int = 0
    """Millionths of a US cent: what cost_breakdown counts in."""

    def __add__(self, more: "Used") -> "Used":
        return Used(self.call_ms + more.call_ms, self.microcents + more.microcents)

    def __sub__(self, less: "Used") -> "Used":
        return Used(self.call_ms - less.call_ms, self.microcents - less.microcents)

    @property
    def cents(self) -> Decimal:
        """What was spent."""
        return Decimal(self.microcents) / 1_000_000


@dataclass(frozen=True)
class RunningCall:
    """A call that goes on."""

    account_id: AccountId
    session_id: SessionId
    key_id: str
    """Empty = no public key opened it."""
    since: float
    until: float
    """It counts as going on until then."""

    def is_of(self, holder: Holder) -> bool:
        """Whether it counts for that allowance."""
        return holder.account_id == self.account_id and holder.key_id in ("", self.key_id)


def limits_of_account(account: Account) -> Limits:
    """What its operator allows it."""
    return Limits(account.max_concurrent_calls, account.max_minutes_per_day, account.max_spend_per_day)


def limits_of_key(policy: KeyPolicy) -> Limits:
    """What the account allows a public key."""
    return Limits(policy.max_concurrent_calls, policy.max_minutes_per_day, policy.max_spend_per_day)


def check_day(holder: Holder, limits: Limits, used: Used, now: float) -> None:
    """Raises LimitExceeded when the day is used up, with the seconds until the next one."""
    spent = None
    if limits.minutes_per_day is not None and used.call_ms >= limits.minutes_per_day * MS_PER_MINUTE:
        spent = f"{limits.minutes_per_day} minutes"
    elif limits.spend_per_day is not None and used.cents >= limits.spend_per_day:
        spent = f"{limits.spend_per_day} US cents"
    if spent is not None:
        raise LimitExceeded(f"{holder.name} has used its {spent} of this day", next_day(now) - now)


def check_concurrent(holder: Holder, limits: Limits, call: RunningCall, running: Sequence[RunningCall]) -> None:
    """Raises LimitExceeded when so many others go on already; of two that come together the earlier one gets in."""
    before = [other for other in running if other.is_of(holder) and (other.since, other.session_id) < _place(call)]
    if limits.concurrent_calls is not None and len(before) >= limits.concurrent_calls:
        raise LimitExceeded(f"{holder.name} holds {limits.concurrent_calls} concurrent calls already")


def _place(call: RunningCall) -> tuple[float, SessionId]:
    return call.since, call.session_id


def minutes_left_s(limits: Limits, used: Used) -> float | None:
    """How long a single call may still last today; None = without end."""
    if limits.minutes_per_day is None:
        return None
    return max(0.0, limits.minutes_per_day * 60 - used.call_ms / 1000)


def day_of(now: float) -> date:
    """The day of a time."""
    return datetime.fromtimestamp(now, UTC).date()


def next_day(now: float) -> float:
    """When everything may be used anew."""
    return datetime.combine(day_of(now) + timedelta(days=1), datetime.min.time(), UTC).timestamp()
