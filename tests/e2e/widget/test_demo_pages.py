"""The demo pages: what a site owner may copy works, and axe finds nothing on it."""

import pytest
from playwright.sync_api import Locator

from tests.e2e.widget.axe import bring_axe, violations
from tests.e2e.widget.conftest import OpenPage, Visit
from tests.e2e.widget.demo import PAGES, serve_demo
from tests.e2e.widget.test_states import PICTURES
from tests.peers.millis import MillisPeer
from tests.peers.web import Site


@pytest.fixture
def demo(other_site: Site, pages: str, peer: MillisPeer) -> str:
    return serve_demo(other_site, pages, peer)


def call(visited: Visit, peer: MillisPeer, widget: Locator) -> None:
    """A whole call, short as it is."""
    calls = len(peer.calls)
    widget.locator(".talk").click()
    widget.locator('[data-face="running"]').wait_for()
    widget.locator(".talk").click()
    widget.locator('[data-face="idle"]').wait_for()
    assert len(peer.calls) == calls + 1
    assert "live" not in visited.microphones()


def looked_at(visited: Visit, name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    visited.page.screenshot(path=PICTURES / f"demo-{name}.png", full_page=True, animations="disabled")
    assert violations(visited.page) == []


def opened(visit: OpenPage, url: str) -> Visit:
    return visit(url, prepare=bring_axe, viewport={"width": 1_000, "height": 700})


def test_every_page_is_tried() -> None:
    assert {path.rsplit("/", 1)[-1] for path in PAGES} == {
        "webflow.html",
        "spa.html",
        "dark.html",
        "strict-csp.html",
        "rtl.html",
    }


def test_a_site_builders_page_with_iframe_and_script(visit: OpenPage, peer: MillisPeer, demo: str) -> None:
    visited = opened(visit, demo + "webflow.html")
    frame = visited.page.frame_locator("iframe")
    frame.locator(".talk").click()
    frame.locator('[data-face="running"]').wait_for()
    assert peer.last.initiate["metadata"] == {"userName": "Ann"}
    frame.locator(".talk").click()
    frame.locator('[data-face="idle"]').wait_for()
    call(visited, peer, visited.page.locator("parley-call"))
    looked_at(visited, "webflow")
    assert visited.complaints == []


def test_a_single_page_app_puts_elements_in_and_takes_them_out(visit: OpenPage, peer: MillisPeer, demo: str) -> None:
    visited = opened(visit, demo + "spa.html")
    view, widgets = visited.page.get_by_role("navigation"), visited.page.locator("parley-call")
    view.get_by_text("Two teams").click()
    call(visited, peer, widgets.nth(0))
    call(visited, peer, widgets.nth(1))
    assert [one.initiate["metadata"] for one in peer.calls] == [{"team": "sales"}, {"team": "service"}]
    looked_at(visited, "spa-two")
    widgets.nth(0).locator(".talk").click()
    widgets.nth(0).locator('[data-face="running"]').wait_for()
    view.get_by_text("Home").click()
    visited.until(lambda: "live" not in visited.microphones(), "who leaves the view ends its call")
    view.get_by_text("Support").click()
    call(visited, peer, widgets.first)
    looked_at(visited, "spa-support")
    assert visited.complaints == []


def test_a_launcher_on_a_dark_page_by_keyboard(visit: OpenPage, peer: MillisPeer, demo: str) -> None:
    visited = opened(visit, demo + "dark.html")
    page, keyboard = visited.page, visited.page.keyboard
    focused = "document.activeElement.shadowRoot?.activeElement?.innerText || document.activeElement.localName"
    page.get_by_role("button", name="Talk to us").wait_for()
    keyboard.press("Tab")
    keyboard.press("Tab")
    assert page.evaluate(focused) == "Talk to us"
    keyboard.press("Enter")
    visited.until(lambda: page.evaluate(focused) == "Start", "the focus is in the panel")
    looked_at(visited, "dark-open")
    keyboard.press("Enter")
    visited.until(lambda: page.evaluate(focused) == "Agree and start", "the terms come first")
    keyboard.press("Enter")
    visited.wait_for("running")
    keyboard.press("Escape")
    assert page.evaluate(focused) == "In a call", "Esc closes the panel, not the call"
    assert visited.microphones() == ["live"]
    keyboard.press("Enter")
    page.get_by_role("button", name="Stop").press("Enter")
    visited.wait_for("idle")
    page.get_by_role("button", name="Remove").click()
    assert page.get_by_role("button").count() == 0
    assert visited.complaints == []


def test_a_page_with_a_strict_policy_and_frozen_prototypes(visit: OpenPage, peer: MillisPeer, demo: str) -> None:
    visited = opened(visit, demo + "strict-csp.html")
    call(visited, peer, visited.page.locator("parley-call"))
    call(visited, peer, visited.page.locator("parley-call"))
    looked_at(visited, "strict-csp")
    assert visited.complaints == []


def test_a_page_from_right_to_left(visit: OpenPage, peer: MillisPeer, demo: str) -> None:
    visited = opened(visit, demo + "rtl.html")
    full, compact = visited.page.locator("parley-call").all()
    launcher = compact.get_by_role("button")
    launcher.wait_for()
    box = launcher.bounding_box()
    assert box is not None
    assert box["x"] < 100, "at the end of the line, which is on the left"
    full.get_by_role("textbox").fill("مرحبا")
    full.get_by_role("textbox").press("Enter")
    full.locator('[data-face="running"]').wait_for()
    visited.until_equal(lambda: peer.last.others, [("user_text", "مرحبا")])
    looked_at(visited, "rtl")
    assert visited.complaints == []
