"""JSON as it stands in a row, whatever the store."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from callcore.calls.call import CallStatus
from callcore.calls.usage import Service, Unit, UsageLine
from callcore.campaigns.calling_hours import CallingHours
from callcore.campaigns.campaign import CampaignRecord, RecordStatus
from callcore.campaigns.tries import Tries
from callcore.errors import InvalidInput


def to_json(value: object) -> str:
    """The text of a column. Raises InvalidInput for what is no JSON."""
    # ASCII escapes keep even a lone surrogate, which JSON can carry and UTF-8 cannot.
    try:
        return json.dumps(value, allow_nan=False, separators=(",", ":"), default=_plain)
    except (TypeError, ValueError, RecursionError):
        raise InvalidInput("a value cannot be stored as JSON") from None


def _plain(value: object) -> dict[Any, Any] | str:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, UsageLine | CallingHours | Tries):
        return asdict(value)
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError


def usage_lines(stored: Iterable[Mapping[str, Any]]) -> tuple[UsageLine, ...]:
    """Lines of usage as they were read."""
    return tuple(
        UsageLine(**{**line, "unit": Unit(line["unit"]), "service": Service(**line.get("service", {}))})
        for line in stored
    )


def stored_hours(stored: Mapping[str, Any] | None) -> CallingHours | None:
    """Calling hours as they were read, or none."""
    return None if stored is None else CallingHours(**{**stored, "days": tuple(stored["days"])})


def stored_tries(stored: Mapping[str, Any] | None) -> Tries | None:
    """The tries of a campaign as they were read, or none."""
    return None if stored is None else Tries(**{**stored, "when": tuple(map(CallStatus, stored["when"]))})


def stored_record(row: Mapping[str, Any]) -> CampaignRecord:
    """The record of a row, whose `metadata` and `place` are there and whose other attributes may not be.

    While it is called again the row keeps how the call before ended and when it was due: it may be given back.
    """
    status = RecordStatus(row["call_status"])
    result = None if status is RecordStatus.STARTED else row.get("result")
    is_waiting = status is RecordStatus.NOT_STARTED and row.get("next_try_at") is not None
    return CampaignRecord(
        row["phone"],
        row["metadata"],
        status,
        row.get("session_id"),
        CallStatus(result) if result else None,
        row.get("duration_s") if result else None,
        int(row.get("tries", 1 if row.get("session_id") else 0)),
        float(row["next_try_at"]) if is_waiting else None,
        int(row["place"]),
    )


def tuple_or_none(stored: Iterable[str] | None) -> tuple[str, ...] | None:
    """A list as it was read, or none."""
    return None if stored is None else tuple(stored)


def to_json_or_null(value: object) -> str | None:
    """The same; None is NULL."""
    return None if value is None else to_json(value)


def from_json_or_null(text: str | None) -> Any:
    """What `to_json_or_null` wrote."""
    return None if text is None else json.loads(text)
