"""Campaigns: lists of numbers that are called one after the other (protocol.md 7.10)."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Body, Query
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from api.campaign_json import campaign_info, list_with_records, with_records
from api.dependencies import AppDependencies, Dependencies, PrivateAccount
from api.problems import AsciiJsonResponse
from callcore.campaigns.calling_hours import calling_hours
from callcore.campaigns.campaign import MAX_CONCURRENT_CALLS, MAX_RECORDS_AT_ONCE, Campaign, CampaignRecord, as_seen
from callcore.campaigns.tries import MAX_MINUTES, MIN_MINUTES, MOST_TRIES, NOT_REACHED, tries_of
from callcore.desks.campaigns import CampaignDesk
from callcore.errors import InvalidInput
from callcore.ids import AccountId, CampaignId
from callcore.phones.phone import parse_number

router = APIRouter()

Name = Annotated[str, Field(min_length=1, max_length=200)]
Number = Annotated[str, Field(max_length=64)]


class NewCampaign(BaseModel):
    """A campaign to create."""

    name: Name


class Hours(BaseModel):
    """When a campaign may call, by the clock of one time zone."""

    timezone: Annotated[str, Field(max_length=64)]
    """An IANA name."""
    days: Annotated[list[str], Field(max_length=7)]
    """`mon` to `sun`."""
    opens: Annotated[str, Field(alias="from", max_length=5)]
    """As `09:00`."""
    until: Annotated[str, Field(max_length=5)]
    """As `20:00`, or `24:00`; a time before `from` is one of the next day."""


class TriesBody(BaseModel):
    """How often a number is called that is not reached."""

    most: Annotated[int, Field(ge=1, le=MOST_TRIES)]
    """In all."""
    after_minutes: Annotated[int, Field(ge=MIN_MINUTES, le=MAX_MINUTES)]
    when: Annotated[list[str], Field(max_length=len(NOT_REACHED))]
    """After calls whose `call_status` is one of these: `busy`, `no-answer`, `voicemail-hangup`, `voicemail-message`."""


class CampaignUpdate(BaseModel):
    """What shall change; null and absent are the same, except for the hours and the tries."""

    name: Name | None = None
    include_metadata_in_prompt: bool | None = None
    max_concurrent_calls: Annotated[int, Field(ge=1, le=MAX_CONCURRENT_CALLS)] | None = None
    calling_hours: Hours | None = None
    """Null: at any hour, as a campaign without them calls."""
    tries: TriesBody | None = None
    """Null: each number once, as a campaign without them calls."""


class CallerChoice(BaseModel):
    """Which of the account's numbers calls; null: none."""

    caller: Number | None


class NewRecord(BaseModel):
    """A number to call."""

    phone: Number
    metadata: dict[str, Any] | None = None


class Approval(BaseModel):
    """What somebody says of a campaign."""

    status: Annotated[str, Field(min_length=1, max_length=64)]
    """`approved`; any other word holds the campaign."""
    reason: Annotated[str, Field(max_length=1000)] | None = None


After = Annotated[int, Query(ge=0)]
"""`next_cursor` of the answer before."""
Records = Annotated[list[NewRecord], Body(max_length=MAX_RECORDS_AT_ONCE)]


@router.get("/campaigns")
async def list_campaigns(account: PrivateAccount, stores: AppDependencies) -> AsciiJsonResponse:
    """Every campaign of the account with its records, oldest first, as a bare array.

    Where all records are more than one answer can hold, the newest campaigns have theirs; the others have none, and 0
    as `next_cursor`: `GET /campaigns/{campaign_id}` tells them.
    """
    return AsciiJsonResponse(await run_in_threadpool(_all_whole, stores, account.account_id))


@router.post("/campaigns")
async def create_campaign(body: NewCampaign, account: PrivateAccount, stores: AppDependencies) -> AsciiJsonResponse:
    """A new idle campaign without records."""
    campaign = await run_in_threadpool(_desk(stores).create, account.account_id, body.name, stores.clock.unix_s())
    return AsciiJsonResponse(await run_in_threadpool(_whole, stores, campaign))


@router.get("/campaigns/{campaign_id}")
async def get_campaign(
    campaign_id: str, account: PrivateAccount, stores: AppDependencies, after: After = 0
) -> AsciiJsonResponse:
    """One campaign with its records, as many as one answer can hold: some thousands, by their metadata.

    `next_cursor` is null at the end; else the same path tells more with it as `after`.
    """
    campaign = await run_in_threadpool(stores.campaigns.get_campaign, account.account_id, CampaignId(campaign_id))
    return AsciiJsonResponse(await run_in_threadpool(_whole, stores, campaign, after))


@router.delete("/campaigns/{campaign_id}")
async def delete_campaign(campaign_id: str, account: PrivateAccount, stores: AppDependencies) -> AsciiJsonResponse:
    """Delete a campaign with its records; calls that go on are finished. Answers it as `GET` does."""
    campaign = await run_in_threadpool(stores.campaigns.get_campaign, account.account_id, CampaignId(campaign_id))
    reply = await run_in_threadpool(_whole, stores, campaign)
    await run_in_threadpool(_desk(stores).delete, account.account_id, campaign.campaign_id)
    return AsciiJsonResponse(reply)


@router.get("/campaigns/{campaign_id}/info")
async def get_campaign_info(campaign_id: str, account: PrivateAccount, stores: AppDependencies) -> AsciiJsonResponse:
    """One campaign without its records, which are counted."""
    campaign = await run_in_threadpool(stores.campaigns.get_campaign, account.account_id, CampaignId(campaign_id))
    return await _told(stores, campaign)


@router.put("/campaigns/{campaign_id}/info")
async def update_campaign_info(
    campaign_id: str, body: CampaignUpdate, account: PrivateAccount, stores: AppDependencies
) -> AsciiJsonResponse:
    """Change the name, whether metadata is listed in the prompt, how many are called at once, when, and how often."""
    given = body.model_dump(exclude_none=True, exclude={"calling_hours", "tries"}) | _hours(body) | _tries(body)
    names = account.account_id, CampaignId(campaign_id)
    changed = await run_in_threadpool(_desk(stores).change, *names, lambda campaign: replace(campaign, **given))
    return await _told(stores, changed)


@router.post("/campaigns/{campaign_id}/set_caller")
async def set_campaign_caller(
    campaign_id: str, body: CallerChoice, account: PrivateAccount, stores: AppDependencies
) -> AsciiJsonResponse:
    """Choose one of the account's numbers; its agent talks."""
    caller = None if body.caller is None else parse_number(body.caller)
    names = account.account_id, CampaignId(campaign_id)
    return await _told(stores, await run_in_threadpool(_desk(stores).set_caller, *names, caller))


@router.post("/campaigns/{campaign_id}/start")
async def start_campaign(campaign_id: str, account: PrivateAccount, stores: AppDependencies) -> AsciiJsonResponse:
    """Call every record that waits, each try once; a campaign that goes on stays as it is.

    409 without a connected caller that has an agent, without records, and for one that was not approved.
    """
    names = account.account_id, CampaignId(campaign_id)
    return await _told(stores, await run_in_threadpool(_desk(stores).start, *names))


@router.post("/campaigns/{campaign_id}/stop")
async def stop_campaign(campaign_id: str, account: PrivateAccount, stores: AppDependencies) -> AsciiJsonResponse:
    """Call nobody any more; calls that go on are finished, and a start goes on where it was."""
    names = account.account_id, CampaignId(campaign_id)
    return await _told(stores, await run_in_threadpool(_desk(stores).stop, *names))


@router.post("/campaigns/{campaign_id}/approve")
async def approve_campaign(
    campaign_id: str, body: Approval, account: PrivateAccount, stores: AppDependencies
) -> AsciiJsonResponse:
    """Keep what somebody says of the campaign. Anything but `approved` stops it until that is said; nobody has to."""
    names = account.account_id, CampaignId(campaign_id)
    approved = await run_in_threadpool(_desk(stores).approve, *names, body.status, body.reason)
    return await _told(stores, approved)


@router.post("/campaigns/{campaign_id}/records")
async def add_campaign_records(
    campaign_id: str, body: Records, account: PrivateAccount, stores: AppDependencies
) -> AsciiJsonResponse:
    """Add numbers, all or none; one that is there gets the new metadata, and is not called again for it.

    Answers the campaign as `GET /campaigns/{campaign_id}` does.
    """
    records = [_record(place, record) for place, record in enumerate(body)]
    names = account.account_id, CampaignId(campaign_id)
    await run_in_threadpool(_desk(stores).add_records, *names, records)
    campaign = await run_in_threadpool(stores.campaigns.get_campaign, *names)
    return AsciiJsonResponse(await run_in_threadpool(_whole, stores, campaign))


@router.delete("/campaigns/{campaign_id}/records/{phone}")
async def delete_campaign_record(
    campaign_id: str, phone: str, account: PrivateAccount, stores: AppDependencies
) -> AsciiJsonResponse:
    """Take a number out; 409 while it is being called. Added again it is called again."""
    number = parse_number(phone)
    await run_in_threadpool(stores.campaign_records.delete_record, account.account_id, CampaignId(campaign_id), number)
    return AsciiJsonResponse({"phone": number, "deleted": True})


def _hours(body: CampaignUpdate) -> dict[str, Any]:
    """What is said of the calling hours. Raises InvalidInput."""
    if "calling_hours" not in body.model_fields_set:
        return {}
    if (said := body.calling_hours) is None:
        return {"calling_hours": None}
    try:
        return {"calling_hours": calling_hours(said.timezone, said.days, said.opens, said.until)}
    except InvalidInput as error:
        raise InvalidInput(f"body.calling_hours.{error}") from None


def _tries(body: CampaignUpdate) -> dict[str, Any]:
    """What is said of the tries. Raises InvalidInput."""
    if "tries" not in body.model_fields_set:
        return {}
    if (said := body.tries) is None:
        return {"tries": None}
    try:
        return {"tries": tries_of(said.most, said.after_minutes, said.when)}
    except InvalidInput as error:
        raise InvalidInput(f"body.tries.{error}") from None


def _record(place: int, new: NewRecord) -> CampaignRecord:
    """Raises InvalidInput that says which one of ten thousand is wrong, as errors of their shape do."""
    try:
        return CampaignRecord(parse_number(new.phone), new.metadata or {})
    except InvalidInput as error:
        raise InvalidInput(f"body.{place}.{error}") from None


def _desk(stores: Dependencies) -> CampaignDesk:
    return CampaignDesk(
        stores.campaigns, stores.campaign_records, stores.phones, stores.agents, stores.telephony.ordered
    )


async def _told(stores: Dependencies, campaign: Campaign) -> AsciiJsonResponse:
    return AsciiJsonResponse(await run_in_threadpool(_info, stores, campaign))


def _whole(stores: Dependencies, campaign: Campaign, after: int = 0) -> dict[str, Any]:
    return with_records(_info(stores, campaign), _records(stores, campaign), after)


def _all_whole(stores: Dependencies, account_id: AccountId) -> list[dict[str, Any]]:
    campaigns = stores.campaigns.list_campaigns(account_id)
    return list_with_records([(_info(stores, one), partial(_records, stores, one)) for one in campaigns])


def _records(stores: Dependencies, campaign: Campaign) -> Sequence[CampaignRecord]:
    return stores.campaign_records.list_records(campaign.account_id, campaign.campaign_id)


def _info(stores: Dependencies, campaign: Campaign) -> dict[str, Any]:
    counts = stores.campaign_records.count_records(campaign.account_id, campaign.campaign_id)
    return campaign_info(as_seen(campaign, counts), counts, stores.clock.unix_s())
