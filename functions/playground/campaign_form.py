"""The settings of a campaign as a form asks for them: what it shows, what it brings, what is wrong with it. Pure."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from callcore.calls.call import CallStatus
from callcore.campaigns.calling_hours import CallingHours, calling_hours
from callcore.campaigns.campaign import DEFAULT_CONCURRENT_CALLS, MAX_CONCURRENT_CALLS, Campaign
from callcore.campaigns.tries import Tries, tries_of
from callcore.errors import InvalidInput
from callcore.phones.phone import PhoneNumber, parse_number
from playground.forms import Form
from playground.words import sentence

_T = TypeVar("_T")
MAX_NAME_CHARS = 200
ANY_HOUR, SOME_HOURS = "any", "some"
_SUGGESTED = CallingHours("", ("mon", "tue", "wed", "thu", "fri"), "09:00", "20:00")
"""What stands in the form of whoever has no hours yet; the time zone is his to say."""
_ONCE = Tries(1, 60, (CallStatus.BUSY, CallStatus.NO_ANSWER))
"""The same of tries: each number is called once."""


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
    settings = {
        "name": name,
        "caller": _read(wrong, lambda: _caller(form.text("caller"), numbers)),
        "max_concurrent_calls": None if "max_concurrent_calls" in wrong else int(at_once),
        "include_metadata_in_prompt": form.is_checked("include_metadata_in_prompt"),
        "calling_hours": _read(wrong, lambda: _hours(form)),
        "tries": _read(wrong, lambda: _tries(form)),
    }
    return Entry(settings, wrong)


def of_campaign(campaign: Campaign | None) -> dict[str, Any]:
    """What the form shows of it; None: of a new one."""
    hours = campaign.calling_hours if campaign else None
    shown = hours or _SUGGESTED
    tries = (campaign.tries if campaign else None) or _ONCE
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
        "most": tries.most,
        "after_minutes": tries.after_minutes,
        "when": tries.when,
    }


def of_form(form: Form) -> dict[str, Any]:
    """What the form shows again after something was wrong: what was entered."""
    names = ("name", "caller", "max_concurrent_calls", "timezone", "from", "until", "most", "after_minutes")
    return {name: form.text(name) for name in names} | {
        "include_metadata_in_prompt": form.is_checked("include_metadata_in_prompt"),
        "hours": form.text("hours", ANY_HOUR),
        "days": form.several("days"),
        "when": form.several("when"),
    }


def _read(wrong: dict[str, str], read: Callable[[], _T]) -> _T | None:
    """What was read; None, and what is wrong beside the field with which its message begins."""
    try:
        return read()
    except InvalidInput as error:
        name, _, what = str(error).partition(": ")
        wrong[name] = sentence(what)
        return None


def _caller(entered: str, numbers: Collection[PhoneNumber]) -> PhoneNumber | None:
    """Raises InvalidInput, whose message begins with the field that is wrong."""
    if not entered:
        return None
    try:
        number = parse_number(entered)
    except InvalidInput as error:
        raise InvalidInput(f"caller: {str(error).removeprefix('phone: ')}") from None
    if number not in numbers:
        raise InvalidInput(f"caller: {number} was not found among your numbers")
    return number


def _hours(form: Form) -> CallingHours | None:
    """Raises InvalidInput, whose message begins with the field that is wrong."""
    if form.text("hours", ANY_HOUR) != SOME_HOURS:
        return None
    opens, closes = (form.text(name).zfill(len("09:00")) for name in ("from", "until"))
    return calling_hours(form.text("timezone"), form.several("days"), opens, closes)


def _tries(form: Form) -> Tries | None:
    """Raises InvalidInput, whose message begins with the field that is wrong."""
    if form.text("most", "1") == "1":
        return None
    return tries_of(_number(form, "most"), _number(form, "after_minutes"), form.several("when"))


def _number(form: Form, name: str) -> int:
    """What is no number is none that may be."""
    text = form.text(name)
    return int(text) if text.isdecimal() else 0
