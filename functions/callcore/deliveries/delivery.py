"""The delivery of a call's end to its owner's webhook: what was tried, and what comes next (protocol.md 9.2). Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from pydantic import ValidationError

from callcore.agents.agent import Webhook
from callcore.calls.call import Call
from callcore.calls.privacy import opted_out
from callcore.errors import Conflict
from callcore.ids import AccountId, SessionId

RETRY_AFTER_S = (5, 30, 120, 600, 1_800, 7_200, 18_000, 28_800, 25_000)
"""Pauses between the attempts; together just under 24 hours, jitter included."""
JITTER = 0.05
"""Of each pause, so that calls which ended together are not all tried again together."""
RETRIED_STATUSES = frozenset({408, 425, 429})
"""Of 4xx; every other one is the server's last word."""
STATUS_GONE = 410
"""The server at this address wants nothing more: the rest is not sent (Standard Webhooks)."""
EXPIRED = "its content was kept for a day and is gone"
LEASE_S = 60.0
"""A delivery that was taken is nobody else's for so long; longer than an attempt may last."""
MAX_ATTEMPTS_KEPT = 30
MAX_RESULT_CHARS = 2_000


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    DELIVERED = "delivered"
    REFUSED = "refused"
    """The server said that it will not have it."""
    DISABLED = "disabled"
    """Not sent: the server at its address had said that it wants nothing more."""
    DEAD = "dead"
    """Tried for a day without success; it can be replayed."""


@dataclass(frozen=True)
class Attempt:
    """One try."""

    at: float
    """Unix seconds."""
    outcome: str
    """The status of the reply, or why there was none."""


@dataclass(frozen=True)
class WebhookDelivery:
    """One call's end on its way. Its id is the same in every attempt and after a replay."""

    delivery_id: str
    account_id: AccountId
    session_id: SessionId
    created_at: float
    due_at: float
    """When it is tried next, in unix seconds; says nothing once it is not pending."""
    state: DeliveryState = DeliveryState.PENDING
    failures: int = 0
    """Since it was made or replayed."""
    attempts: tuple[Attempt, ...] = ()
    """The last ones, oldest first."""
    result: str = ""
    """Of a function: what it answered, cut to MAX_RESULT_CHARS."""
    private: bool = False
    """Its content is nowhere but in the outbox, and gone once this is not pending any more."""

    @property
    def replayable(self) -> bool:
        """Whether it can be sent again."""
        return self.state is DeliveryState.PENDING or not self.private


def webhook_of(agent_config: Mapping[str, Any]) -> Webhook | None:
    """Where the end of a call is reported to; None when nowhere, or when what is configured is no webhook."""
    configured = agent_config.get("session_data_webhook")
    if isinstance(configured, str):
        configured = {"url": configured}
    try:
        webhook = Webhook.model_validate(configured or {"url": ""})
    except ValidationError:
        return None
    return webhook if webhook.url.strip() else None


def destinations_of(agent_config: Mapping[str, Any]) -> frozenset[str]:
    """Every address that deliveries of this agent's calls may go to, as it is configured."""
    webhook = webhook_of(agent_config)
    tools = [tool for name in ("tools", "millis_functions") for tool in agent_config.get(name) or ()]
    urls = [str(tool.get("webhook") or "") for tool in tools if isinstance(tool, dict) and tool.get("run_after_call")]
    return frozenset(url.strip() for url in (*urls, "" if webhook is None else webhook.url) if url.strip())


def delivery_id_of(session_id: SessionId) -> str:
    """A call ends once, so that its delivery is named by it."""
    return f"call.ended:{session_id}"


def deliveries_of(call: Call, now: float) -> tuple[WebhookDelivery, ...]:
    """All that is to be sent of an ended call: what runs after it, and its end if somebody wants to hear of it."""
    ids = [str(entry["delivery_id"]) for entry in call.function_calls if entry.get("delivery_id")]
    if webhook_of(call.agent_config) is not None:
        ids.append(delivery_id_of(call.session_id))
    private = opted_out(call.agent_config)
    return tuple(WebhookDelivery(each, call.account_id, call.session_id, now, now, private=private) for each in ids)


def after_reply(delivery: WebhookDelivery, status: int, now: float, chance: float) -> WebhookDelivery:
    """The delivery after a reply; `chance` is a random number from 0 to 1."""
    tried = _with_attempt(delivery, Attempt(now, str(status)))
    if 200 <= status < 300:
        return replace(tried, state=DeliveryState.DELIVERED)
    if 400 <= status < 500 and status not in RETRIED_STATUSES:
        return replace(tried, state=DeliveryState.REFUSED)
    return _later(tried, now, chance)


def after_failure(
    delivery: WebhookDelivery, reason: str, now: float, chance: float, *, final: bool = False
) -> WebhookDelivery:
    """The delivery after an attempt without a reply; `final`: the same request can never succeed."""
    tried = _with_attempt(delivery, Attempt(now, reason))
    return replace(tried, state=DeliveryState.REFUSED) if final else _later(tried, now, chance)


def withheld(delivery: WebhookDelivery, since: float, now: float) -> WebhookDelivery:
    """The delivery whose address has been disabled since then, in unix seconds."""
    reason = f"not sent: disabled since {datetime.fromtimestamp(since, UTC):%Y-%m-%d %H:%M} UTC by a {STATUS_GONE}"
    return replace(_with_attempt(delivery, Attempt(now, reason)), state=DeliveryState.DISABLED)


def expired(delivery: WebhookDelivery, now: float) -> WebhookDelivery:
    """A private delivery whose content could wait no longer."""
    return replace(_with_attempt(delivery, Attempt(now, EXPIRED)), state=DeliveryState.DEAD)


def replayed(delivery: WebhookDelivery, now: float) -> WebhookDelivery:
    """Try it again from the start of the schedule, whatever became of it. Raises Conflict when that cannot be."""
    if not delivery.replayable:
        raise Conflict("the delivery can't be replayed: its agent opts out of data collection, so nothing was kept")
    return replace(delivery, state=DeliveryState.PENDING, failures=0, due_at=now)


def _with_attempt(delivery: WebhookDelivery, attempt: Attempt) -> WebhookDelivery:
    return replace(delivery, attempts=(*delivery.attempts, attempt)[-MAX_ATTEMPTS_KEPT:])


def _later(delivery: WebhookDelivery, now: float, chance: float) -> WebhookDelivery:
    if delivery.failures >= len(RETRY_AFTER_S):
        return replace(delivery, state=DeliveryState.DEAD)
    pause_s = RETRY_AFTER_S[delivery.failures] * (1 + JITTER * chance)
    return replace(delivery, failures=delivery.failures + 1, due_at=now + pause_s)
