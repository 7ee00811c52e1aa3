import pytest

from callcore.phones.answered_by import AnsweredBy, answered_by
from callcore.phones.phone import Carrier


@pytest.mark.parametrize(
    ("carrier", "words", "meant"),
    [
        (Carrier.TWILIO, ("human",), AnsweredBy.HUMAN),
        (Carrier.TWILIO, ("machine_start",), AnsweredBy.MACHINE),
        (Carrier.TWILIO, ("machine_end_beep",), AnsweredBy.BEEP),
        (Carrier.TWILIO, ("machine_end_silence",), AnsweredBy.GREETING_OVER),
        (Carrier.TWILIO, ("machine_end_other",), AnsweredBy.GREETING_OVER),
        (Carrier.TWILIO, ("fax",), AnsweredBy.FAX),
        (Carrier.TWILIO, ("unknown",), None),
        (Carrier.TWILIO, ("",), None),
        (Carrier.VONAGE, ("human",), AnsweredBy.HUMAN),
        (Carrier.VONAGE, ("machine",), AnsweredBy.MACHINE),
        (Carrier.VONAGE, ("machine", "beep_start"), AnsweredBy.BEEP),
        (Carrier.VONAGE, ("machine", "beep_timeout"), AnsweredBy.GREETING_OVER),
        (Carrier.VONAGE, ("machine", "a state of next year"), None),
        (Carrier.VONAGE, ("answered",), None),
    ],
)
def test_the_carriers_words(carrier: Carrier, words: tuple[str, ...], meant: AnsweredBy | None) -> None:
    assert answered_by(carrier, *words) is meant
