"""SIP addresses on the SQLite file."""

import json
import sqlite3
from collections.abc import Sequence
from typing import Any

from callcore.errors import NotFound
from callcore.ids import AccountId, CallId
from callcore.phones.sip_addresses import SipAddress, SipToken
from callstore.sqlite.database import SqliteDatabase
from callstore.sqlite.rows import upsert
from callstore.stored_json import from_json_or_null, to_json, to_json_or_null


class SqliteSipStore:
    """SipTokens and SipAddresses."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    def put_token(self, token: SipToken) -> None:
        """Store a new one; those that have expired long ago are forgotten."""
        fields = {name: getattr(token, name) for name in token.__dataclass_fields__}
        with self._database.transaction() as transaction:
            transaction.execute("DELETE FROM sip_tokens WHERE expires_at < ?", (token.expires_at - _KEPT_S,))
            upsert(transaction, "sip_tokens", "user_hash", fields)

    def claim_token(self, user_hash: str, invite: str, now: float) -> SipToken | None:
        """Take it for this INVITE, unless another one has it."""
        with self._database.transaction() as transaction:
            row = transaction.execute(
                "UPDATE sip_tokens SET invite = :invite WHERE user_hash = :user_hash AND expires_at > :now"
                " AND (invite IS NULL OR invite = :invite) RETURNING *",
                {"user_hash": user_hash, "invite": invite, "now": now},
            ).fetchone()
        return None if row is None else SipToken(**{name: row[name] for name in SipToken.__dataclass_fields__})

    def release_token(self, user_hash: str, invite: str) -> None:
        """Another INVITE may take the token, if this one has it."""
        sql = "UPDATE sip_tokens SET invite = NULL WHERE user_hash = ? AND invite = ?"
        with self._database.transaction() as transaction:
            transaction.execute(sql, (user_hash, invite))

    def put_address(self, address: SipAddress) -> None:
        """Raises Conflict when its user is taken."""
        fields = _fields(address)
        columns, values = ", ".join(fields), ", ".join(f":{name}" for name in fields)
        with self._database.transaction() as transaction:
            transaction.execute(f"INSERT INTO sip_addresses ({columns}) VALUES ({values})", fields)

    def find_address(self, user: str) -> SipAddress | None:
        """The address with that user part."""
        rows = self._database.rows("SELECT * FROM sip_addresses WHERE user = ?", (user,))
        return _to_address(rows[0]) if rows else None

    def list_addresses(self, account_id: AccountId) -> Sequence[SipAddress]:
        """The account's, oldest first."""
        sql = "SELECT * FROM sip_addresses WHERE account_id = ? ORDER BY created_at, call_id"
        return [_to_address(row) for row in self._database.rows(sql, (account_id,))]

    def delete_address(self, account_id: AccountId, call_id: CallId) -> None:
        """Raises NotFound, also for another account's address."""
        sql = "DELETE FROM sip_addresses WHERE account_id = ? AND call_id = ?"
        with self._database.transaction() as transaction:
            if not transaction.execute(sql, (account_id, call_id)).rowcount:
                raise NotFound("SIP address", call_id)


_KEPT_S = 24 * 3600


def _fields(address: SipAddress) -> dict[str, Any]:
    fields = {name: getattr(address, name) for name in address.__dataclass_fields__}
    return fields | {
        "agent_config": to_json_or_null(address.agent_config),
        "metadata": to_json(address.metadata),
        "sources": to_json(address.sources),
    }


def _to_address(row: sqlite3.Row) -> SipAddress:
    fields = dict(row)
    typed = {
        "agent_config": from_json_or_null(fields["agent_config"]),
        "metadata": json.loads(fields["metadata"]),
        "include_metadata_in_prompt": bool(fields["include_metadata_in_prompt"]),
        "sources": tuple(json.loads(fields["sources"])),
    }
    return SipAddress(**fields | typed)
