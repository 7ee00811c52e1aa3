"""Webhook deliveries in the DynamoDB table: a row each, a pointer where it is due, and one under its state."""

from collections.abc import Sequence
from dataclasses import asdict, replace

from callcore.deliveries.delivery import Attempt, DeliveryState, WebhookDelivery
from callcore.errors import NotFound, StoreError
from callcore.ids import AccountId
from callstore.dynamo import keys as keys
from callstore.dynamo.rows import packed, unpacked
from callstore.dynamo.table import ABSENT, DynamoTable, Refused, Row, Write, delete, put

_ATTEMPTS = 50


class DynamoDeliveryStore:
    """DeliveryStore and DeliveryLog."""

    def __init__(self, table: DynamoTable) -> None:
        self._table = table

    def add_delivery(self, delivery: WebhookDelivery) -> bool:
        """Store it unless it is there; whether it was not."""
        return self._replace(None, delivery)

    def take_due(self, now: float, limit: int, lease_s: float) -> Sequence[WebhookDelivery]:
        """The longest overdue ones, hidden for a while; what somebody else takes at the same time is his."""
        latest = {"latest": keys.due_until(now)}
        due = self._table.query(keys.DUE, "#SK < :latest", latest, limit=limit)
        taken = []
        for pointer, _ in zip(due, range(limit), strict=False):
            row = self._table.get(keys.Key(pointer["pk"], pointer["sk"]))
            if row is None:
                continue
            delivery = _to_delivery(row)
            # Somebody may have taken it since the pointer was read.
            is_due = delivery.state is DeliveryState.PENDING and delivery.due_at <= now
            if is_due and self._replace(row, replace(delivery, due_at=now + lease_s)):
                taken.append(delivery)
        return taken

    def put_delivery(self, delivery: WebhookDelivery) -> None:
        """Replace it."""
        key = keys.delivery(delivery.account_id, delivery.delivery_id)
        for attempt in range(_ATTEMPTS):
            if attempt:
                self._table.pause_before(attempt)
            if self._replace(self._table.get(key), delivery):
                return
        raise StoreError("a delivery changes again and again", retryable=True)

    def find_delivery(self, account_id: AccountId, delivery_id: str) -> WebhookDelivery:
        """Raises NotFound."""
        row = self._table.get(keys.delivery(account_id, delivery_id))
        if row is None:
            raise NotFound("delivery", delivery_id)
        return _to_delivery(row)

    def list_deliveries(self, account_id: AccountId, state: DeliveryState, limit: int) -> Sequence[WebhookDelivery]:
        """The newest ones in that state, newest first."""
        partition = keys.deliveries_partition(account_id, state)
        pointers = self._table.query(partition, limit=limit, newest=True)
        wanted = [keys.Key(pointer["pk"], pointer["sk"]) for pointer, _ in zip(pointers, range(limit), strict=False)]
        rows = self._table.get_many(wanted)
        return [_to_delivery(rows[key]) for key in wanted if key in rows]

    def _replace(self, standing: Row | None, delivery: WebhookDelivery) -> bool:
        """Write the row and its pointers; False when it is not any more as it was read."""
        key = keys.delivery(delivery.account_id, delivery.delivery_id)
        version = {"version": standing["version"]} if standing else {}
        row = {"doc": packed(asdict(delivery)), "version": version.get("version", 0) + 1}
        pointed = {"pk": key.pk, "sk": key.sk}
        new = _pointers(delivery)
        writes: list[Write] = [put(key, row, "#version = :version" if standing else ABSENT, version)]
        writes += [delete(old) for old in (_pointers(_to_delivery(standing)) if standing else ()) if old not in new]
        writes += [put(pointer, pointed) for pointer in new]
        try:
            self._table.write(*writes)
        except Refused:
            return False
        return True


def _pointers(delivery: WebhookDelivery) -> list[keys.Key]:
    listed = keys.listed_delivery(delivery)
    return [listed, keys.due_delivery(delivery)] if delivery.state is DeliveryState.PENDING else [listed]


def _to_delivery(row: Row) -> WebhookDelivery:
    said = unpacked(row["doc"])
    typed = {
        "state": DeliveryState(said["state"]),
        "attempts": tuple(Attempt(**attempt) for attempt in said["attempts"]),
    }
    return WebhookDelivery(**said | typed)
