"""What a session leaves behind: the call's row, a checkpoint of every final turn, and its end on the queue."""

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from callcore.billing.pricing import CostLine
from callcore.calls.after_call import AfterCall
from callcore.calls.call import Call, CallStatus, Checkpoint
from callcore.calls.ports import CallStore, CheckpointStore
from callcore.calls.usage import UsageLine
from callcore.deliveries.delivery import webhook_of
from callcore.deliveries.outbox import PrivateReports
from callcore.deliveries.private_report import PrivateReport
from callcore.errors import CallError, NotFound, StoreError, ToolFailed
from callcore.opening.plan import SessionPlan
from callcore.ports import BlobStore, Queue
from callcore.telephony.ports import CallChanges
from callcore.telephony.transfers import TransferStatus, handed_over
from callcore.wire.events import CallEnded
from media_worker.session.clock import WorkerClock
from media_worker.session.unstored import Writes

ATTEMPTS = 5
FIRST_RETRY_S = 0.2
"""Doubles with every attempt."""
STORE_WAIT_S = 4.0
"""A caller who shall be handed over waits no longer for the store."""
Chat = Sequence[Mapping[str, Any]]
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Stores:
    """Where the worker writes; all synchronous, called in threads."""

    calls: CallStore
    checkpoints: CheckpointStore
    events: Queue
    """The queue to the control plane."""
    blobs: BlobStore
    """Recordings."""
    reports: PrivateReports | None = None
    """Of agents that opt out of data collection; None = their owners hear of a call's end without its content."""
    changes: CallChanges | None = None
    """Of calls that are handed over to somebody else; None = none is."""


@dataclass(frozen=True)
class SessionEnd:
    """How a session ended."""

    status: CallStatus
    duration_s: int
    chars_used: int
    chat: Chat
    close_code: int
    """What to close the client's connection with."""
    error: str | None = None
    call_analysis: Mapping[str, bool] | None = None
    """As in callcore.calls.call."""
    call_metrics: Mapping[str, Any] = field(default_factory=dict)
    recording: Mapping[str, str] | None = None
    """The keys of its files by their form; None = there is none."""
    usage: tuple[UsageLine, ...] = ()
    after_call: tuple[AfterCall, ...] = ()
    """What the model wants to be run now."""
    cost: tuple[CostLine, ...] = ()


class Journal:
    """One session's durable output. Nothing of the user is written when the agent opts out of collection."""

    def __init__(
        self,
        stores: Stores,
        plan: SessionPlan,
        worker_id: str,
        clock: WorkerClock,
        connect: Callable[[str], Awaitable[None]] | None = None,
    ) -> None:
        """`connect`: the call's transport itself connects a caller with a number, as Arrival says."""
        self._stores = stores
        self._connect = connect
        self._plan = plan
        self._worker_id = worker_id
        self._clock = clock
        self._latest: Checkpoint | None = None
        self._changed = asyncio.Event()
        self._saving = threading.Lock()
        self._opted_out = plan.config.privacy_settings.opt_out_data_collection
        self.left: Writes = Writes()
        """What the stores did not take: to be offered again when the session is over."""

    async def begin(self) -> None:
        """Store the call as it begins. Raises CallError when that fails: no call without a record."""
        plan = self._plan
        call = Call(
            session_id=plan.session_id,
            call_id=plan.call_id,
            account_id=plan.account_id,
            status=CallStatus.IN_PROGRESS,
            started_at=self._clock.unix_s(),
            agent_id=plan.agent_id,
            agent_config=plan.raw_config,
            metadata={} if self._opted_out else plan.metadata,
            worker_id=self._worker_id,
            voip=plan.voip,
            notes=plan.notes,
            continues=plan.continued.session_id if plan.continued is not None else None,
            opened_by=plan.opened_by,
            visitor_names=() if self._opted_out else tuple(sorted(plan.visitor_names)),
        )
        try:
            await asyncio.to_thread(self._stores.calls.begin_call, call)
        except StoreError:
            self.left.append(self._end_if_it_began)
            raise

    def _end_if_it_began(self) -> None:
        """A store that failed may have stored the call; then its owner hears of its end."""
        plan = self._plan
        try:
            call = self._stores.calls.get_call(plan.account_id, plan.session_id)
        except NotFound:
            return
        if call.status is CallStatus.IN_PROGRESS and call.worker_id == self._worker_id:
            failed = CallEnded(
                account_id=plan.account_id,
                session_id=plan.session_id,
                status=CallStatus.ERROR,
                duration_s=0,
                error_message="the store failed",
            )
            self._stores.events.send(failed.model_dump_json())

    async def hand_over(self, number: str, summary: str) -> None:
        """Have the caller connected with this number: now, or when the session is over. Raises ToolFailed.

        The summary tells of the talk: that of an agent that keeps no data is said to nobody.
        """
        if self._connect is None:
            return await self._note_transfer(number, "" if self._opted_out else summary, TransferStatus.REQUESTED)
        await self._connect(number)
        try:
            await self._note_transfer(number, "", TransferStatus.COMPLETED)
        except ToolFailed:
            # It is in the log that the record lacks it; the caller has left.
            return

    async def _note_transfer(self, number: str, told: str, status: TransferStatus) -> None:
        """Write it into the call's record, where a carrier that asks what comes next finds it. Raises ToolFailed."""
        changes, plan = self._stores.changes, self._plan
        if changes is None:
            raise ToolFailed("calls are not transferred here")
        ids = (plan.account_id, plan.session_id)
        try:
            async with asyncio.timeout(STORE_WAIT_S):
                await asyncio.to_thread(changes.change_call, *ids, lambda call: handed_over(call, number, told, status))
        except (CallError, TimeoutError):
            log.exception("a transfer was not stored", extra={"session_id": plan.session_id})
            raise ToolFailed("the call could not be transferred") from None

    def note(self, chat: Chat, chars_used: int, call_metrics: Mapping[str, Any]) -> None:
        """Checkpoint this state soon; a newer one replaces it if it is quicker."""
        self._latest = self._checkpoint(chat, chars_used, call_metrics)
        self._changed.set()

    async def run(self) -> None:
        """Write checkpoints as they come, until cancelled. A failure is logged; the next one is written."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            try:
                await asyncio.to_thread(self._save)
            except Exception:
                log.exception("a checkpoint was not stored", extra={"session_id": self._plan.session_id})

    def _save(self) -> None:
        """Write the newest checkpoint. In threads, one at a time: one that is slow takes no newer one's place."""
        with self._saving:
            if self._latest is not None:
                self._stores.checkpoints.save_checkpoint(self._latest)

    async def end(self, end: SessionEnd) -> None:
        """Write the last checkpoint, then announce the end; what the stores do not take within seconds is `left`."""
        ended = CallEnded(
            account_id=self._plan.account_id,
            session_id=self._plan.session_id,
            status=end.status,
            duration_s=end.duration_s,
            chars_used=end.chars_used,
            error_message=end.error,
            call_analysis=end.call_analysis,
            recording=end.recording,
            usage=end.usage,
            cost_breakdown=tuple(line.to_wire() for line in end.cost),
        )
        checkpoint = self._checkpoint(end.chat, end.chars_used, end.call_metrics)
        if not self._opted_out:
            checkpoint = replace(checkpoint, after_call=tuple(asdict(run) for run in end.after_call))
        self._latest = checkpoint
        writes = Writes([self._save])
        reports, plan = self._stores.reports, self._plan
        if self._opted_out and reports is not None and webhook_of(plan.raw_config) is not None:
            # What is not stored waits for its owner alone.
            report, now = PrivateReport(end.chat, plan.metadata), self._clock.unix_s()
            writes.append(lambda: reports.keep(plan.account_id, plan.session_id, report, now))
        writes.append(lambda: self._stores.events.send(ended.model_dump_json()))
        while writes and await self._insist(writes[0]):
            writes.popleft()
        self.left.extend(writes)

    def _checkpoint(self, chat: Chat, chars_used: int, call_metrics: Mapping[str, Any]) -> Checkpoint:
        kept = () if self._opted_out else tuple(chat)
        return Checkpoint(self._plan.session_id, self._clock.unix_s(), kept, chars_used, call_metrics)

    async def _insist(self, write: Callable[[], None]) -> bool:
        """Whether it is done, or can never be; False when it may succeed later."""
        wait_s = FIRST_RETRY_S
        for attempt in range(1, ATTEMPTS + 1):
            try:
                await asyncio.to_thread(write)
            except Exception as error:
                log.exception("the end of a call was not stored", extra={"session_id": self._plan.session_id})
                if not (isinstance(error, StoreError) and error.retryable):
                    return True
                if attempt < ATTEMPTS:
                    await self._clock.sleep_until(self._clock.monotonic_s() + wait_s)
                    wait_s *= 2
            else:
                return True
        return False
