"""Campaigns are made, filled from tables, started, watched and taken away as tables."""

import csv
import io
from dataclasses import replace
from uuid import uuid4

import pytest

from callcore.calls.call import CallStatus
from callcore.campaigns.calling_hours import CallingHours
from callcore.campaigns.campaign import Campaign, CampaignRecord, CampaignStatus, RecordStatus
from callcore.campaigns.do_not_call import UnwantedNumber
from callcore.campaigns.tries import Tries
from callcore.ids import CampaignId
from callcore.phones.phone import PhoneNumber
from callstore.sqlite.stores import SqliteStores
from playground.forms import MAX_UPLOAD_KIB
from tests.contract.ports import rows
from tests.integration.console import recorded
from tests.integration.console.browser import Browser, Page

NUMBER = rows.phone().number
TABLE = "phone,userName\n+15550001,Ann\n+15550002,Bo\n"


@pytest.fixture
def path(ann: Browser, stores: SqliteStores) -> str:
    """Of a campaign that may be started."""
    recorded.agents(stores)
    phone = replace(rows.phone(), agent_id=recorded.DESK)
    stores.phones.change_phone(rows.ANN, phone.number, lambda _: phone)
    page = ann.send(ann.open("/campaigns/new"), "/campaigns/new", name="Spring", caller=NUMBER)
    assert "Now the numbers to call" in page.text
    return page.path.removeprefix("/console").removesuffix("/records")


def stored(stores: SqliteStores) -> Campaign:
    (campaign,) = stores.campaigns.list_campaigns(rows.ANN)
    return campaign


def listed(stores: SqliteStores) -> list[CampaignRecord]:
    return list(stores.campaign_records.list_records(rows.ANN, stored(stores).campaign_id))


def bring(ann: Browser, path: str, lines: str) -> Page:
    return ann.send(ann.open(f"{path}/records"), f"{path}/records", lines=lines)


def upload(ann: Browser, path: str, content: bytes) -> Page:
    """As a browser sends a form with a file."""
    form = ann.open(f"{path}/records").form(f"{path}/records")
    file = {"file": ("list.csv", content, "text/csv")}
    return Page(ann.client.post(form.action, data=dict(form.fields), files=file))


def test_without_campaigns_the_page_says_what_they_are(ann: Browser) -> None:
    assert "No campaigns yet" in ann.open("/campaigns").text


def test_a_campaign_is_made_and_changed(ann: Browser, stores: SqliteStores, path: str) -> None:
    made = stored(stores)
    assert (made.name, made.caller, made.max_concurrent_calls) == ("Spring", NUMBER, 10)
    page = ann.open(f"{path}/settings")
    assert f"{NUMBER}: Trattoria Lucia" in page.text
    entered = {"name": "Autumn", "caller": "", "max_concurrent_calls": "3", "include_metadata_in_prompt": "1"}
    assert "Saved" in ann.send(page, f"{path}/settings", **entered).text
    changed = stored(stores)
    assert (changed.name, changed.caller, changed.max_concurrent_calls) == ("Autumn", None, 3)
    assert changed.include_metadata_in_prompt
    assert "Autumn" in ann.open("/campaigns").text


@pytest.mark.parametrize(
    ("entered", "told"),
    [
        ({"name": ""}, "1 to 200 characters"),
        ({"max_concurrent_calls": "many"}, "from 1 to 1000"),
        ({"max_concurrent_calls": "0"}, "from 1 to 1000"),
        ({"caller": "+15559999"}, "not found among your numbers"),
        ({"hours": "some", "timezone": "Mars/Base"}, "Not known; it is an IANA name"),
        ({"caller": "home"}, "Not a number"),
    ],
)
def test_settings_that_cannot_be_are_said_and_what_was_entered_stands(
    ann: Browser, stores: SqliteStores, path: str, entered: dict[str, str], told: str
) -> None:
    before = stored(stores)
    page = ann.send(ann.open(f"{path}/settings"), f"{path}/settings", **{"name": "Autumn"} | entered)
    assert (page.status, told in page.text) == (422, True)
    assert dict(page.form(f"{path}/settings").fields)["name"] == entered.get("name", "Autumn")
    assert stored(stores) == before


def test_calling_hours_are_set_waited_for_and_taken_away(ann: Browser, stores: SqliteStores, path: str) -> None:
    """It is Friday, 09:00 in Berlin."""
    wanted = {"name": "Spring", "hours": "some", "from": "9:30", "until": "20:00", "timezone": "Europe/Berlin"}
    ann.send(ann.open(f"{path}/settings"), f"{path}/settings", **wanted)
    kept = stored(stores).calling_hours
    assert kept == CallingHours("Europe/Berlin", ("mon", "tue", "wed", "thu", "fri"), "09:30", "20:00")
    bring(ann, path, TABLE)
    page = ann.send(ann.open(path), f"{path}/start")
    assert "Mon, Tue, Wed, Thu, Fri, 09:30 to 20:00 (Europe/Berlin)" in page.text
    until = "until Friday, 15 January 2027, 09:30 (Europe/Berlin)"
    assert f"It waits for its calling hours, {until}" in page.text
    assert f"waits {until}" in ann.open("/campaigns").text
    page = ann.open(f"{path}/settings")
    assert dict(page.form(f"{path}/settings").fields)["hours"] == "some"
    ann.send(page, f"{path}/settings", hours="any")
    assert (stored(stores).calling_hours, "at any hour" in ann.open(path).text) == (None, True)


@pytest.mark.parametrize("content", [TABLE.encode(), b"\xef\xbb\xbf" + TABLE.replace(",", ";").encode()])
def test_a_file_brings_numbers_and_their_metadata(
    ann: Browser, stores: SqliteStores, path: str, content: bytes
) -> None:
    page = upload(ann, path, content)
    assert "The numbers are added" in page.text
    assert "userName: Ann" in page.text
    assert [(record.phone, record.metadata) for record in listed(stores)] == [
        ("+15550001", {"userName": "Ann"}),
        ("+15550002", {"userName": "Bo"}),
    ]


def test_wrong_lines_are_told_and_what_was_brought_is_not_lost(ann: Browser, stores: SqliteStores, path: str) -> None:
    text = "phone,userName\n+15550001,Ann\nhome,Bö\n"
    for page in (bring(ann, path, text), upload(ann, path, text.encode())):
        assert page.status == 422
        assert "line 3: phone: not a number" in page.text
        assert dict(page.form(f"{path}/records").fields)["lines"].strip() == text.strip()
        assert listed(stores) == []
        mended = ann.send(page, f"{path}/records", lines=text.replace("home", "+15550002"))
        assert "The numbers are added" in mended.text
        for record in listed(stores):
            ann.send(ann.open(path), f"{path}/records/{record.phone[1:]}/delete")


def test_an_empty_cell_at_the_end_of_a_spreadsheet_is_a_cell(ann: Browser, stores: SqliteStores, path: str) -> None:
    """Copied from one it comes with tabs."""
    text = "\n\nphone\tuserName\tcity\n+15550001\tAnn\t\n"
    for page in (bring(ann, path, text), upload(ann, path, text.encode())):
        assert "The numbers are added" in page.text
        assert [dict(record.metadata) for record in listed(stores)] == [{"userName": "Ann", "city": ""}]
    assert "line 5: phone" in upload(ann, path, text.encode() + b"home\tBo\t\n").text


def test_what_is_no_list_is_said(ann: Browser, stores: SqliteStores, path: str) -> None:
    assert "Choose a file" in bring(ann, path, "").text
    assert upload(ann, path, "phone\n+15550001\n".encode("utf-16")).status == 400
    large = upload(ann, path, b"+15550001\n" * (MAX_UPLOAD_KIB * 103))
    assert (large.status, "larger than 700 KiB" in large.text) == (422, True)
    form = ann.open(f"{path}/records").form(f"{path}/records")
    fields = dict(form.fields) | {"lines": "+15550001"}
    both = Page(ann.client.post(form.action, data=fields, files={"file": ("l.csv", b"+15550002", "text/csv")}))
    assert (both.status, "not both" in both.text) == (422, True)
    assert listed(stores) == []
    assert len(bring(ann, path, "\n".join(["phone", *["home"] * 30])).html.split("<li>line ")) == 21


def test_a_campaign_is_started_and_stopped(ann: Browser, stores: SqliteStores, path: str) -> None:
    page = ann.send(ann.open(path), f"{path}/start")
    assert (page.status, "Not started: The campaign has no records" in page.text) == (409, True)
    bring(ann, path, TABLE)
    page = ann.send(ann.open(path), f"{path}/start")
    assert "Started" in page.text
    assert stored(stores).status is CampaignStatus.STARTED
    assert "refresh" not in page.html
    assert 'http-equiv="refresh"' in ann.open(f"{path}?watch=1").html
    assert "Stopped" in ann.send(page, f"{path}/stop").text
    assert stored(stores).status is CampaignStatus.PAUSED


def test_a_campaign_that_was_stopped_during_its_last_call_is_finished_with_it(
    ann: Browser, stores: SqliteStores, path: str
) -> None:
    bring(ann, path, "+15550001")
    ann.send(ann.open(path), f"{path}/start")
    call = rows.ordered_call(listed(stores)[0], campaign_id=stored(stores).campaign_id)
    assert stores.dial_list.order_record(call, 10)
    assert "Finished" not in ann.send(ann.open(path), f"{path}/stop").text
    stores.calls.finish_call(replace(call, status=CallStatus.NO_ANSWER, duration_s=0, chat=()))
    assert "Finished" in ann.open("/campaigns").text
    assert "Finished" in ann.open(path).text


def test_progress_and_results_are_shown_and_taken_away(ann: Browser, stores: SqliteStores, path: str) -> None:
    bring(ann, path, TABLE)
    ann.send(ann.open(path), f"{path}/start")
    call = rows.ordered_call(listed(stores)[0], campaign_id=stored(stores).campaign_id)
    assert stores.dial_list.order_record(call, 10)
    assert "Being called" in ann.open(path).text
    stores.calls.finish_call(replace(call, status=CallStatus.NO_ANSWER, duration_s=0, chat=()))
    page = ann.open(path)
    assert "1 of 2" in page.text
    assert "No answer" in page.text
    assert f"/console/calls/{call.session_id}" in page.paths()
    assert "1 of 2" in ann.open("/campaigns").text
    waiting = ann.open(f"{path}?status=not_started")
    assert ("+15550002" in waiting.text, "+15550001" in waiting.text) == (True, False)
    table = list(csv.DictReader(io.StringIO(ann.open(f"{path}/results.csv").html)))
    assert [(row["phone"], row["result"], row["userName"]) for row in table] == [
        ("+15550001", "no-answer", "Ann"),
        ("+15550002", "", "Bo"),
    ]
    stores.do_not_call.put_number(rows.ANN, UnwantedNumber(PhoneNumber("+15550002"), 0.0))
    other = rows.ordered_call(listed(stores)[1], "s-2", campaign_id=stored(stores).campaign_id)
    assert not stores.dial_list.order_record(other, 10)
    assert "is not to be called" in ann.open(path).text


def test_a_number_is_called_again_where_that_is_wanted(ann: Browser, stores: SqliteStores, path: str) -> None:
    ann.send(ann.open(f"{path}/settings"), f"{path}/settings", name="Spring", most="2", after_minutes="30")
    assert stored(stores).tries == Tries(2, 30, (CallStatus.BUSY, CallStatus.NO_ANSWER))
    bring(ann, path, "+15550001")
    ann.send(ann.open(path), f"{path}/start")
    call = rows.ordered_call(listed(stores)[0], campaign_id=stored(stores).campaign_id)
    assert stores.dial_list.order_record(call, 10)
    stores.calls.finish_call(replace(call, status=CallStatus.NO_ANSWER, duration_s=0, chat=()))
    page = ann.open(path)
    for told in ("each up to 2 times", "No answer", "again from 15 Jan 2027, 08:30 UTC", "Take out", "0 of 1"):
        assert told in page.text


def test_a_number_leaves_the_list_with_its_call(ann: Browser, stores: SqliteStores, path: str) -> None:
    bring(ann, path, "+15550001")
    ann.send(ann.open(path), f"{path}/start")
    call = rows.ordered_call(listed(stores)[0], campaign_id=stored(stores).campaign_id)
    assert stores.dial_list.order_record(call, 10)
    stores.calls.finish_call(replace(call, status=CallStatus.NO_ANSWER, duration_s=0, chat=()))
    page = ann.open(f"/calls/{call.session_id}")
    assert "its number leaves the campaign’s list" in page.text
    ann.send(page, f"/calls/{call.session_id}/delete")
    page = ann.open(path)
    assert ("Their calls were deleted" in page.text, "+15550001" in page.text, "1 of 1" in page.text) == (
        True,
        False,
        True,
    )


def test_what_came_of_ten_thousand_passes_a_balancer(ann: Browser, stores: SqliteStores, path: str) -> None:
    """1 MB, of which base64 takes a quarter."""
    names = rows.ANN, stored(stores).campaign_id
    told = [rows.record(f"+1555{number:07}", userName=f"Nr. {number}", key=uuid4().hex) for number in range(10_000)]
    stores.campaign_records.put_records(*names, told)
    with ann.client.stream("GET", f"/console{path}/results.csv") as reply:
        assert sum(map(len, reply.iter_raw())) < 700_000
    plain = ann.client.get(f"/console{path}/results.csv", headers={"Accept-Encoding": "identity"})
    assert (plain.headers.get("content-encoding"), plain.text.count("\r\n")) == (None, 10_001)


def test_a_long_list_has_pages(ann: Browser, path: str) -> None:
    bring(ann, path, "\n".join(f"+1555{number:07}" for number in range(120)))
    first, second = ann.open(path), ann.open(f"{path}?page=2")
    assert [text in first.text for text in ("+15550000099", "+15550000100", "More")] == [True, False, True]
    assert [text in second.text for text in ("+15550000099", "+15550000100", "Back")] == [False, True, True]
    assert ann.open(f"{path}?page=0").status == 400


def test_why_a_campaign_failed_is_said(ann: Browser, stores: SqliteStores, path: str) -> None:
    failed = replace(stored(stores), status=CampaignStatus.FAILED, error_message="the number is gone")
    stores.campaigns.change_campaign(rows.ANN, failed.campaign_id, lambda _: failed)
    assert "It could not go on: the number is gone" in ann.open(path).text


def test_a_deleted_campaign_goes_with_its_list(ann: Browser, stores: SqliteStores, path: str) -> None:
    bring(ann, path, TABLE)
    assert "The campaign is deleted" in ann.send(ann.open(path), f"{path}/delete").text
    assert list(stores.campaigns.list_campaigns(rows.ANN)) == []
    assert ann.open(path).status == 404


def test_another_accounts_campaign_is_not_there(ann: Browser, stores: SqliteStores) -> None:
    theirs = Campaign(CampaignId("-Theirs"), rows.BOB, "Bob's", 0.0)
    stores.campaigns.change_campaign(rows.BOB, theirs.campaign_id, lambda _: theirs)
    stores.campaign_records.put_records(rows.BOB, theirs.campaign_id, [CampaignRecord(PhoneNumber("+15550009"))])
    assert "No campaigns yet" in ann.open("/campaigns").text
    for below in ("", "/settings", "/records", "/results.csv"):
        assert ann.open(f"/campaigns/-Theirs{below}").status == 404
    counts = stores.campaign_records.count_records(rows.BOB, theirs.campaign_id)
    assert counts[RecordStatus.NOT_STARTED] == 1
