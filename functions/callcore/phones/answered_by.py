"""What a carrier's own detection of machines says of whoever answered a call that we place (telephony.md 5.1).

It is a hint: carriers take people for machines, and say so when they have talked for a while already.
"""

from collections.abc import Mapping
from enum import StrEnum

from callcore.phones.phone import Carrier


class AnsweredBy(StrEnum):
    """Who, or what of it has been heard."""

    HUMAN = "human"
    MACHINE = "machine"
    GREETING_OVER = "greeting-over"
    """A machine's, as it seems."""
    BEEP = "beep"
    """Of a machine, and it is over."""
    FAX = "fax"


_TWILIO: Mapping[str, AnsweredBy] = {
    "human": AnsweredBy.HUMAN,
    "machine_start": AnsweredBy.MACHINE,
    "machine_end_beep": AnsweredBy.BEEP,
    "machine_end_silence": AnsweredBy.GREETING_OVER,
    "machine_end_other": AnsweredBy.GREETING_OVER,
    "fax": AnsweredBy.FAX,
}
"""`AnsweredBy`; `unknown` says nothing."""
_VONAGE: Mapping[tuple[str, str], AnsweredBy] = {
    ("human", ""): AnsweredBy.HUMAN,
    ("machine", ""): AnsweredBy.MACHINE,
    ("machine", "beep_start"): AnsweredBy.BEEP,
    ("machine", "beep_timeout"): AnsweredBy.GREETING_OVER,
}
"""`status` and `sub_state`."""


def answered_by(carrier: Carrier, word: str, detail: str = "") -> AnsweredBy | None:
    """What the carrier's words say; None: nothing."""
    return _TWILIO.get(word) if carrier is Carrier.TWILIO else _VONAGE.get((word, detail))
