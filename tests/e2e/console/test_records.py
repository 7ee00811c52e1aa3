"""The console's pages of what is recorded, with something in them, and a call that is heard."""

from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page, expect

from callcore.billing.allowance import RunningCall
from callcore.calls.call import Call, CallStatus, Checkpoint
from callcore.campaigns.calling_hours import CallingHours
from callcore.campaigns.campaign import Campaign, CampaignRecord, CampaignStatus, ordered_by
from callcore.campaigns.tries import Tries
from callcore.clock import SystemClock
from callcore.ids import CallId, CampaignId, SessionId
from callcore.phones.phone import Carrier, Phone, PhoneNumber
from callcore.telephony.outbound import never_answered
from callstore.files import FilesBlobStore
from callstore.sqlite.stores import SqliteStores
from infra.local.first_run import LOCAL_ACCOUNT
from tests.e2e.console.conftest import until
from tests.e2e.console.test_pages import PICTURES, WIDTHS, Reader, signed_in
from tests.e2e.stack import Stack
from tests.e2e.widget.axe import bring_axe
from tests.integration.console import recorded

pytestmark = [pytest.mark.full, pytest.mark.timeout(600)]
expect.set_options(timeout=30_000)

PATHS = (
    "calls",
    "calls?q=terrace",
    "calls?q=nothing+of+the+kind",
    "calls/s-table",
    "calls/s-live",
    "usage",
    "usage?days=7&split=part",
    "usage?measure=calls&days=90",
    "keys",
    "keys/new",
    "numbers",
    "numbers/15550100123",
    "numbers/new?carrier=vonage",
    "campaigns",
    "campaigns/new",
    "campaigns/-Spring",
    "campaigns/-Spring?status=failed",
    "campaigns/-Spring/settings",
    "campaigns/-Spring/records",
    "health",
)


def kept(name: str, began_s: float, **said: object) -> Call:
    return replace(recorded.call(name, began_s), account_id=LOCAL_ACCOUNT, **said)  # type: ignore[arg-type]


def record_calls(stack: Stack) -> None:
    """A month of calls, one that can be heard, one that goes on, and a number."""
    clock = SystemClock()
    now, blobs = clock.unix_s(), FilesBlobStore(stack.data_dir / "blobs")
    with SqliteStores(stack.data_dir / "parley.db", clock) as stores:
        for number in range(40):
            status = CallStatus.ERROR if number % 9 == 0 else CallStatus.AGENT_ENDED
            recorded.keep(stores, kept(f"s-{number}", now - 3_600 - number * 60_000, status=status))
        heard = recorded.keep(stores, recorded.record(blobs, kept("s-table", now - 600)))
        recorded.deliveries(stores, heard)
        worker_id = stores.workers.list_workers()[0].worker_id  # who beats, so that the call is not swept
        live = {
            "worker_id": worker_id,
            "status": CallStatus.IN_PROGRESS,
            "duration_s": None,
            "chat": None,
            "cost_breakdown": (),
        }
        recorded.keep(stores, kept("s-live", now - 60, **live, function_calls=()))
        session = SessionId("s-live")
        stores.checkpoints.save_checkpoint(Checkpoint(session, now, recorded.CHAT[:4], 10, recorded.METRICS))
        stores.running_calls.hold(RunningCall(LOCAL_ACCOUNT, session, "", now, now + 600))
        phone = Phone(LOCAL_ACCOUNT, PhoneNumber("+15550100123"), now, Carrier.TWILIO, tags=("main",))
        stores.phones.change_phone(LOCAL_ACCOUNT, phone.number, lambda _: phone)
        record_campaign(stores, phone.number)


def record_campaign(stores: SqliteStores, caller: PhoneNumber) -> None:
    """One that was stopped when a few of its numbers had been called; some wait for another try."""
    campaign = Campaign(
        CampaignId("-Spring"),
        LOCAL_ACCOUNT,
        "Reminders of May",
        1_790_000_000,
        caller=caller,
        calling_hours=CallingHours("Europe/Berlin", ("mon", "wed", "fri"), "09:00", "20:00"),
        tries=Tries(3, 60, (CallStatus.BUSY, CallStatus.NO_ANSWER)),
    )
    names = LOCAL_ACCOUNT, campaign.campaign_id
    stores.campaigns.change_campaign(*names, lambda _: replace(campaign, status=CampaignStatus.STARTED))
    records = [
        CampaignRecord(PhoneNumber(f"+1555010{number:04}"), {"userName": f"Guest {number}", "table": "the terrace"})
        for number in range(130)
    ]
    stores.campaign_records.put_records(*names, records)
    ends = (CallStatus.BUSY, CallStatus.NO_ANSWER, CallStatus.FAILED)
    for record, end in zip(records, ends, strict=False):
        call = Call(SessionId(f"s-{record.phone}"), CallId(record.phone), LOCAL_ACCOUNT, CallStatus.QUEUED, 1.0)
        call = ordered_by(campaign, replace(call, voip={"from": caller, "to": record.phone}), record)
        stores.dial_list.order_record(call, 10)
        stores.calls.finish_call(never_answered(call, end))
    stores.campaigns.change_campaign(*names, lambda _: replace(campaign, status=CampaignStatus.PAUSED))


@pytest.fixture(scope="module", autouse=True)
def calls(stack: Stack) -> None:
    record_calls(stack)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_is_whole_for_everybody(stack: Stack, browser: Browser, theme: str) -> None:
    context = browser.new_context(color_scheme="dark" if theme == "dark" else "light", reduced_motion="reduce")
    bring_axe(context)
    reader, problems = Reader(signed_in(context, stack)), []
    for path in PATHS:
        reader.open(f"{stack.connection['api_url']}/console/{path}")
        for opened in reader.page.locator("details").all():
            opened.evaluate("details => { details.open = !details.classList.contains('confirm') }")
        for name, width in WIDTHS.items():
            reader.page.set_viewport_size({"width": width, "height": 900})
            problems += reader.problems()
            shot = "".join(letter if letter.isalnum() else "-" for letter in path)
            reader.page.screenshot(path=PICTURES / f"recorded-{shot}.{theme}.{name}.png", full_page=True)
    context.close()
    assert problems == []


def heard_call(stack: Stack, browser: Browser) -> Page:
    page = signed_in(browser.new_context(viewport={"width": 1280, "height": 900}), stack)
    page.goto(f"{stack.connection['api_url']}/console/calls/s-table")
    page.locator("[data-wave] svg").wait_for()
    until(page, "document.querySelector('audio').readyState >= 1")
    # A sentence lasts long enough to be looked at.
    page.evaluate("document.querySelector('audio').playbackRate = 0.1")
    return page


def current_s(page: Page) -> float:
    return float(page.evaluate("document.querySelector('audio').currentTime"))


def test_a_message_leads_into_the_sound_and_the_sound_shows_its_message(stack: Stack, browser: Browser) -> None:
    page = heard_call(stack, browser)
    assert page.evaluate("document.querySelector('audio').duration") == 25
    page.get_by_role("link", name="Play from 0:14").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".said.current")).to_contain_text("Can we bring our dog?")
    assert 14.5 <= current_s(page) < 16.3
    until(page, "document.querySelector('audio').currentTime > 14.55")  # it plays
    page.evaluate("document.querySelector('audio').pause()")
    page.context.close()


def test_the_waveform_leads_into_the_sound(stack: Stack, browser: Browser) -> None:
    page = heard_call(stack, browser)
    box = page.locator("[data-wave]").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * 0.24, box["y"] + 20)  # 6 s of 25
    page.evaluate("document.querySelector('audio').pause()")
    assert 5.8 <= current_s(page) < 7.5
    expect(page.locator(".said.current")).to_contain_text("a table for two")
    played = float(page.locator("[data-wave] .played").get_attribute("width") or 0)
    assert played == pytest.approx(600 * current_s(page) / 25, abs=12)
    page.evaluate("document.querySelector('audio').currentTime = 4.2")
    expect(page.locator(".said.current")).to_have_count(0)  # nobody speaks
    page.context.close()


def test_a_campaign_is_filled_from_a_file_and_given_back_as_one(stack: Stack, browser: Browser) -> None:
    page = signed_in(browser.new_context(), stack)
    page.goto(f"{stack.connection['api_url']}/console/campaigns/new")
    page.get_by_role("textbox", name="Name").fill("Birthdays")
    page.get_by_role("button", name="Make it").click()
    wrong = b"phone;userName\r\n+15550007001;Zo\xc3\xab\r\nat home;Bo\r\n"
    page.get_by_label("A file").set_input_files({"name": "l.csv", "mimeType": "text/csv", "buffer": wrong})
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("line 3: phone: not a number")
    page.get_by_label("Or lines").fill(page.get_by_label("Or lines").input_value().replace("at home", "+15550007002"))
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("The numbers are added")
    expect(page.get_by_text("userName: Zoë")).to_be_visible()
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("alert")).to_contain_text("The campaign has no caller")
    with page.expect_download() as waited:
        page.get_by_role("link", name="Download as CSV").click()
    rows = waited.value.path().read_text(encoding="utf-8").splitlines()
    assert rows[1:] == ["+15550007001,not_started,,,,0,Zoë", "+15550007002,not_started,,,,0,Bo"]
    page.context.close()
