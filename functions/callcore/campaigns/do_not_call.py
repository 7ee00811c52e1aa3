"""Who asked in a call not to be called any more: no campaign of the account calls that number again. Pure."""

from dataclasses import dataclass

from callcore.calls.call import Call
from callcore.errors import InvalidInput
from callcore.phones.phone import PhoneNumber, parse_number


@dataclass(frozen=True)
class UnwantedNumber:
    """A number that is not to be called."""

    phone: PhoneNumber
    since: float
    """When that was said last (unix seconds)."""


def was_asked_for(ended: Call) -> bool:
    """Whether the person said so in the call; its agent must have been told to notice it."""
    return bool((ended.call_analysis or {}).get("opt_out_detection"))


def unwanted_by(ended: Call) -> UnwantedNumber | None:
    """The number of whoever said so in the call; None when nobody did, or his number was not told."""
    if not was_asked_for(ended):
        return None
    voip = ended.voip or {}
    try:
        phone = parse_number(str(voip.get("to" if voip.get("direction") == "outbound" else "from")))
    except InvalidInput:
        return None
    return UnwantedNumber(phone, ended.started_at + (ended.duration_s or 0))
