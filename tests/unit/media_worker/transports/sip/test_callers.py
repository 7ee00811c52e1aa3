import pytest

from media_worker.transports.sip.callers import MAX_HEADERS, caller_of, transfer_target
from media_worker.transports.sip.framing import frame_datagram
from media_worker.transports.sip.message import Request
from media_worker.transports.sip.reading import read
from tests.unit.media_worker.transports.sip.corpora import OWN, invite


def request(*fields: str, sender: str = "") -> Request:
    data = invite(*fields)
    if sender:
        data = data.replace(b'"Ann" <sip:+15551230001@192.0.2.7>', sender.encode())
    frame = frame_datagram(data)
    message = read(frame) if frame else None
    assert isinstance(message, Request)
    return message


ASSERTED = 'P-Asserted-Identity: "A" <sip:+1555-777-0001@x>, <tel:+15557770002>'


@pytest.mark.parametrize(
    ("fields", "sender", "trusted", "number"),
    [
        ((), "", False, "+15551230001"),
        ((ASSERTED,), "", False, "+15551230001"),
        ((ASSERTED,), "", True, "+15557770001"),
        (("Remote-Party-ID: <sip:15557770003@x>;party=calling",), "", True, "+15557770003"),
        (("P-Asserted-Identity: <sip:broken",), "", True, "+15551230001"),
        (("P-Asserted-Identity: <sip:anonymous@x>",), "", True, "+15551230001"),
        ((), "<sip:anonymous@anonymous.invalid>", True, None),
        ((), "<sip:ext-100@pbx>", True, None),
        ((), "<sip:100@pbx>", True, None),
        ((), "<tel:+15551230009;phone-context=x>", True, "+15551230009"),
    ],
)
def test_who_calls(fields: tuple[str, ...], sender: str, trusted: bool, number: str | None) -> None:
    assert caller_of(request(*fields, sender=sender), trusted=trusted).from_phone == number


def test_whom_he_dialled() -> None:
    assert caller_of(request(), trusted=False).to_phone is None
    diverted = ("Diversion: <sip:+15550002222@x>;reason=no-answer", "Diversion: <sip:+15550001111@x>")
    assert caller_of(request(*diverted), trusted=False).to_phone == "+15550001111"


def test_headers_of_ones_own_are_taken_up_to_a_bound() -> None:
    fields = [f"X-Name-{number}: {number}" for number in range(MAX_HEADERS + 5)]
    headers = caller_of(request("x-long: " + 300 * "ä", *fields), trusted=False).headers
    assert len(headers) == MAX_HEADERS
    assert headers["x-long"] == 128 * "ä"
    assert headers["X-Name-0"] == "0"


def test_whether_the_caller_can_be_handed_over() -> None:
    assert caller_of(request(), trusted=False).takes_refer
    assert caller_of(request("Allow: INVITE, refer"), trusted=False).takes_refer
    assert not caller_of(request("Allow: INVITE, ACK"), trusted=False).takes_refer


def test_his_own_company_is_asked_for_the_number() -> None:
    assert transfer_target(request(), "+15559") == "sip:+15559@192.0.2.7"
    assert transfer_target(request(sender="<sip:a@pbx.example:5080>"), "+15559") == "sip:+15559@pbx.example:5080"
    assert transfer_target(request(sender="<tel:+15551230001>"), "+15559") == "tel:+15559"
    assert OWN
