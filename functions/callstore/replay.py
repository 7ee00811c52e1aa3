"""Sends a webhook again, whatever became of it."""

from dataclasses import dataclass

from callcore.calls.ports import CallStore
from callcore.deliveries.delivery import DeliveryState, WebhookDelivery, destinations_of, replayed
from callcore.deliveries.ports import DeliveryLog, DeliveryStore, DisabledWebhooks
from callcore.ids import AccountId


@dataclass(frozen=True)
class Replay:
    """Of any account's deliveries."""

    delivery_log: DeliveryLog
    deliveries: DeliveryStore
    disabled_webhooks: DisabledWebhooks
    calls: CallStore

    def send_again(self, account_id: AccountId, delivery_id: str, now: float) -> WebhookDelivery:
        """Try it from the start of the schedule, under the same id; its address is enabled if it was disabled.

        Raises NotFound, and Conflict when its content was not kept.
        """
        found = self.delivery_log.find_delivery(account_id, delivery_id)
        again = replayed(found, now)
        if found.state in (DeliveryState.DISABLED, DeliveryState.REFUSED):
            call = self.calls.get_call(account_id, found.session_id)
            for url in destinations_of(call.agent_config):
                self.disabled_webhooks.enable_webhook(account_id, url)
        self.deliveries.put_delivery(again)
        return again
