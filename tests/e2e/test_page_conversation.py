"""The page of the demo agent in a real browser, with real speech at a fake microphone."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Frame, Page, Playwright, sync_playwright

from tests.e2e.speech import at_wire_rate, recognise, silence, speak, write_wav
from tests.e2e.stack import Stack
from tests.e2e.test_conversation import FALLBACK, GREETINGS, HOURS, SENTENCES
from tests.e2e.widget.recorder import UNDER_NO_POLICY, record_pages
from tests.peers.web import site

CHROMIUM = "/usr/bin/chromium"
GREETING_S, ANSWER_S = 7.0, 8.0
"""The user lets the agent finish."""
QUESTION = "what are your opening hours"
NONSENSE = "the purple elephant sings beneath a frozen waterfall"


KEPT = """window.said = [];
    addEventListener('parley:ready', ({ detail }) => { window.call = detail; });
    addEventListener('parley:transcript', ({ detail }) => { said.push(detail); });
    addEventListener('parley:agentstate', ({ detail }) => { window.agentState = detail.state; });"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    spoken = silence(GREETING_S) + speak(QUESTION) + silence(ANSWER_S) + speak(NONSENSE) + silence(20.0)
    wav = write_wav(tmp_path_factory.mktemp("audio") / "user.wav", spoken)
    flags = (
        "--no-sandbox",
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={wav}%noloop",
        "--autoplay-policy=no-user-gesture-required",
    )
    with sync_playwright() as playwright:
        yield launch(playwright, *flags)


def launch(playwright: Playwright, *flags: str) -> Browser:
    return playwright.chromium.launch(executable_path=CHROMIUM, args=list(flags))


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[[str], Page]]:
    with ExitStack() as stack:

        def opened(url: str) -> Page:
            context = browser.new_context(**UNDER_NO_POLICY)
            stack.callback(context.close)
            record_pages(context)
            context.add_init_script(KEPT)
            page = context.new_page()
            page.set_default_timeout(30_000)
            page.goto(url)
            return page

        yield opened


def talk(widget: Page | Frame, until: str) -> tuple[str, str]:
    """Press the button, let the microphone's file play until that reply was heard, press again.

    Returns the transcript and what was heard.
    """
    button = widget.get_by_role("button").first
    button.click()
    log = widget.get_by_role("log")
    log.get_by_text(until, exact=False).first.wait_for()
    widget.wait_for_function("(text) => said.some((one) => one.isFinal && one.text.includes(text))", arg=until)
    widget.wait_for_function("agentState === 'idle'")
    button.click()
    widget.locator('.call[data-face="idle"]').first.wait_for()
    samples, rate_hz = widget.evaluate("[window.heard.samples(), window.heard.rateHz]")
    return log.inner_text(), recognise(at_wire_rate(samples, rate_hz), SENTENCES)


def assert_stored(stack: Stack, session_id: str) -> None:
    call = stack.ended_call(session_id)
    assert call["call_status"] == "user-ended"
    assert call["metadata"] == {"userName": "Ann"}
    assert QUESTION in call["chat"]
    assert call["duration"] >= 10


def session_of(widget: Page | Frame) -> str:
    """The id that the element tells its page."""
    return str(widget.evaluate("window.call.sessionId"))


def test_the_page_holds_a_spoken_conversation(stack: Stack, open_page: Callable[[str], Page]) -> None:
    page = open_page(stack.connection["page_url"] + "&userName=Ann")
    text, heard = talk(page, until="I did not catch that")
    for line in ("Hi Ann", QUESTION, "nine to nine", "I did not catch that"):
        assert line in text
    assert heard == f"{GREETINGS[0]} how can i help you {HOURS} {FALLBACK}"
    assert_stored(stack, session_of(page))


@pytest.mark.full
def test_so_does_the_pasted_iframe_on_another_site(stack: Stack, open_page: Callable[[str], Page]) -> None:
    url = stack.connection["page_url"] + "&userName=" + quote("Ann")
    with site() as other:
        page = open_page(other.page(f'<iframe src="{url}" width="400" height="500" allow="microphone"></iframe>'))
        page.locator("iframe").wait_for()
        frame = page.frames[1]
        text, heard = talk(frame, until="nine to nine")
        assert "Hi Ann" in text
        assert heard == f"{GREETINGS[0]} how can i help you {HOURS}"
        assert_stored(stack, session_of(frame))
