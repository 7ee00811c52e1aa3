"""Campaigns as stored rows (protocol.md 7.10). Nothing dials yet, so none can be started."""

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Body
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from api.dependencies import AppDependencies, Dependencies, PrivateAccount
from api.problems import AsciiJsonResponse
from callcore.accounts import Account
from callcore.campaigns import Campaign, CampaignRecord
from callcore.errors import NotFound
from callcore.ids import CampaignId, new_campaign_id
from callcore.metadata import check_metadata
from callcore.phones import parse_number

MAX_RECORDS = 10_000
"""In one request."""

router = APIRouter()

Name = Annotated[str, Field(min_length=1, max_length=200)]
Number = Annotated[str, Field(max_length=64)]


class NewCampaign(BaseModel):
    """A campaign to create."""

    name: Name


class CampaignUpdate(BaseModel):
    """What shall change; null and absent are the same."""

    name: Name | None = None
    include_metadata_in_prompt: bool | None = None


class CallerChoice(BaseModel):
    """Which of the account's numbers calls; null: none."""

    caller: Number | None


class NewRecord(BaseModel):
    """A number to call."""

    phone: Number
    metadata: dict[str, Any] | None = None


Records = Annotated[list[NewRecord], Body(max_length=MAX_RECORDS)]


@router.get("/campaigns")
async def list_campaigns(account: PrivateAccount, stores: AppDependencies) -> AsciiJsonResponse:
    """Every campaign of the account with its records, oldest first, as a bare array."""
    campaigns = await run_in_threadpool(stores.campaigns.list_campaigns, account.account_id)
    return AsciiJsonResponse([await _whole(stores, campaign) for campaign in campaigns])


@router.post("/campaigns")
async def create_campaign(body: NewCampaign, account: PrivateAccount, stores: AppDependencies) -> AsciiJsonResponse:
    """A new idle campaign without records."""
    now = stores.clock.unix_s()
    campaign = Campaign(new_campaign_id(now), account.account_id, body.name, now)
    await run_in_threadpool(
        stores.campaigns.change_campaign, account.account_id, campaign.campaign_id, lambda _: campaign
    )
    return AsciiJsonResponse(await _whole(stores, campaign))


@router.get("/campaigns/{campaign_id}")
async def get_campaign(campaign_id: str, account: PrivateAccount, stores: AppDependencies) -> AsciiJsonResponse:
    """One campaign with its records."""
    campaign = await run_in_threadpool(stores.campaigns.get_campaign, account.account_id, CampaignId(campaign_id))
    return AsciiJsonResponse(await _whole(stores, campaign))


@router.delete("/campaigns/{campaign_id}")
async def delete_campaign(campaign_id: str, account: PrivateAccount, stores: AppDependencies) -> AsciiJsonResponse:
    """Delete a campaign with its records; answers what was deleted."""
    campaign = await run_in_threadpool(stores.campaigns.get_campaign, account.account_id, CampaignId(campaign_id))
    reply = await _whole(stores, campaign)
    await run_in_threadpool(stores.campaigns.change_campaign, account.account_id, campaign.campaign_id, lambda _: None)
    return AsciiJsonResponse(reply)


@router.get("/campaigns/{campaign_id}/info")
async def get_campaign_info(campaign_id: str, account: PrivateAccount, stores: AppDependencies) -> AsciiJsonResponse:
    """One campaign without its records."""
    campaign = await run_in_threadpool(stores.campaigns.get_campaign, account.account_id, CampaignId(campaign_id))
    return AsciiJsonResponse(campaign_info(campaign))


@router.put("/campaigns/{campaign_id}/info")
async def update_campaign_info(
    campaign_id: str, body: CampaignUpdate, account: PrivateAccount, stores: AppDependencies
) -> AsciiJsonResponse:
    """Change the name, and whether metadata is listed in the prompt."""
    given = body.model_dump(exclude_none=True)
    return await _changed(stores, account, campaign_id, lambda campaign: replace(campaign, **given))


@router.post("/campaigns/{campaign_id}/set_caller")
async def set_campaign_caller(
    campaign_id: str, body: CallerChoice, account: PrivateAccount, stores: AppDependencies
) -> AsciiJsonResponse:
    """Choose one of the account's numbers."""
    caller = None if body.caller is None else parse_number(body.caller)
    if caller is not None:
        await run_in_threadpool(stores.phones.get_phone, account.account_id, caller)
    return await _changed(stores, account, campaign_id, lambda campaign: replace(campaign, caller=caller))


@router.post("/campaigns/{campaign_id}/records")
async def add_campaign_records(
    campaign_id: str, body: Records, account: PrivateAccount, stores: AppDependencies
) -> AsciiJsonResponse:
    """Add numbers, all or none; one that is there gets the new metadata. Answers the whole campaign."""
    records = [CampaignRecord(parse_number(record.phone), record.metadata or {}) for record in body]
    for record in records:
        check_metadata(record.metadata)
    campaign_key = (account.account_id, CampaignId(campaign_id))
    await run_in_threadpool(stores.campaign_records.put_records, *campaign_key, records)
    campaign = await run_in_threadpool(stores.campaigns.get_campaign, *campaign_key)
    return AsciiJsonResponse(await _whole(stores, campaign))


@router.delete("/campaigns/{campaign_id}/records/{phone}")
async def delete_campaign_record(
    campaign_id: str, phone: str, account: PrivateAccount, stores: AppDependencies
) -> AsciiJsonResponse:
    """Take a number out."""
    number = parse_number(phone)
    await run_in_threadpool(stores.campaign_records.delete_record, account.account_id, CampaignId(campaign_id), number)
    return AsciiJsonResponse({"phone": number, "deleted": True})


async def _changed(
    stores: Dependencies, account: Account, campaign_id: str, change: Callable[[Campaign], Campaign]
) -> AsciiJsonResponse:
    def changed(stored: Campaign | None) -> Campaign:
        if stored is None:
            raise NotFound("campaign", campaign_id)
        return change(stored)

    result = await run_in_threadpool(
        stores.campaigns.change_campaign, account.account_id, CampaignId(campaign_id), changed
    )
    assert result is not None  # `changed` never deletes
    return AsciiJsonResponse(campaign_info(result))


async def _whole(stores: Dependencies, campaign: Campaign) -> dict[str, Any]:
    records = await run_in_threadpool(stores.campaign_records.list_records, campaign.account_id, campaign.campaign_id)
    listed = [
        {"phone": record.phone, "metadata": dict(record.metadata), "call_status": record.call_status}
        for record in records
    ]
    return campaign_info(campaign) | {"records": listed}


def campaign_info(campaign: Campaign) -> dict[str, Any]:
    """The campaign on the wire, without its records."""
    return {
        "id": campaign.campaign_id,
        "name": campaign.name,
        "status": campaign.status,
        "created_at": int(campaign.created_at),
        "include_metadata_in_prompt": campaign.include_metadata_in_prompt,
        "caller": campaign.caller,
    }
