"""A form that the agent shows in mid-call: with keyboard and screen reader, closed, taken away, and styled."""

import base64
import json
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator

from tests.e2e.widget.conftest import OpenPage, Visit
from tests.peers.millis import MillisPeer, PeerCall

PageUrl = Callable[..., str]

FIELDS = [
    {"name": "fullName", "type": "string", "description": "", "required": True, "value": "Ann"},
    {"name": "email", "type": "string", "description": "Your e-mail address", "required": True, "value": None},
    {"name": "party", "type": "integer", "description": "Guests", "required": False, "value": 2},
    {"name": "outside", "type": "boolean", "description": "Outside, <b>please</b>", "required": False, "value": None},
]
FORM = {"description": "Your booking", "fields": FIELDS}


def shows(*call_ids: str) -> Callable[[PeerCall], Any]:
    """A session whose agent shows a form for each of these calls."""

    async def script(call: PeerCall) -> None:
        await call.ready()
        for call_id in call_ids:
            await call.say("onfunction", "", name="book", params={"party": 2}, call_id=call_id, form=FORM)
        await call.closed.wait()

    return script


def begun(visit: OpenPage, peer: MillisPeer, url: str, *call_ids: str) -> tuple[Visit, Locator]:
    peer.script = shows(*call_ids)
    visited = visit(url)
    visited.press()
    form = visited.page.get_by_role("form", name="Your booking")
    form.first.wait_for()
    return visited, form


def focused(visited: Visit) -> str:
    """The name of the field that has the focus, or the words of the button."""
    it = "document.activeElement.shadowRoot.activeElement"
    return str(visited.page.evaluate(f"{it}?.name || {it}?.innerText"))


def test_a_form_is_filled_in_with_the_keyboard_and_its_faults_are_told(
    visit: OpenPage, peer: MillisPeer, page_url: PageUrl
) -> None:
    visited, form = begun(visit, peer, page_url(), "c1")
    keyboard = visited.page.keyboard
    assert focused(visited) == "email", "the first field that is not known yet"
    keyboard.type("ann")
    keyboard.press("Tab")
    keyboard.type("many")
    keyboard.press("Enter")
    email, party = form.get_by_label("Your e-mail address"), form.get_by_label("Guests")
    assert [email.get_attribute("aria-invalid"), party.get_attribute("aria-invalid")] == ["true", "true"]
    assert focused(visited) == "email", "the first one that is wrong"
    error = form.locator(f"#{email.get_attribute('aria-describedby')}")
    assert (error.get_attribute("role"), "e-mail address" in error.inner_text()) == ("alert", True)
    assert peer.last.results == []
    email.fill("ann@example.com")
    assert error.inner_text() == "", "what is mended is no fault any more"
    party.fill("4")
    form.get_by_label("Outside, <b>please</b>").press("Space")
    form.get_by_role("button", name="Send").press("Enter")
    visited.until(lambda: bool(peer.last.results), "the form is answered")
    values = {"fullName": "Ann", "email": "ann@example.com", "party": 4, "outside": True}
    assert peer.last.results == [{"call_id": "c1", "values": values}]
    assert form.count() == 0
    assert focused(visited) == "Stop", "the focus is where it was before"
    assert visited.complaints == []


def test_closing_is_an_answer_and_a_form_that_is_no_longer_wanted_goes(
    visit: OpenPage, peer: MillisPeer, page_url: PageUrl
) -> None:
    visited, form = begun(visit, peer, page_url(), "c1", "c2", "c3")
    form.nth(2).wait_for()
    form.nth(0).get_by_label("Guests").press("Escape")
    form.nth(0).get_by_role("button", name="Close").click()
    visited.until(lambda: len(peer.last.results) == 2, "both are answered")
    assert peer.last.results == [{"call_id": "c1", "values": None}, {"call_id": "c2", "values": None}]
    call = peer.last
    call.connection.loop.call_soon_threadsafe(
        lambda: call.connection.loop.create_task(call.say("onfunctionended", {"call_id": "c3"}))
    )
    visited.until(lambda: form.count() == 0, "the form is taken away")
    assert len(call.results) == 2, "what is taken away is no answer"


def test_no_form_outlives_its_call(visit: OpenPage, peer: MillisPeer, page_url: PageUrl) -> None:
    visited, form = begun(visit, peer, page_url(), "c1")
    visited.press()
    visited.wait_for("idle")
    assert form.count() == 0
    assert peer.last.results == []


@pytest.mark.full
@pytest.mark.parametrize("resumed", [True, False])
def test_a_form_outlives_a_lost_connection_if_the_session_does(
    visit: OpenPage, peer: MillisPeer, page_url: PageUrl, resumed: bool
) -> None:
    async def again(call: PeerCall) -> None:
        await call.initiated.wait()
        await call.say("onready", session_id="session-2", resumed=resumed)
        if resumed:
            await call.say("onfunction", "", name="book", params={"party": 2}, call_id="c1", form=FORM)
        await call.say("ontranscript", "I am back", is_final=True)
        await call.closed.wait()

    visited, form = begun(visit, peer, page_url(), "c1")
    form.get_by_label("Your e-mail address").fill("ann@example.com")
    peer.script = again
    lost = peer.last
    lost.connection.loop.call_soon_threadsafe(lost.connection.transport.abort)
    visited.page.get_by_text("I am back").wait_for()
    assert form.count() == resumed
    if resumed:
        form.get_by_role("button", name="Send").click()
        visited.until(lambda: bool(peer.last.results), "the form is answered")
        assert peer.last.results[0]["values"]["email"] == "ann@example.com"
        assert lost.results == []


def test_a_page_may_show_the_form_itself(visit: OpenPage, peer: MillisPeer, page_url: PageUrl) -> None:
    peer.script = shows("c1")
    visited = visit(page_url())
    visited.page.evaluate("""addEventListener('parley:function', (event) => {
        event.preventDefault();
        event.target.answerForm(event.detail.callId, { fields: event.detail.form.fields.length });
    })""")
    visited.press()
    visited.until(lambda: bool(peer.calls and peer.last.results), "the page answers")
    assert peer.last.results == [{"call_id": "c1", "values": {"fields": 4}}]
    assert visited.page.get_by_role("form").count() == 0


def test_form_css_is_applied_and_the_smallest_frame_holds_the_form(
    visit: OpenPage, peer: MillisPeer, page_url: PageUrl
) -> None:
    look = base64.b64encode(zlib.compress(json.dumps({"formCss": "background: rgb(1, 2, 3)"}).encode())).decode()
    visited, form = begun(visit, peer, page_url(c=look), "c1")
    assert form.evaluate("(it) => getComputedStyle(it).backgroundColor") == "rgb(1, 2, 3)"
    visited.page.set_viewport_size({"width": 300, "height": 150})
    overflow = (
        "[document.documentElement.scrollWidth - innerWidth, document.documentElement.scrollHeight - innerHeight]"
    )
    assert visited.page.evaluate(overflow) == [0, 0]
    form.get_by_role("button", name="Send").scroll_into_view_if_needed()
    assert visited.complaints == []
