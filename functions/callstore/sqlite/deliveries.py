"""Webhook deliveries on the SQLite file."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict

from callcore.deliveries.delivery import Attempt, DeliveryState, WebhookDelivery
from callcore.errors import NotFound
from callcore.ids import AccountId
from callstore.sqlite.database import SqliteDatabase
from callstore.sqlite.rows import upsert
from callstore.stored_json import to_json


class SqliteDeliveryStore:
    """DeliveryStore and DeliveryLog."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    def add_delivery(self, delivery: WebhookDelivery) -> bool:
        """Store it unless it is there; whether it was not."""
        standing = "SELECT 1 FROM webhook_deliveries WHERE account_id = ? AND delivery_id = ?"
        with self._database.transaction() as transaction:
            if transaction.execute(standing, (delivery.account_id, delivery.delivery_id)).fetchone():
                return False
            _write(transaction, delivery)
            return True

    def take_due(self, now: float, limit: int, lease_s: float) -> Sequence[WebhookDelivery]:
        """The longest overdue ones, hidden for a while."""
        due = "SELECT * FROM webhook_deliveries WHERE state = 'pending' AND due_at <= ? ORDER BY due_at LIMIT ?"
        hide = "UPDATE webhook_deliveries SET due_at = ? WHERE account_id = ? AND delivery_id = ?"
        with self._database.transaction() as transaction:
            taken = [_to_delivery(row) for row in transaction.execute(due, (now, limit))]
            for delivery in taken:
                transaction.execute(hide, (now + lease_s, delivery.account_id, delivery.delivery_id))
            return taken

    def put_delivery(self, delivery: WebhookDelivery) -> None:
        """Replace it."""
        with self._database.transaction() as transaction:
            _write(transaction, delivery)

    def find_delivery(self, account_id: AccountId, delivery_id: str) -> WebhookDelivery:
        """Raises NotFound."""
        sql = "SELECT * FROM webhook_deliveries WHERE account_id = ? AND delivery_id = ?"
        rows = self._database.rows(sql, (account_id, delivery_id))
        if not rows:
            raise NotFound("delivery", delivery_id)
        return _to_delivery(rows[0])

    def list_deliveries(self, account_id: AccountId, state: DeliveryState, limit: int) -> Sequence[WebhookDelivery]:
        """The newest ones in that state, newest first."""
        sql = "SELECT * FROM webhook_deliveries WHERE account_id = ? AND state = ? ORDER BY created_at DESC LIMIT ?"
        return [_to_delivery(row) for row in self._database.rows(sql, (account_id, state, limit))]


def _write(transaction: sqlite3.Connection, delivery: WebhookDelivery) -> None:
    fields = asdict(delivery) | {"attempts": to_json([asdict(attempt) for attempt in delivery.attempts])}
    upsert(transaction, "webhook_deliveries", "account_id, delivery_id", fields)


def _to_delivery(row: sqlite3.Row) -> WebhookDelivery:
    fields = dict(row)
    typed = {
        "state": DeliveryState(fields["state"]),
        "attempts": tuple(Attempt(**attempt) for attempt in json.loads(fields["attempts"])),
        "private": bool(fields["private"]),
    }
    return WebhookDelivery(**fields | typed)
