"""Campaigns on the wire (protocol.md 7.10), with as many of their records as one answer can hold. Pure."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from itertools import dropwhile
from typing import Any

from callcore.campaigns.calling_hours import CallingHours
from callcore.campaigns.campaign import Campaign, CampaignRecord, RecordCounts, next_call_at

ANSWER_BYTES = 900_000
"""Of a Lambda function's answer, of which a load balancer takes 1 MB with all that is around it (ADR 0013)."""
_ELSEWHERE = {"records": [], "next_cursor": 0}
"""Instead of the records of a campaign that the answer has no room for."""


def campaign_info(campaign: Campaign, counts: RecordCounts, now: float) -> dict[str, Any]:
    """The campaign without its records, as it stands at `now` (unix seconds)."""
    approval = {"status": campaign.approval, "reason": campaign.approval_reason}
    opening = next_call_at(campaign, counts, now)
    return {
        "id": campaign.campaign_id,
        "name": campaign.name,
        "status": campaign.status,
        "created_at": int(campaign.created_at),
        "include_metadata_in_prompt": campaign.include_metadata_in_prompt,
        "caller": campaign.caller,
        "max_concurrent_calls": campaign.max_concurrent_calls,
        "calling_hours": None if campaign.calling_hours is None else _hours(campaign.calling_hours),
        "tries": None if campaign.tries is None else asdict(campaign.tries) | {"when": list(campaign.tries.when)},
        "next_call_at": None if opening is None else int(opening),
        "error_message": campaign.error_message,
        "waits_for": campaign.waits_for,
        "approval": None if campaign.approval is None else approval,
        "record_counts": dict(counts),
    }


def with_records(info: dict[str, Any], records: Sequence[CampaignRecord], after: int = 0) -> dict[str, Any]:
    """The campaign with its records behind the place `after`; `next_cursor` is the last one's place if there are more.

    It is null if there are none.
    """
    return info | _page(records, after, ANSWER_BYTES - _travelling_bytes(info))


def list_with_records(
    campaigns: Sequence[tuple[dict[str, Any], Callable[[], Sequence[CampaignRecord]]]],
) -> list[dict[str, Any]]:
    """Campaigns, each with its records or, where they have no room, without: some would be taken for all.

    The last ones have room first. Behind one that had none, nobody's records are read.
    """
    room = ANSWER_BYTES - sum(_travelling_bytes(info) for info, _ in campaigns)
    told: list[dict[str, Any]] = []
    for info, records in reversed(campaigns):
        page = _page(records(), 0, room) if room > 0 else _ELSEWHERE
        if page["next_cursor"] is None:
            room -= _travelling_bytes(page["records"])
        else:
            page, room = _ELSEWHERE, 0
        told.append(info | page)
    return told[::-1]


def _page(records: Sequence[CampaignRecord], after: int, room: int) -> dict[str, Any]:
    told: list[dict[str, Any]] = []
    last = after
    for record in dropwhile(lambda record: record.place <= after, records):
        one = _record(record)
        room -= _travelling_bytes(one)
        if room < 0:
            return {"records": told, "next_cursor": last}
        told.append(one)
        last = record.place
    return {"records": told, "next_cursor": None}


def _travelling_bytes(told: object) -> int:
    """How long it is in a Lambda function's answer: JSON as a string within JSON, so each quote is escaped."""
    text = json.dumps(told, separators=(",", ":"))
    return len(text) + text.count('"') + text.count("\\") + len(",")


def _hours(hours: CallingHours) -> dict[str, Any]:
    return {"timezone": hours.timezone, "days": list(hours.days), "from": hours.opens, "until": hours.closes}


def _record(record: CampaignRecord) -> dict[str, Any]:
    return {
        "phone": record.phone,
        "metadata": dict(record.metadata),
        "call_status": record.call_status,
        "session_id": record.session_id,
        "result": record.result,
        "duration": record.duration_s,
        "tries": record.tries,
        "next_try_at": None if record.next_try_at is None else int(record.next_try_at),
    }
