"""How a thing stands in a row: whole, as JSON, in `doc`; beside it only what conditions and lists need."""

import json
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from callcore.accounts.account import Account, AccountStatus, KeyKind, KeyPolicy, KeyRecord, Overrides
from callcore.calls.call import Call, CallStatus, Checkpoint
from callcore.campaigns.campaign import Campaign, CampaignRecord, CampaignStatus
from callcore.errors import Conflict, StoreError
from callcore.ids import AccountId
from callcore.phones.phone import Carrier, Phone
from callstore.dynamo import keys as keys
from callstore.dynamo.table import ABSENT, DynamoTable, Refused, Row, Write, delete, put
from callstore.stored_json import stored_hours, stored_record, stored_tries, to_json, tuple_or_none, usage_lines

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_PLAIN_CHARS = 4096
"""A longer document is compressed: a row holds 400 KB, and reads are paid by size."""
_CHANGE_ATTEMPTS = 50


def doc_of(thing: "DataclassInstance") -> str | bytes:
    """The document of a thing. Raises InvalidInput for what is no JSON."""
    return packed({field.name: _plain(getattr(thing, field.name)) for field in fields(thing)})


def _plain(value: object) -> object:
    if isinstance(value, KeyPolicy):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    return value


def packed(value: object) -> str | bytes:
    """A value as an attribute."""
    text = to_json(value)
    return text if len(text) <= _PLAIN_CHARS else zlib.compress(text.encode("ascii"))


def unpacked(attribute: str | bytes) -> Any:
    """What `packed` wrote."""
    return json.loads(attribute if isinstance(attribute, str) else zlib.decompress(attribute))


def to_account(row: Row) -> Account:
    """The account of a row."""
    said = unpacked(row["doc"])
    typed = {
        "status": AccountStatus(said["status"]),
        "webhook_secrets": tuple(said.get("webhook_secrets", ())),
        "discount_percent": Decimal(said.get("discount_percent", 0)),
    }
    return Account(**said | typed)


def to_key(row: Row) -> KeyRecord:
    """The key of a row."""
    said = unpacked(row["doc"])
    policy = said["policy"]
    typed = {
        "agents": None if policy["agents"] is None else tuple(policy["agents"]),
        "origins": None if policy["origins"] is None else tuple(policy["origins"]),
        "overrides": Overrides(policy["overrides"]),
    }
    return KeyRecord(**said | {"kind": KeyKind(said["kind"]), "policy": KeyPolicy(**policy | typed)})


def to_call(row: Row) -> Call:
    """The call of a row."""
    said = unpacked(row["doc"])
    typed = {
        "status": CallStatus(said["status"]),
        "function_calls": tuple(said["function_calls"]),
        "cost_breakdown": tuple(said.get("cost_breakdown", ())),
        "notes": tuple(said.get("notes", ())),
        "visitor_names": tuple_or_none(said.get("visitor_names")),
        "usage": usage_lines(said.get("usage", ())),
    }
    return Call(**said | typed)


def to_checkpoint(row: Row) -> Checkpoint:
    """The checkpoint of a row."""
    return Checkpoint(**unpacked(row["doc"]))


def to_phone(row: Row) -> Phone:
    """The number of a row."""
    said = unpacked(row["doc"])
    return Phone(**said | {"carrier": Carrier(said["carrier"]), "tags": tuple(said["tags"])})


def to_campaign(row: Row) -> Campaign:
    """The campaign of a row."""
    said = unpacked(row["doc"])
    typed = {
        "status": CampaignStatus(said["status"]),
        "calling_hours": stored_hours(said.get("calling_hours")),
        "tries": stored_tries(said.get("tries")),
    }
    return Campaign(**said | typed)


def to_record(row: Row) -> CampaignRecord:
    """The record of a row."""
    said = {"call_status": row["status"], "metadata": unpacked(row["doc"]), "place": row["place"] + 1}
    return stored_record({**row, **said})


def require_account(table: DynamoTable, account_id: AccountId) -> None:
    """Raises Conflict when there is no such account; accounts are never deleted."""
    if table.get(keys.account(account_id)) is None:
        raise Conflict("the store refuses the row: its account does not exist")


def change_row(
    table: DynamoTable,
    key: keys.Key,
    change: Callable[[Row | None], Mapping[str, Any] | None],
    beside: Callable[[], Iterable[Write]] = tuple,
) -> None:
    """Store what `change` makes of the row (None: delete it), unless somebody else was quicker; then once more.

    The row's `version` counts its changes. `beside` tells, after `change`, what is written with it.
    """
    for attempt in range(_CHANGE_ATTEMPTS):
        if attempt:
            table.pause_before(attempt)
        standing = table.get(key)
        changed = change(standing)
        if standing is None and changed is None:
            return
        version = {"version": standing["version"]} if standing else {}
        condition = "#version = :version" if standing else ABSENT
        write = (
            delete(key, condition, version)
            if changed is None
            else put(key, {**changed, "version": version.get("version", 0) + 1}, condition, version)
        )
        try:
            table.write(write, *beside())
            return
        except Refused:
            continue
    raise StoreError("a row changes again and again", retryable=True)
