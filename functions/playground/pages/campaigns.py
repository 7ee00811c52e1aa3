"""The account's campaigns: lists of numbers, brought as tables, called, watched, and taken away as tables."""

import gzip
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from callcore.campaigns.campaign import (
    MAX_CONCURRENT_CALLS,
    Campaign,
    RecordCounts,
    RecordStatus,
    as_seen,
    next_call_at,
)
from callcore.campaigns.tries import MAX_MINUTES, MIN_MINUTES, MOST_TRIES, NOT_REACHED
from callcore.errors import CallError, Conflict
from callcore.ids import CampaignId
from callcore.phones.phone import parse_number
from playground.campaign_form import Entry, of_campaign, of_form, read_settings
from playground.forms import MAX_UPLOAD_KIB, Form, Posted
from playground.record_list import read_records, results_csv
from playground.views import PREFIX, Notice
from playground.visit import Visit, Visitor
from playground.words import CAMPAIGNS, DAYS, OUTCOMES, RECORDS, local_moment, sentence

PAGE = 100
"""Records on one page."""
SHOWN_WRONG = 20
WATCH_S = 5
NO_LINES = "Choose a file, or write at least one number."
TOO_LARGE = f"The file is larger than {MAX_UPLOAD_KIB} KiB: bring it in parts, or over REST."

router = APIRouter(prefix=PREFIX)


class RecordFilter(BaseModel):
    """The query of a campaign's page."""

    status: RecordStatus | None = None
    page: Annotated[int, Field(ge=1, le=100_000)] = 1
    watch: bool = False


Wanted = Annotated[RecordFilter, Query()]


@router.get("/campaigns")
def list_campaigns(visit: Visitor) -> Response:
    """Newest first."""
    desk, account_id = visit.console.campaigns, visit.account.account_id
    campaigns = list(reversed(desk.campaigns.list_campaigns(account_id)))
    counts = {one.campaign_id: desk.records.count_records(account_id, one.campaign_id) for one in campaigns}
    campaigns = [as_seen(one, counts[one.campaign_id]) for one in campaigns]
    goes_on = {one.campaign_id: _goes_on(visit, one, counts[one.campaign_id]) for one in campaigns}
    return visit.page(
        "campaigns.html.j2", campaigns=campaigns, counts=counts, goes_on=goes_on, words=CAMPAIGNS, R=RecordStatus
    )


@router.get("/campaigns/new")
def ask_for_campaign(visit: Visitor) -> Response:
    """Its name and who calls."""
    return _asked(visit, None, of_campaign(None))


@router.post("/campaigns/new")
def make_campaign(visit: Visitor, form: Posted) -> Response:
    """Make it; its numbers come next."""
    entry = _entry(visit, form)
    if entry.wrong:
        return _asked(visit, None, of_form(form), entry.wrong)
    desk, account_id = visit.console.campaigns, visit.account.account_id
    campaign = desk.create(account_id, entry.settings["name"], visit.console.clock.unix_s())
    desk.change(account_id, campaign.campaign_id, lambda made: replace(made, **entry.settings))
    return visit.redirect(f"/campaigns/{campaign.campaign_id}/records", Notice.CAMPAIGN_MADE)


@router.get("/campaigns/{campaign_id}")
def show_campaign(campaign_id: str, visit: Visitor, wanted: Wanted) -> Response:
    """How it goes, and its records."""
    return _shown(visit, _campaign(visit, campaign_id), wanted)


@router.get("/campaigns/{campaign_id}/settings")
def ask_for_settings(campaign_id: str, visit: Visitor) -> Response:
    """What can be changed, also while it goes on."""
    campaign = _campaign(visit, campaign_id)
    return _asked(visit, campaign, of_campaign(campaign))


@router.post("/campaigns/{campaign_id}/settings")
def change_campaign(campaign_id: str, visit: Visitor, form: Posted) -> Response:
    """Name, caller, how many at once, when, how often, and what the model is told."""
    campaign = _campaign(visit, campaign_id)
    entry = _entry(visit, form)
    if entry.wrong:
        return _asked(visit, campaign, of_form(form), entry.wrong)
    desk = visit.console.campaigns
    desk.change(campaign.account_id, campaign.campaign_id, lambda stored: replace(stored, **entry.settings))
    return visit.redirect(f"/campaigns/{campaign.campaign_id}", Notice.CAMPAIGN_CHANGED)


@router.get("/campaigns/{campaign_id}/records")
def ask_for_records(campaign_id: str, visit: Visitor) -> Response:
    """A file or lines."""
    return _asked_for_records(visit, _campaign(visit, campaign_id), "")


@router.post("/campaigns/{campaign_id}/records")
def add_records(campaign_id: str, visit: Visitor, form: Posted) -> Response:
    """Add them all; or none, and every line that is wrong is told beside what was brought."""
    campaign, text, file = _campaign(visit, campaign_id), form.table("lines"), form.file_table("file")
    if bool(text.strip()) == bool(file.strip()):
        told = "Choose a file or write lines, not both: nothing was added." if text.strip() else NO_LINES
        return _asked_for_records(visit, campaign, text, told)
    if len(form.file("file").content) > MAX_UPLOAD_KIB * 1024:
        return _asked_for_records(visit, campaign, "", TOO_LARGE)
    table = file if file.strip() else text
    brought = read_records(table)
    if brought.wrong or not brought.records:
        shown = [f"line {one.line}: {one.what}" for one in brought.wrong[:SHOWN_WRONG]]
        if more := len(brought.wrong) - len(shown):
            shown.append(f"and {more} more")
        told = "Nothing was added yet. Put these lines right and send them again." if shown else NO_LINES
        return _asked_for_records(visit, campaign, table, told, shown)
    visit.console.campaigns.add_records(campaign.account_id, campaign.campaign_id, brought.records)
    return visit.redirect(f"/campaigns/{campaign.campaign_id}", Notice.NUMBERS_ADDED)


@router.post("/campaigns/{campaign_id}/records/{phone}/delete")
def remove_record(campaign_id: str, phone: str, visit: Visitor, form: Posted) -> Response:
    """Take a number out that is not being called."""
    campaign = _campaign(visit, campaign_id)
    records = visit.console.campaigns.records
    records.delete_record(campaign.account_id, campaign.campaign_id, parse_number(phone))
    return visit.redirect(f"/campaigns/{campaign.campaign_id}", Notice.NUMBER_TAKEN_OUT)


@router.get("/campaigns/{campaign_id}/results.csv")
def download_results(campaign_id: str, visit: Visitor, request: Request) -> Response:
    """Each number with what came of it.

    Compressed, which every browser takes: a balancer takes 1 MB of a function, less than a list of ten thousand.
    """
    campaign = _campaign(visit, campaign_id)
    records = visit.console.campaigns.records.list_records(campaign.account_id, campaign.campaign_id)
    headers = {"Content-Disposition": f'attachment; filename="campaign{campaign.campaign_id}.csv"'}
    table = results_csv(records).encode()
    if "gzip" in request.headers.get("accept-encoding", ""):
        table, headers["Content-Encoding"] = gzip.compress(table), "gzip"
    return Response(table, media_type="text/csv; charset=utf-8", headers=headers | {"Vary": "Accept-Encoding"})


@router.post("/campaigns/{campaign_id}/start")
def start_campaign(campaign_id: str, visit: Visitor, form: Posted) -> Response:
    """Or say what is missing."""
    campaign = _campaign(visit, campaign_id)
    try:
        visit.console.campaigns.start(campaign.account_id, campaign.campaign_id)
    except Conflict as error:
        return _shown(visit, campaign, RecordFilter(), _told(error))
    return visit.redirect(f"/campaigns/{campaign.campaign_id}", Notice.CAMPAIGN_STARTED)


@router.post("/campaigns/{campaign_id}/stop")
def stop_campaign(campaign_id: str, visit: Visitor, form: Posted) -> Response:
    """Call nobody any more."""
    campaign = _campaign(visit, campaign_id)
    visit.console.campaigns.stop(campaign.account_id, campaign.campaign_id)
    return visit.redirect(f"/campaigns/{campaign.campaign_id}", Notice.CAMPAIGN_STOPPED)


@router.post("/campaigns/{campaign_id}/delete")
def delete_campaign(campaign_id: str, visit: Visitor, form: Posted) -> Response:
    """With its list; its calls stay in the log."""
    campaign = _campaign(visit, campaign_id)
    visit.console.campaigns.delete(campaign.account_id, campaign.campaign_id)
    return visit.redirect("/campaigns", Notice.CAMPAIGN_DELETED)


def _campaign(visit: Visit, campaign_id: str) -> Campaign:
    return visit.console.campaigns.campaigns.get_campaign(visit.account.account_id, CampaignId(campaign_id))


def _entry(visit: Visit, form: Form) -> Entry:
    account_id = visit.account.account_id
    return read_settings(form, [phone.number for phone in visit.console.numbers.phones.list_phones(account_id)])


def _asked(
    visit: Visit, campaign: Campaign | None, entered: dict[str, Any], wrong: Mapping[str, str] | None = None
) -> Response:
    account_id = visit.account.account_id
    agents = {agent.agent_id: agent.name for agent in visit.console.agents.list_agents(account_id)}
    return visit.page(
        "campaign_settings.html.j2",
        422 if wrong else 200,
        campaign=campaign,
        entered=entered,
        phones=visit.console.numbers.phones.list_phones(account_id),
        agents=agents,
        most=MAX_CONCURRENT_CALLS,
        days=DAYS,
        not_reached={status: OUTCOMES[status].label for status in NOT_REACHED},
        most_tries=MOST_TRIES,
        minutes=(MIN_MINUTES, MAX_MINUTES),
        wrong=wrong or {},
    )


def _asked_for_records(
    visit: Visit, campaign: Campaign, lines: str, wrong: str = "", wrong_lines: list[str] | None = None
) -> Response:
    return visit.page(
        "campaign_records.html.j2",
        422 if wrong else 200,
        campaign=campaign,
        lines=lines,
        wrong=wrong,
        wrong_lines=wrong_lines or [],
        max_upload_kib=MAX_UPLOAD_KIB,
    )


def _shown(visit: Visit, campaign: Campaign, wanted: RecordFilter, wrong: str = "") -> Response:
    desk, names = visit.console.campaigns, (campaign.account_id, campaign.campaign_id)
    listed, counts = desk.records.list_records(*names), desk.records.count_records(*names)
    found = [one for one in listed if wanted.status in (None, one.call_status)]
    first = (wanted.page - 1) * PAGE
    return visit.page(
        "campaign.html.j2",
        409 if wrong else 200,
        campaign=as_seen(campaign, counts),
        goes_on=_goes_on(visit, campaign, counts),
        counts=counts,
        records=found[first : first + PAGE],
        more=len(found) > first + PAGE,
        wanted=wanted,
        words=CAMPAIGNS,
        record_words=RECORDS,
        outcomes=OUTCOMES,
        R=RecordStatus,
        watch_s=WATCH_S,
        wrong=wrong,
    )


def _goes_on(visit: Visit, campaign: Campaign, counts: RecordCounts) -> str:
    """When it calls again, if it waits for its calling hours: by the clock where they are."""
    opening = next_call_at(campaign, counts, visit.console.clock.unix_s())
    if opening is None or campaign.calling_hours is None:
        return ""
    return local_moment(opening, campaign.calling_hours.timezone)


def _told(error: CallError) -> str:
    return sentence(str(error).rstrip("."))
