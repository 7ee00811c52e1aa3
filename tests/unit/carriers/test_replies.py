"""What is made of carriers' replies that lack what their documentation promises."""

from typing import Any

import pytest

from callcore.clock import SystemClock
from callcore.phones.phone import Carrier, PhoneNumber
from callcore.telephony.ports import CarrierAccount, CarrierUncertain, DialOrder, NumberUrls
from callnet.trust import usual_trust
from carriers.twilio import Twilio
from carriers.vonage import Vonage

ORDER = DialOrder(
    PhoneNumber("+15550001111"),
    PhoneNumber("+15550002222"),
    stream_url="wss://here.example/twilio",
    stream_parameters={},
    status_url="https://here.example/status",
    next_url="https://here.example/next",
    max_duration_s=60,
)
URLS = NumberUrls("https://here.example/answer", "https://here.example/status")
ACCOUNT = CarrierAccount(Carrier.TWILIO, "AC1", "key", "secret")
CARRIERS: dict[str, Twilio | Vonage] = {
    "twilio": Twilio("https://twilio.invalid", usual_trust),
    "vonage": Vonage(SystemClock(), "https://vonage.invalid", "https://vonage.invalid", usual_trust),
}
REPLIES: list[Any] = [
    None,
    [],
    "busy",
    {},
    {"calls": None, "incoming_phone_numbers": None, "numbers": None, "_embedded": None},
    {"calls": [{}], "incoming_phone_numbers": [{}], "numbers": [{}], "_embedded": {"calls": [{}]}},
]


@pytest.fixture(params=REPLIES, ids=str)
def reply(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    for carrier in (Twilio, Vonage):
        monkeypatch.setattr(carrier, "_ask", lambda *_, **__: request.param)
    monkeypatch.setattr("carriers.rest.Rest.ask", lambda *_, **__: request.param)
    return request.param


@pytest.mark.usefixtures("reply")
@pytest.mark.parametrize("name", CARRIERS)
def test_nobody_knows_what_became_of_a_call(name: str) -> None:
    carrier = CARRIERS[name]
    with pytest.raises(CarrierUncertain, match=name):
        carrier.place(ACCOUNT, ORDER)
    with pytest.raises(CarrierUncertain, match=name):
        carrier.find(ACCOUNT, ORDER, 0.0, ())


# Of an account without numbers Vonage documents an empty reply.
@pytest.mark.usefixtures("reply")
@pytest.mark.parametrize("reply", [reply for reply in REPLIES if reply], indirect=True, ids=str)
@pytest.mark.parametrize("name", CARRIERS)
def test_nor_whose_a_number_is(name: str) -> None:
    with pytest.raises(CarrierUncertain, match=name):
        CARRIERS[name].claim(ACCOUNT, PhoneNumber("+15550001111"), URLS)
