"""The terms that a visitor agrees to before the first call."""

import pytest
from playwright.sync_api import BrowserContext

from tests.e2e.widget.conftest import OpenPage, Visit
from tests.peers.millis import MillisPeer
from tests.peers.web import Site


def page(pages: str, peer: MillisPeer, attributes: str, terms: str = "") -> str:
    return (
        f'<script src="{pages}/embed.js"></script><parley-call agent-id="-Abc" public-key="KEY" '
        f'media-url="{peer.url}" {attributes}>{terms}</parley-call>'
    )


def asked(visited: Visit) -> bool:
    """Whether a press brings up the terms instead of a call."""
    visited.press()
    visited.page.locator('.consent:not([hidden]), .call[data-face="running"]').first.wait_for()
    return visited.page.locator(".consent").is_visible()


def test_nobody_is_called_before_the_visitor_has_agreed(
    visit: OpenPage, peer: MillisPeer, pages: str, other_site: Site
) -> None:
    text = 'consent-text="Calls are recorded."'
    visited = visit(other_site.page(page(pages, peer, text)))
    terms = visited.page.get_by_role("group", name="Before you start")
    focused = "document.activeElement.shadowRoot.activeElement.innerText"
    assert asked(visited)
    assert terms.get_by_text("Calls are recorded.").is_visible()
    assert visited.page.evaluate(focused) == "Agree and start"
    visited.page.keyboard.press("Escape")
    assert not terms.is_visible()
    assert visited.page.evaluate(focused) == "Start", "the focus is where it was"
    assert asked(visited)
    terms.get_by_role("button", name="Not now").click()
    visited.page.evaluate("document.querySelector('parley-call').start()")
    assert terms.is_visible(), "a page cannot agree for its visitor"
    assert peer.calls == []
    assert visited.microphones() == []
    terms.get_by_role("button", name="Agree and start").click()
    visited.wait_for("running")
    visited.press()
    assert not asked(visited)

    def comes_back(attributes: str) -> bool:
        other_site.page(page(pages, peer, attributes))
        visited.page.reload()
        return asked(visited)

    assert not comes_back(text), "who has agreed is not asked again"
    assert comes_back('consent-text="Calls are recorded and sold."'), "other terms are"
    assert comes_back(f'{text} consent-version="2"')
    terms.get_by_role("button", name="Agree and start").click()
    visited.wait_for("running")
    assert not comes_back('consent-text="Calls are recorded!" consent-version="2"'), "a version stands for its terms"


@pytest.mark.parametrize("variant", ["button", "compact"])
def test_terms_may_be_of_the_pages_own_html(
    visit: OpenPage, peer: MillisPeer, pages: str, other_site: Site, variant: str
) -> None:
    terms = '<div slot="consent">See our <a href="/privacy">privacy policy</a>.</div>'
    visited = visit(other_site.page(page(pages, peer, f'variant="{variant}"', terms)))
    if variant == "compact":
        visited.page.get_by_role("button", name="Talk to us").wait_for()
        visited.page.evaluate("document.querySelector('parley-call').start()")
    else:
        visited.press()
    visited.page.get_by_role("link", name="privacy policy").wait_for()
    visited.page.get_by_role("button", name="Agree and start").click()
    visited.wait_for("running")
    assert visited.complaints == []


@pytest.mark.full
def test_terms_that_could_not_be_loaded_are_asked_for_again_by_the_next_press(
    visit: OpenPage, peer: MillisPeer, pages: str, other_site: Site
) -> None:
    def failing_once(context: BrowserContext) -> None:
        context.route("**/element/consent.js", lambda route: route.abort(), times=1)

    url = other_site.page(page(pages, peer, 'consent-text="Calls are recorded."'))
    visited = visit(url, prepare=failing_once)
    visited.press()
    visited.until(lambda: len(visited.complaints) > 0, "a complaint")
    assert asked(visited)
    assert peer.calls == []


@pytest.mark.full
def test_who_has_agreed_is_not_asked_again_on_the_page_though_its_storage_is_full(
    visit: OpenPage, peer: MillisPeer, pages: str, other_site: Site
) -> None:
    def full(context: BrowserContext) -> None:
        context.add_init_script(
            "Storage.prototype.setItem = () => { throw new DOMException('', 'QuotaExceededError'); }"
        )

    visited = visit(other_site.page(page(pages, peer, 'consent-text="Calls are recorded."')), prepare=full)
    assert asked(visited)
    visited.page.get_by_role("button", name="Agree and start").click()
    visited.wait_for("running")
    visited.press()
    visited.wait_for("idle")
    assert not asked(visited)
