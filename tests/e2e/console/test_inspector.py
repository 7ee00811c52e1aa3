"""What the console shows beside a call that is tried."""

import re

import pytest
from playwright.sync_api import Browser

from tests.e2e.console.conftest import QUESTION
from tests.e2e.stack import Stack


@pytest.mark.full
def test_a_spoken_turn_is_seen_in_the_inspector(stack: Stack, talker: Browser) -> None:
    """Its transcript, and what the wait for its answer went into."""
    page = talker.new_page(permissions=["microphone"])
    page.set_default_timeout(30_000)
    page.goto(f"{stack.connection['api_url']}/console/sign-in")
    page.get_by_label("Private key").fill(stack.connection["private_key"])
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Front desk (demo)", exact=True).click()
    page.get_by_role("link", name="Try", exact=True).click()
    page.get_by_label("Metadata of the next call").fill("userName: Zoë")
    page.get_by_role("button", name="Start").click()
    log = page.get_by_role("log")
    log.get_by_text("Hi Zoë").wait_for()
    log.get_by_text(QUESTION).wait_for()
    log.get_by_text("from nine to nine").wait_for()
    wait = page.locator("#waits li")
    wait.wait_for()
    picture = wait.get_by_role("img").get_attribute("aria-label") or ""
    assert re.match(r"\d+ ms: endpointing 0 to \d+ ms, llm \d+ to \d+ ms, tts \d+ to \d+ ms", picture)
    assert re.fullmatch(r"[0-9a-f-]{36}", page.locator("#session").inner_text())
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("link", name="Open its record").click()
    page.get_by_text(QUESTION).first.wait_for()
