"""How a row is written."""

import sqlite3
from typing import Any


def upsert(transaction: sqlite3.Connection, table: str, key_columns: str, fields: dict[str, Any]) -> None:
    """Insert the row, or update the one with the same key. The names are ours, never a user's."""
    columns = ", ".join(fields)
    values = ", ".join("?" for _ in fields)
    updates = ", ".join(f"{column} = excluded.{column}" for column in fields)
    transaction.execute(
        f"INSERT INTO {table} ({columns}) VALUES ({values}) ON CONFLICT ({key_columns}) DO UPDATE SET {updates}",
        tuple(fields.values()),
    )
