"""A stack and a browser for each module of the console."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.e2e.speech import silence, speak, write_wav
from tests.e2e.stack import Stack, running
from tests.e2e.test_page_conversation import launch

FLAGS = (
    "--no-sandbox",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
)
QUESTION = "what are your opening hours"
GREETING_S = 7.0
"""The user lets the agent finish."""


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
def talker(tmp_path: Path) -> Iterator[Browser]:
    """A browser whose user asks the question when he has heard the greeting."""
    wav = write_wav(tmp_path / "user.wav", silence(GREETING_S) + speak(QUESTION) + silence(30.0))
    with sync_playwright() as playwright:
        yield launch(playwright, *FLAGS, f"--use-file-for-fake-audio-capture={wav}%noloop")


def until(page: Page, true: str) -> None:
    """The policy of the console's pages forbids what Playwright would wait with."""
    for _ in range(100):
        if page.evaluate(true):
            return
        page.wait_for_timeout(100)
    raise TimeoutError(true)


def printed_link(stack: Stack) -> str:
    """What `make run` prints for the console."""
    assert stack.process.stdout is not None
    for line in stack.process.stdout:
        if "/console/sign-in/link?" in line:
            return line.strip()
    raise AssertionError("no link was printed")
