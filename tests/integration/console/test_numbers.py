"""Numbers are imported, given to agents, tagged and forgotten."""

from dataclasses import replace

import pytest

from callcore.phones.phone import Carrier, Phone, PhoneNumber
from callcore.telephony.ports import CarrierRefused, CarrierUncertain
from callstore.sqlite.stores import SqliteStores
from tests.contract.ports import rows
from tests.integration.console import recorded
from tests.integration.console.browser import Browser, Page
from tests.integration.console.scripted_carrier import BEFORE, ScriptedCarrier

NUMBER = PhoneNumber("+15551234567")
TWILIO = {"account_sid": "AC1", "api_key": "SK1", "api_secret": "very-secret", "auth_token": "also-secret"}


def bring(ann: Browser, at: str = "twilio", **entered: object) -> Page:
    page = ann.open(f"/numbers/new?carrier={at}")
    return ann.send(page, "/numbers/new", **{"phones": "+1 (555) 123-4567"} | entered)


def stored(stores: SqliteStores, number: PhoneNumber = NUMBER) -> Phone:
    return stores.phones.get_phone(rows.ANN, number)


def test_without_numbers_the_page_says_what_to_do(ann: Browser) -> None:
    assert "No numbers yet" in ann.open("/numbers").text


def test_a_number_is_connected_with_its_agent_and_tags(
    ann: Browser, stores: SqliteStores, carrier: ScriptedCarrier
) -> None:
    recorded.agents(stores)
    page = bring(ann, **TWILIO, agent=recorded.DESK, tags="main, berlin, main")
    assert "Connected" in page.text
    assert "Trattoria Lucia" in page.text
    phone = stored(stores)
    assert (phone.carrier, phone.agent_id, phone.tags) == (Carrier.TWILIO, recorded.DESK, ("main", "berlin"))
    account, urls = carrier.claimed[NUMBER]
    assert (account.account, account.api_secret, account.signing_secret) == ("AC1", "very-secret", "also-secret")
    assert "/telephony/twilio/answer/acc_ann/" in urls.answer_url
    assert "very-secret" not in repr(phone)


def test_several_numbers_come_with_one_account(ann: Browser, stores: SqliteStores, carrier: ScriptedCarrier) -> None:
    bring(ann, "vonage", phones="+442071838750\r\n\r\n+49301234567,+15550001", api_key="k", api_secret="s")
    assert sorted(carrier.claimed) == ["+15550001", "+442071838750", "+49301234567"]
    assert all(phone.is_connected for phone in stores.phones.list_phones(rows.ANN))


def test_without_credentials_a_number_is_stored_only(
    ann: Browser, stores: SqliteStores, carrier: ScriptedCarrier
) -> None:
    page = bring(ann)
    assert "not connected" in page.text
    assert "stored only" in page.text
    assert (carrier.claimed, stored(stores).is_connected) == ({}, False)
    assert "Calls neither come nor go by it" in ann.open("/numbers/15551234567").text


WRONG: list[tuple[str, dict[str, object], str]] = [
    ("twilio", {"phones": ""}, "Write at least one number"),
    ("twilio", {"phones": "my phone"}, "not a number of the form"),
    ("twilio", {"phones": "\n".join(f"+1555000{number:04}" for number in range(21))}, "At most 20 numbers at once"),
    ("twilio", {"api_key": "SK1"}, "Api_secret: twilio needs it"),
    ("twilio", {"region": "mars"}, "Region: must be one of"),
    ("twilio", {"agent": "-Nobody"}, "agent -Nobody was not found"),
    ("twilio", {"tags": "x" * 65}, "Tags: at most 50"),
    ("twilio", {"carrier": "plivo", "api_key": "k"}, "can be stored, not connected"),
]


def test_what_is_wrong_is_said_and_nothing_is_stored(
    ann: Browser, stores: SqliteStores, carrier: ScriptedCarrier
) -> None:
    for name, entered, told in WRONG:
        page = bring(ann, name, **entered)
        assert (page.status, told.lower() in page.text.lower()) == (422, True), entered
        assert list(stores.phones.list_phones(rows.ANN)) == []
    assert carrier.claimed == {}
    assert bring(ann, carrier="bell").status == 400
    assert ann.open("/numbers/new?carrier=bell").status == 400


@pytest.mark.parametrize("failure", [CarrierRefused("twilio: 20404 no such number"), CarrierUncertain("no answer")])
def test_a_carrier_that_refuses_is_quoted_and_no_secret_is_sent_back(
    ann: Browser, stores: SqliteStores, carrier: ScriptedCarrier, failure: Exception
) -> None:
    carrier.failure = failure  # type: ignore[assignment]
    page = bring(ann, **TWILIO, tags="main")
    assert page.status == 422
    assert str(failure)[1:] in page.text
    assert 'value="AC1"' in page.html
    assert not any(secret in page.html for secret in ("very-secret", "also-secret"))
    assert list(stores.phones.list_phones(rows.ANN)) == []


def test_a_number_is_changed(ann: Browser, stores: SqliteStores) -> None:
    recorded.agents(stores)
    bring(ann, agent=recorded.DESK, tags="main")
    page = ann.open("/numbers/15551234567")
    assert page.form("/numbers/15551234567").fields[1:] == [
        ("agent", recorded.DESK),
        ("tags", "main"),
        ("override", ""),
    ]
    entered = {"agent": recorded.SUPPORT, "tags": "", "override": '{"language": "de"}'}
    assert "The number is changed" in ann.send(page, "/numbers/15551234567", **entered).text
    phone = stored(stores)
    assert (phone.agent_id, phone.tags, phone.agent_config_override) == (recorded.SUPPORT, (), {"language": "de"})
    ann.send(ann.open("/numbers/15551234567"), "/numbers/15551234567", agent="", override="")
    assert (stored(stores).agent_id, stored(stores).agent_config_override) == (None, None)


def test_a_change_that_cannot_be_is_said_and_what_was_entered_stands(ann: Browser, stores: SqliteStores) -> None:
    bring(ann)
    before = stored(stores)
    for entered, told in (
        ({"override": "{"}, "Not saved"),
        ({"override": "[1]"}, "no JSON object"),
        ({"override": '{"session_timeout": {"max_duration": "long"}}'}, "max_duration"),
        ({"agent": "-Nobody"}, "not found"),
        ({"tags": ",".join(str(number) for number in range(51))}, "at most 50"),
    ):
        page = ann.send(ann.open("/numbers/15551234567"), "/numbers/15551234567", **entered)
        assert (page.status, told in page.text) == (422, True), entered
    assert stored(stores) == before


def test_a_forgotten_number_is_as_before_at_its_carrier(
    ann: Browser, stores: SqliteStores, carrier: ScriptedCarrier
) -> None:
    bring(ann, **TWILIO)
    carrier.failure = CarrierUncertain("no answer")
    page = ann.open("/numbers/15551234567")
    assert ann.send(page, "/numbers/15551234567/delete").status == 400
    assert stored(stores).is_connected, "who does not answer may still send calls"
    carrier.failure = None
    assert "deleted here" in ann.send(page, "/numbers/15551234567/delete").text
    assert carrier.released == {NUMBER: BEFORE}
    assert ann.open("/numbers/15551234567").status == 404


def test_another_accounts_number_is_not_there(ann: Browser, stores: SqliteStores) -> None:
    theirs = replace(rows.phone(), account_id=rows.BOB)
    stores.phones.change_phone(rows.BOB, theirs.number, lambda _: theirs)
    assert "No numbers yet" in ann.open("/numbers").text
    assert ann.open(f"/numbers/{theirs.number}").status == 404


def test_tags_and_an_override_are_no_markup(ann: Browser, stores: SqliteStores) -> None:
    bad = "</textarea><script>alert(1)</script>"
    phone = replace(rows.phone(), tags=(bad,), agent_config_override={bad: bad}, region=bad, country=bad)
    stores.phones.change_phone(rows.ANN, phone.number, lambda _: phone)
    for path in ("/numbers", f"/numbers/{phone.number[1:]}"):
        page = ann.open(path)
        assert page.status == 200
        assert "<script>alert" not in page.html
