"""How the console says things: outcomes, amounts, lengths of time. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from callcore.calls.call import Call, CallStatus, EndCode
from callcore.campaigns.calling_hours import DAYS as WEEK
from callcore.campaigns.calling_hours import CallingHours
from callcore.campaigns.campaign import CampaignStatus, RecordStatus
from callcore.deliveries.delivery import DeliveryState
from callcore.timezones import zone_of

_S = CallStatus


@dataclass(frozen=True)
class Word:
    """A label, and how it is meant: good, warn, bad, accent or nothing (classes of the style sheet)."""

    label: str
    tone: str = ""


OUTCOMES: Mapping[CallStatus, Word] = {
    _S.IN_PROGRESS: Word("Live", "accent"),
    _S.REGISTERED: Word("Registered"),
    _S.QUEUED: Word("Queued"),
    _S.DISPATCHING: Word("Being placed"),
    _S.PROVIDER_QUEUED: Word("Queued at the carrier"),
    _S.INITIATED: Word("Dialling"),
    _S.RINGING: Word("Ringing"),
    _S.USER_ENDED: Word("Caller hung up", "good"),
    _S.AGENT_ENDED: Word("Agent hung up", "good"),
    _S.API_ENDED: Word("Ended by API", "good"),
    _S.CHAT_COMPLETION: Word("Chat", "good"),
    _S.VOICEMAIL_HANGUP: Word("Voicemail: hung up", "warn"),
    _S.VOICEMAIL_MESSAGE: Word("Voicemail: message left", "good"),
    _S.TIMEOUT: Word("Time limit", "warn"),
    _S.CANCELED: Word("Canceled"),
    _S.BUSY: Word("Busy", "warn"),
    _S.NO_ANSWER: Word("No answer", "warn"),
    _S.FAILED: Word("Not connected", "bad"),
    _S.ERROR: Word("Failed", "bad"),
    _S.UNKNOWN: Word("Unknown"),
}
"""What became of a call."""

END_CODES: Mapping[EndCode, str] = {
    EndCode.WORKER_LOST: "The worker that served the call broke down; what was said until shortly before is kept.",
    EndCode.WORKER_SHUTDOWN: "The worker that served the call was shut down before the call was over.",
    EndCode.NEVER_STARTED: "Nobody began the registered call in time.",
}
"""Why a call ended."""

DELIVERIES: Mapping[DeliveryState, Word] = {
    DeliveryState.PENDING: Word("On its way", "accent"),
    DeliveryState.DELIVERED: Word("Delivered", "good"),
    DeliveryState.REFUSED: Word("Refused by the server", "bad"),
    DeliveryState.DISABLED: Word("Not sent: address disabled", "warn"),
    DeliveryState.DEAD: Word("Given up", "bad"),
}
"""What became of a webhook."""

CAMPAIGNS: Mapping[CampaignStatus, Word] = {
    CampaignStatus.IDLE: Word("Not started"),
    CampaignStatus.STARTED: Word("Calling", "accent"),
    CampaignStatus.PAUSED: Word("Stopped", "warn"),
    CampaignStatus.FINISHED: Word("Finished", "good"),
    CampaignStatus.FAILED: Word("Failed", "bad"),
}
"""How a campaign stands."""

RECORDS: Mapping[RecordStatus, Word] = {
    RecordStatus.NOT_STARTED: Word("Waiting"),
    RecordStatus.STARTED: Word("Being called", "accent"),
    RecordStatus.FINISHED: Word("Talked with", "good"),
    RecordStatus.FAILED: Word("Not reached", "warn"),
}
"""How one of its numbers stands."""

DAYS: Mapping[str, str] = dict(
    zip(WEEK, ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"), strict=True)
)
"""The days of calling hours."""

_CENTS = 100


def end_reason(call: Call) -> str | None:
    """Why the call ended, as a sentence; None when its outcome says it all."""
    told = call.error_message
    if not told or told in set(CallStatus):
        return None
    return END_CODES[EndCode(told)] if told in set(EndCode) else told


def hours(calling: CallingHours) -> str:
    """Calling hours in a line."""
    days = "every day" if len(calling.days) == len(WEEK) else ", ".join(DAYS[day][:3] for day in calling.days)
    return f"{days}, {calling.opens} to {calling.closes} ({calling.timezone})"


def local_moment(unix_s: float, timezone: str) -> str:
    """A time as a clock shows it there; in UTC where the time zone is not known."""
    local = datetime.fromtimestamp(unix_s, zone_of(timezone) or UTC)
    return f"{local:%A}, {local.day} {local:%B %Y, %H:%M} ({timezone})"


def length(seconds: float | None) -> str:
    """A length of time as people read it: 0:07, 12:30, 1:02:03; a dash when there is none."""
    if seconds is None:
        return "–"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def money(cents: float | None) -> str:
    """US cents as dollars, to a hundredth of a cent where it is less than a dollar; a dash when there is none."""
    if cents is None:
        return "–"
    dollars = float(cents) / _CENTS
    return f"${dollars:,.2f}" if dollars >= 1 or dollars == 0 else f"${dollars:.4f}"


def milliseconds(value: float) -> str:
    """A wait."""
    return f"{value:,.0f} ms"


def minutes(value: float) -> str:
    """So many."""
    return f"{value:,.1f} min" if 0 < value < 100 else f"{value:,.0f} min"


def count(value: float) -> str:
    """A number of things."""
    return f"{value:,.0f}" if value == round(value) else f"{value:,.2f}"


def sentence(text: str) -> str:
    """A phrase as a sentence."""
    return f"{text[:1].upper()}{text[1:]}."


def harmless(text: str) -> str:
    """A cell of a table: a spreadsheet takes one that begins like this for a formula (OWASP, CSV injection)."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r", "\n") else text


def as_json(value: Any) -> str:
    """A value as it may be read."""
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)


def as_text(value: Any) -> str:
    """Text as it is, anything else as JSON."""
    return value if isinstance(value, str) else as_json(value)
