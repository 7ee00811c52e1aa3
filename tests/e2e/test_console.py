"""The console in a browser: a newcomer's way from the printed link to an agent of his own on a site."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, sync_playwright

from tests.e2e.stack import Stack, running
from tests.e2e.test_page_conversation import launch
from tests.peers.web import site

MOST_CLICKS = 12
GREETING = "you have reached our reception"
FLAGS = (
    "--no-sandbox",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One of its own: the link of another may be too old by now."""
    with running(tmp_path_factory.mktemp("console")) as started:
        yield started


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        yield launch(playwright, *FLAGS)


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write", "microphone"])
    context.set_default_timeout(20_000)
    yield context
    context.close()


def printed_link(stack: Stack) -> str:
    assert stack.process.stdout is not None
    for line in stack.process.stdout:
        if "/console/sign-in/link?" in line:
            return line.strip()
    raise AssertionError("no link was printed")


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


def test_a_newcomer_has_an_agent_of_his_own_on_his_site(stack: Stack, context: BrowserContext, tmp_path: Path) -> None:
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
    snippet = page.evaluate("navigator.clipboard.readText()")
    with site() as own_site:
        page.goto(own_site.page(snippet))
        newcomer.hears_the_greeting(page)
    assert newcomer.clicks < MOST_CLICKS
