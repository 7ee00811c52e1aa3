"""Campaigns: lists of numbers to call (protocol.md 7.10)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from callcore.ids import AccountId, CampaignId
from callcore.phones import PhoneNumber


class CampaignStatus(StrEnum):
    """How a campaign stands."""

    IDLE = "idle"
    STARTED = "started"
    PAUSED = "paused"
    FINISHED = "finished"
    FAILED = "failed"


class RecordStatus(StrEnum):
    """How the call to one number stands."""

    NOT_STARTED = "not_started"
    STARTED = "started"
    FINISHED = "finished"
    FAILED = "failed"


@dataclass(frozen=True)
class Campaign:
    """A campaign without its records."""

    campaign_id: CampaignId
    account_id: AccountId
    name: str
    created_at: float
    """Unix seconds."""
    status: CampaignStatus = CampaignStatus.IDLE
    caller: PhoneNumber | None = None
    """The account's number that calls."""
    include_metadata_in_prompt: bool = False


@dataclass(frozen=True)
class CampaignRecord:
    """One number to call; it stands once in a campaign."""

    phone: PhoneNumber
    metadata: Mapping[str, Any] = field(default_factory=dict)
    call_status: RecordStatus = RecordStatus.NOT_STARTED
