"""The console in a browser: a newcomer's way from the printed link to an agent of his own on a site."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page

from tests.e2e.console.conftest import printed_link, until
from tests.e2e.stack import Stack
from tests.peers.web import site

MOST_CLICKS = 12
GREETING = "you have reached our reception"


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write", "microphone"])
    context.set_default_timeout(20_000)
    yield context
    context.close()


@dataclass
class Newcomer:
    """Clicks, and counts."""

    clicks: int = 0

    def click(self, what: Locator) -> None:
        self.clicks += 1
        what.click()

    def hears_the_greeting(self, page: Page) -> None:
        self.click(page.get_by_role("button", name="Start"))
        page.get_by_role("log").get_by_text(GREETING).wait_for()


def test_a_newcomer_has_an_agent_of_his_own_on_his_site(stack: Stack, context: BrowserContext) -> None:
    newcomer, page = Newcomer(), context.new_page()
    newcomer.clicks += 1
    page.goto(printed_link(stack))
    newcomer.click(page.get_by_role("link", name="New agent"))
    newcomer.click(page.get_by_role("button", name="Create agent"))
    newcomer.click(page.get_by_role("link", name="Try", exact=True))
    newcomer.hears_the_greeting(page)
    page.locator("#state", has_text=re.compile("speaking|listening")).wait_for()
    newcomer.click(page.get_by_role("button", name="Stop"))
    newcomer.click(page.get_by_role("link", name="Embed", exact=True))
    newcomer.click(page.get_by_role("button", name="Make the snippet"))
    newcomer.click(page.get_by_role("button", name="Copy the snippet for Script"))
    until(page, "navigator.clipboard.readText().then(Boolean)")
    snippet = page.evaluate("navigator.clipboard.readText()")
    with site() as own_site:
        page.goto(own_site.page(snippet))
        newcomer.hears_the_greeting(page)
    assert newcomer.clicks < MOST_CLICKS
