"""What the kernel asks of the storage of webhook deliveries; the rules of callcore.ports apply."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from callcore.deliveries.delivery import DeliveryState, WebhookDelivery
from callcore.ids import AccountId


class DeliveryStore(Protocol):
    """Webhook deliveries on their way."""

    def add_delivery(self, delivery: WebhookDelivery) -> bool:
        """Store it unless it is there; whether it was not."""
        ...

    def take_due(self, now: float, limit: int, lease_s: float) -> Sequence[WebhookDelivery]:
        """At most `limit` pending ones whose time has come, the longest overdue first, hidden for `lease_s` seconds."""
        ...

    def put_delivery(self, delivery: WebhookDelivery) -> None:
        """Replace it: what became of the attempt."""
        ...


class DeliveryLog(Protocol):
    """What became of webhook deliveries; every method works inside one account only."""

    def find_delivery(self, account_id: AccountId, delivery_id: str) -> WebhookDelivery:
        """Raises NotFound."""
        ...

    def list_deliveries(self, account_id: AccountId, state: DeliveryState, limit: int) -> Sequence[WebhookDelivery]:
        """The newest ones in that state, newest first."""
        ...


class DisabledWebhooks(Protocol):
    """Addresses whose server has said that it wants nothing more, by account and as they are configured."""

    def disable_webhook(self, account_id: AccountId, url: str, at: float) -> None:
        """From now on nothing is sent there; `at`, in unix seconds, stays that of the first time."""
        ...

    def enable_webhook(self, account_id: AccountId, url: str) -> None:
        """Send there again; nothing happens when it is not disabled."""
        ...

    def list_disabled(self, account_id: AccountId) -> Mapping[str, float]:
        """The addresses, and since when."""
        ...
