"""Counts what calls use of their account's and their key's allowances, in counts that all workers share.

A call counts from its beginning to its end, every COUNT_EVERY_S and once more when it is over, so what a lost worker
has not counted yet is little.
"""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from callcore.accounts.account import Account, KeyRecord
from callcore.billing.allowance import (
    HELD_S,
    Holder,
    Limits,
    RunningCall,
    Used,
    check_concurrent,
    check_day,
    day_of,
    limits_of_account,
    limits_of_key,
    minutes_left_s,
)
from callcore.billing.ports import DayTotals, RunningCalls
from callcore.errors import LimitExceeded
from callcore.ids import SessionId
from callcore.opening.plan import SessionPlan
from media_worker.session.clock import WorkerClock
from media_worker.session.day_tally import DayTally

COUNT_EVERY_S = 30.0
STORE_S = 10.0
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Allowances:
    """Lets calls in, and counts them."""

    totals: DayTotals
    calls: RunningCalls
    clock: WorkerClock

    @asynccontextmanager
    async def enter(
        self, account: Account, key: KeyRecord | None, session_id: SessionId
    ) -> AsyncIterator["CallAllowance"]:
        """The call's allowance, as long as the context is open. Raises LimitExceeded and StoreError.

        `key` is the public key that opened the call; None: there was none.
        """
        holders = {Holder(account.account_id): limits_of_account(account)}
        if key is not None:
            holders[Holder(account.account_id, key.key_id)] = limits_of_key(key.policy)
        now = self.clock.unix_s()
        call = RunningCall(account.account_id, session_id, key.key_id if key else "", now, now + HELD_S)
        allowance = CallAllowance(self, call, holders)
        try:
            await asyncio.to_thread(allowance.begin)
            yield allowance
        finally:
            await _in_time(allowance.end, session_id)


class CallAllowance:
    """One call's. Its methods are called in threads, by one at a time."""

    def __init__(self, shared: Allowances, call: RunningCall, holders: Mapping[Holder, Limits]) -> None:
        self._shared = shared
        self._call = call
        self._holders = holders
        self._tallies = {holder: DayTally(shared.totals, holder) for holder in holders}
        self._counting = threading.Lock()
        """Of whoever takes too long nobody waits for the end, but the next one."""
        self.seconds_left: float | None = None
        """How long the call may last, as the day's minutes stood when it began; None = without end."""

    def begin(self) -> None:
        """Hold a place and see that there is one. Raises LimitExceeded; then `end` gives the place back."""
        shared, call = self._shared, self._call
        shared.calls.hold(call)
        running = shared.calls.running(call.account_id, call.since)
        for holder, limits in self._holders.items():
            check_concurrent(holder, limits, call, running)
            used = shared.totals.used(holder, day_of(call.since))
            check_day(holder, limits, used, call.since)
            left_s = [left for left in (self.seconds_left, minutes_left_s(limits, used)) if left is not None]
            self.seconds_left = min(left_s, default=None)

    def limited(self, plan: SessionPlan) -> SessionPlan:
        """The plan of a call that lasts no longer than the day's minutes."""
        if self.seconds_left is None:
            return plan
        return replace(plan, max_duration_s=min(plan.max_duration_s, self.seconds_left))

    def count(self, used: Used) -> None:
        """The call has used this since it began, and goes on. Raises LimitExceeded when the day is used up."""
        now = self._shared.clock.unix_s()
        self._shared.calls.hold(replace(self._call, until=now + HELD_S))
        for holder, total in self._add(used, now).items():
            check_day(holder, self._holders[holder], total, now)

    def finish(self, used: Used) -> None:
        """The call has used this, and is over."""
        self._add(used, self._shared.clock.unix_s())

    def end(self) -> None:
        """Its place is free."""
        self._shared.calls.release(self._call)

    async def watch(self, used: Callable[[], Used], exceeded: Callable[[str], None]) -> None:
        """Count what `used` says until cancelled; `exceeded` is told once why the call must end."""
        clock = self._shared.clock
        while True:
            await clock.sleep_until(clock.monotonic_s() + COUNT_EVERY_S)
            try:
                async with asyncio.timeout(STORE_S):
                    await asyncio.to_thread(self.count, used())
            except LimitExceeded as refusal:
                return exceeded(str(refusal))
            except Exception:
                # What was not counted now is counted the next time.
                log.exception("a call was not counted", extra={"session_id": self._call.session_id})

    async def conclude(self, used: Used) -> bool:
        """Count the rest; False when the store failed, and `finish` must be tried again."""
        return await _in_time(lambda: self.finish(used), self._call.session_id)

    def _add(self, used: Used, now: float) -> dict[Holder, Used]:
        with self._counting:
            return {holder: tally.bring_to(used, day_of(now)) for holder, tally in self._tallies.items()}


async def _in_time(work: Callable[[], None], session_id: SessionId) -> bool:
    try:
        async with asyncio.timeout(STORE_S):
            await asyncio.to_thread(work)
    except Exception:
        log.exception("a call was not counted", extra={"session_id": session_id})
        return False
    return True
