"""Sends the end of each call to its owner's webhook, again and again until it is taken or a day is over."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from call_events.delivery_request import Outgoing, outgoing
from call_events.destination_places import Places
from callcore.accounts.account import Account
from callcore.accounts.ports import AccountStore
from callcore.calls.call import END_STATUSES, Call
from callcore.calls.ports import CallStore
from callcore.clock import Clock
from callcore.deliveries.delivery import (
    LEASE_S,
    MAX_RESULT_CHARS,
    STATUS_GONE,
    DeliveryState,
    WebhookDelivery,
    after_failure,
    after_reply,
    delivery_id_of,
    expired,
    withheld,
)
from callcore.deliveries.outbox import PrivateReports
from callcore.deliveries.ports import DeliveryStore, DisabledWebhooks
from callcore.deliveries.private_report import KEPT_S, with_report
from callcore.errors import InvalidInput, NotFound, RequestFailed, StoreError
from callcore.telephony.transfers import is_known_soon
from callcore.trace import work_for
from callnet.guarded import GuardedClient

ATTEMPT_S = 10.0
AT_ONCE = 64
PATIENCE_S = 1.0
"""For a place at a destination that has as many attempts as it may."""
PUT_OFF_S = 2.0
"""When a delivery is looked at again that found none."""
POLL_S = 0.5
ONCE_S = 12.0
"""A Lambda function has 30 s, and the last attempts may take ATTEMPT_S."""
DELETED = "the call was deleted"
FAULT = "internal error"
logger = logging.getLogger(__name__)

RecordingLinks = Callable[[Call, Account, float], Mapping[str, str] | None]
"""The addresses of a call's recording at a time."""


@dataclass(frozen=True)
class Reports:
    """What is delivered, and where nothing is."""

    calls: CallStore
    accounts: AccountStore
    disabled: DisabledWebhooks
    recording_links: RecordingLinks
    private: PrivateReports


@dataclass
class Deliverer:
    """Runs in one process or several: each takes what nobody else has taken."""

    deliveries: DeliveryStore
    reports: Reports
    client: GuardedClient
    clock: Clock
    chance: Callable[[], float]
    """A random number from 0 to 1."""
    _places: Places = field(default_factory=Places)
    _taken: int = 0
    """Deliveries that are ours now."""
    _done: asyncio.Event = field(default_factory=asyncio.Event)
    """Something became of one of them."""
    _looks_until: float = 0.0
    """On the event loop's clock: by then whatever found no place at its destination is due again."""

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver what is due until told to stop; attempts that are under way are finished."""
        async with asyncio.TaskGroup() as tasks:
            while not stop.is_set():
                if not await self._begin(tasks):
                    await _set_within(stop, POLL_S)

    async def once(self, within_s: float = ONCE_S) -> int:
        """Attempts at what is due, until nothing is left or no more may begin; how many deliveries were taken.

        What finds no place at its destination is taken again as long as there is time.
        """
        loop, count = asyncio.get_running_loop(), 0
        last_begin = loop.time() + within_s
        async with asyncio.TaskGroup() as tasks:
            while loop.time() < last_begin:
                taken = await self._begin(tasks)
                count += taken
                if not (taken or self._taken or loop.time() < self._looks_until):
                    break
                await _set_within(self._done, POLL_S)
                self._done.clear()
        return count

    async def _begin(self, tasks: asyncio.TaskGroup) -> int:
        """Take what is due, as much as there is room for; how many. A store that fails is asked again later."""
        room = AT_ONCE - self._taken
        if room <= 0:
            return 0
        try:
            taken = await asyncio.to_thread(self.deliveries.take_due, self.clock.unix_s(), room, LEASE_S)
        except Exception:
            logger.exception("the deliveries could not be read")
            return 0
        for delivery in taken:
            self._taken += 1
            tasks.create_task(self._deliver(delivery))
        return len(taken)

    async def _deliver(self, delivery: WebhookDelivery) -> None:
        work_for(delivery.session_id)
        try:
            tried = await self._tried(delivery)
            await asyncio.to_thread(self.deliveries.put_delivery, tried)
        except Exception:
            # It is due again when its lease is over.
            logger.exception("a delivery could not be attempted", extra={"session_id": delivery.session_id})
        else:
            await self._forget(tried)
        finally:
            self._taken -= 1
            self._done.set()

    async def _forget(self, delivery: WebhookDelivery) -> None:
        """Its content is not needed any more; should this fail, the sweeper deletes it within a day."""
        if delivery.private and delivery.state is not DeliveryState.PENDING:
            try:
                await asyncio.to_thread(self.reports.private.drop, delivery.account_id, delivery.session_id)
            except Exception:
                logger.exception("a private report was not deleted", extra={"session_id": delivery.session_id})

    async def _tried(self, delivery: WebhookDelivery) -> WebhookDelivery:
        """After an attempt. A fault of ours is a failed one: each may meet it, and the list tells of the last.

        Raises StoreError: that is nobody's fault, and counts for nothing.
        """
        try:
            return await self._after_attempt(delivery)
        except StoreError:
            raise
        except Exception:
            logger.exception("a delivery met an error of ours", extra={"session_id": delivery.session_id})
            return after_failure(delivery, FAULT, self.clock.unix_s(), self.chance())

    async def _after_attempt(self, delivery: WebhookDelivery) -> WebhookDelivery:
        now = self.clock.unix_s()
        try:
            call = await asyncio.to_thread(self.reports.calls.get_call, delivery.account_id, delivery.session_id)
        except NotFound:
            return after_failure(delivery, DELETED, now, 0, final=True)
        if call.status not in END_STATUSES:
            return replace(delivery, due_at=now + PUT_OFF_S)
        is_end = delivery.delivery_id == delivery_id_of(call.session_id)
        if is_end and is_known_soon(call, delivery.created_at, now):
            return replace(delivery, due_at=now + PUT_OFF_S)
        if delivery.private and now - delivery.created_at >= KEPT_S:
            return expired(delivery, now)
        try:
            request = await asyncio.to_thread(self._request, delivery, call, now)
        except InvalidInput as error:
            return after_failure(delivery, str(error), now, 0, final=True)
        disabled = await asyncio.to_thread(self.reports.disabled.list_disabled, delivery.account_id)
        if request.destination in disabled:
            return withheld(delivery, disabled[request.destination], now)
        async with self._places.at(urlsplit(request.destination).netloc, PATIENCE_S) as has_place:
            if not has_place:
                self._looks_until = asyncio.get_running_loop().time() + PUT_OFF_S + POLL_S
                return replace(delivery, due_at=self.clock.unix_s() + PUT_OFF_S)
            return await self._attempt(delivery, request)

    def _request(self, delivery: WebhookDelivery, call: Call, now: float) -> Outgoing:
        account = self.reports.accounts.get_account(call.account_id)
        if delivery.private:
            report = self.reports.private.read(delivery.account_id, delivery.session_id, now)
            call = call if report is None else with_report(call, report)
        return outgoing(delivery, call, account, self.reports.recording_links(call, account, now), now)

    async def _attempt(self, delivery: WebhookDelivery, outgoing: Outgoing) -> WebhookDelivery:
        request = outgoing.request
        try:
            reply = await self.client.send(
                request.method, request.url, headers=request.headers, body=request.body, timeout_s=ATTEMPT_S
            )
        except (RequestFailed, InvalidInput) as error:
            final = error.final if isinstance(error, RequestFailed) else True
            tried = after_failure(delivery, str(error), self.clock.unix_s(), self.chance(), final=final)
        else:
            tried = after_reply(delivery, reply.status, self.clock.unix_s(), self.chance())
            if outgoing.is_function:
                tried = replace(tried, result=reply.body.decode(errors="replace").strip()[:MAX_RESULT_CHARS])
            if reply.status == STATUS_GONE:
                disable = self.reports.disabled.disable_webhook
                await asyncio.to_thread(disable, delivery.account_id, outgoing.destination, self.clock.unix_s())
        logger.info("a webhook was tried", extra={"session_id": delivery.session_id, "delivery_state": tried.state})
        return tried


async def _set_within(event: asyncio.Event, wait_s: float) -> None:
    try:
        async with asyncio.timeout(wait_s):
            await event.wait()
    except TimeoutError:
        return
