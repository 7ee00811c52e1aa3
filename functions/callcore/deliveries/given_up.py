"""Deliveries that nobody tries any more, and that their owner should know of."""

from collections.abc import Sequence

from callcore.deliveries.delivery import DeliveryState, WebhookDelivery
from callcore.deliveries.ports import DeliveryLog
from callcore.ids import AccountId

GIVEN_UP = (DeliveryState.DEAD, DeliveryState.REFUSED)
"""What an address missed that asked for nothing more is not among them: its owner's server said so."""


def given_up(log: DeliveryLog, account_id: AccountId, limit: int) -> Sequence[WebhookDelivery]:
    """The newest ones, newest first."""
    found = [delivery for state in GIVEN_UP for delivery in log.list_deliveries(account_id, state, limit)]
    return sorted(found, key=lambda delivery: -delivery.created_at)[:limit]
