"""The settings of a campaign as a form asks for them: what it shows, what it brings, what is wrong with it. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from callcore.campaigns.calling_hours import CallingHours, calling_hours
from callcore.campaigns.campaign import DEFAULT_CONCURRENT_CALLS, MAX_CONCURRENT_CALLS, Campaign
from callcore.errors import InvalidInput
from callcore.phones.phone import PhoneNumber, parse_number
from playground.forms import Form
from playground.words import sentence

MAX_NAME_CHARS = 200
ANY_HOUR, SOME_HOURS = "any", "some"
_SUGGESTED = CallingHours("", ("mon", "tue", "wed", "thu", "fri"), "09:00", "20:00")
"""What stands in the form of whoever has no hours yet; the time zone is his to say."""


@dataclass(frozen=True)
class Entry:
    """What a form brought."""

    settings: Mapping[str, Any]
    """Fields of the campaign; all of them if nothing is wrong."""
    wrong: Mapping[str, str] = field(default_factory=dict)
    """What is wrong, by the names of the form's fields."""


def read_settings(form: Form, numbers: Collection[PhoneNumber]) -> Entry:
    """`numbers` are the account's, one of which may call."""
    wrong: dict[str, str] = {}
    name, at_once = form.text("name"), form.text("max_concurrent_calls")
    if not 0 < len(name) <= MAX_NAME_CHARS:
        wrong["name"] = f"A name has 1 to {MAX_NAME_CHARS} characters."
    if not (at_once.isdecimal() and 1 <= int(at_once) <= MAX_CONCURRENT_CALLS):
        wrong["max_concurrent_calls"] = f"A number from 1 to {MAX_CONCURRENT_CALLS}."
    caller, hours = None, None
    try:
        caller = _caller(form.text("caller"), numbers)
    except InvalidInput as error:
        wrong["caller"] = sentence(str(error))
    try:
        hours = _hours(form)
    except InvalidInput as error:  # its message begins with the field
        which, _, what = str(error).partition(": ")
        wrong[which] = sentence(what)
    settings = {
        "name": name,
        "caller": caller,
        "max_concurrent_calls": None if "max_concurrent_calls" in wrong else int(at_once),
        "include_metadata_in_prompt": form.is_checked("include_metadata_in_prompt"),
        "calling_hours": hours,
    }
    return Entry(settings, wrong)


def of_campaign(campaign: Campaign | None) -> dict[str, Any]:
    """What the form shows of it; None: of a new one."""
    hours = campaign.calling_hours if campaign else None
    shown = hours or _SUGGESTED
    return {
        "name": campaign.name if campaign else "",
        "caller": (campaign.caller if campaign else None) or "",
        "max_concurrent_calls": campaign.max_concurrent_calls if campaign else DEFAULT_CONCURRENT_CALLS,
        "include_metadata_in_prompt": campaign.include_metadata_in_prompt if campaign else False,
        "hours": SOME_HOURS if hours else ANY_HOUR,
        "timezone": shown.timezone,
        "days": shown.days,
        "from": shown.opens,
        "until": shown.closes,
    }


def of_form(form: Form) -> dict[str, Any]:
    """What the form shows again after something was wrong: what was entered."""
    names = ("name", "caller", "max_concurrent_calls", "timezone", "from", "until")
    return {name: form.text(name) for name in names} | {
        "include_metadata_in_prompt": form.is_checked("include_metadata_in_prompt"),
        "hours": form.text("hours", ANY_HOUR),
        "days": form.several("days"),
    }


def _caller(entered: str, numbers: Collection[PhoneNumber]) -> PhoneNumber | None:
    """Raises InvalidInput."""
    if not entered:
        return None
    number = parse_number(entered)
    if number not in numbers:
        raise InvalidInput(f"{number} was not found among your numbers")
    return number


def _hours(form: Form) -> CallingHours | None:
    """Raises InvalidInput, whose message begins with the field that is wrong."""
    if form.text("hours", ANY_HOUR) != SOME_HOURS:
        return None
    opens, closes = (form.text(name).zfill(len("09:00")) for name in ("from", "until"))
    return calling_hours(form.text("timezone"), form.several("days"), opens, closes)
