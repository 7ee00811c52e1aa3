"""Sends the end of each call to its owner's webhook, again and again until it is taken or a day is over."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from callcore.accounts import Account
from callcore.agents import Webhook
from callcore.calls import END_STATUSES, Call
from callcore.clock import Clock
from callcore.deliveries import LEASE_S, WebhookDelivery, after_failure, after_reply, webhook_of
from callcore.delivery_ports import DeliveryStore
from callcore.errors import InvalidInput, NotFound, RequestFailed
from callcore.jsontext import to_json
from callcore.ports import AccountStore, CallStore
from callcore.variables import render_url, variables_of
from callcore.wire.webhooks import call_ended
from callnet.guarded import GuardedClient
from callnet.standard_webhooks import signed_headers

ATTEMPT_S = 10.0
AT_ONCE = 64
AT_ONCE_PER_DESTINATION = 4
"""A server that does not answer holds up its own deliveries and nobody else's."""
CROWDED_S = 2.0
"""When a delivery is looked at again whose destination has as many as it may."""
POLL_S = 0.5
GONE = "the call was deleted"
logger = logging.getLogger(__name__)

RecordingLinks = Callable[[Call, Account, float], Mapping[str, str] | None]
"""The addresses of a call's recording at a time."""


@dataclass(frozen=True)
class Reports:
    """What is delivered."""

    calls: CallStore
    accounts: AccountStore
    recording_links: RecordingLinks


@dataclass
class Deliverer:
    """Runs in one process or several: each takes what nobody else has taken."""

    deliveries: DeliveryStore
    reports: Reports
    client: GuardedClient
    clock: Clock
    chance: Callable[[], float]
    """A random number from 0 to 1."""
    _running: Counter[str] = field(default_factory=Counter)
    """Attempts by destination."""
    _taken: int = 0
    """Deliveries that are ours now."""

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver what is due until told to stop; attempts that are under way are finished."""
        async with asyncio.TaskGroup() as tasks:
            while not stop.is_set():
                if not await self._begin(tasks):
                    await _set_within(stop, POLL_S)

    async def once(self) -> int:
        """One attempt at what is due now; how many deliveries were taken."""
        async with asyncio.TaskGroup() as tasks:
            return await self._begin(tasks)

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
        try:
            await asyncio.to_thread(self.deliveries.put_delivery, await self._after_attempt(delivery))
        except Exception:
            # It is due again when its lease is over.
            logger.exception("a delivery could not be attempted", extra={"session_id": delivery.session_id})
        finally:
            self._taken -= 1

    async def _after_attempt(self, delivery: WebhookDelivery) -> WebhookDelivery:
        now = self.clock.unix_s()
        try:
            call = await asyncio.to_thread(self.reports.calls.get_call, delivery.account_id, delivery.session_id)
        except NotFound:
            return after_failure(delivery, GONE, now, 0, final=True)
        webhook = webhook_of(call.agent_config)
        if webhook is None or call.status not in END_STATUSES:
            return replace(delivery, due_at=now + CROWDED_S)
        destination = urlsplit(webhook.url).netloc
        if self._running[destination] >= AT_ONCE_PER_DESTINATION:
            return replace(delivery, due_at=now + CROWDED_S)
        self._running[destination] += 1
        try:
            return await self._attempt(delivery, call, webhook)
        finally:
            self._running[destination] -= 1

    async def _attempt(self, delivery: WebhookDelivery, call: Call, webhook: Webhook) -> WebhookDelivery:
        account = await asyncio.to_thread(self.reports.accounts.get_account, call.account_id)
        begun_at = self.clock.unix_s()
        body = to_json(call_ended(call, self.reports.recording_links(call, account, begun_at))).encode()
        headers = {
            **webhook.headers,
            "Content-Type": "application/json",
            **signed_headers(delivery.delivery_id, begun_at, body, account.webhook_secrets),
        }
        try:
            url = render_url(webhook.url.strip(), variables_of(call.metadata, {"session_id": call.session_id}))
            reply = await self.client.send("POST", url, headers=headers, body=body, timeout_s=ATTEMPT_S)
        except (RequestFailed, InvalidInput) as error:
            final = error.final if isinstance(error, RequestFailed) else True
            tried = after_failure(delivery, str(error), self.clock.unix_s(), self.chance(), final=final)
        else:
            tried = after_reply(delivery, reply.status, self.clock.unix_s(), self.chance())
        logger.info("a webhook was tried", extra={"session_id": call.session_id, "delivery_state": tried.state})
        return tried


async def _set_within(event: asyncio.Event, wait_s: float) -> None:
    try:
        async with asyncio.timeout(wait_s):
            await event.wait()
    except TimeoutError:
        return
