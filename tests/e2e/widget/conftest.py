"""Real Chromium on the widget's real pages, against a scripted /millis server; other sites on other ports."""

import math
import struct
import wave
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Playwright, sync_playwright

from callauth.keys import key_record
from callcore.accounts.account import Account, KeyKind, KeyPolicy
from callcore.clock import SystemClock
from callcore.ids import AccountId
from callstore.sqlite.stores import SqliteStores
from tests.e2e.widget.recorder import UNDER_NO_POLICY, record_pages
from tests.peers.millis import MillisPeer, listen, millis_peer
from tests.peers.web import Site, serving, site
from widget_page.app import Dependencies, create_app
from widget_page.settings import Settings

CHROMIUM = "/usr/bin/chromium"
NOTES_HZ = (440, 880, 660, 1_320)
"""What the fake microphone hears, again and again."""
NOTE_S = 0.3
GAP_S = 0.1
WIRE_RATE_HZ = 16_000
BLOCK_SAMPLES = 128
"""What an audio worklet is given at once."""

LaunchBrowser = Callable[..., Browser]


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """For one module: it keeps an event loop running, beside which asyncio.run does not work."""
    if not Path(CHROMIUM).exists():
        pytest.fail("chromium is not installed: make test installs it")
    with sync_playwright() as started:
        yield started


def tone(hz: float, seconds: float, amplitude: float = 0.3) -> bytes:
    """PCM of the wire, faded in and out over 10 ms."""
    count = int(seconds * WIRE_RATE_HZ)
    fade = WIRE_RATE_HZ // 100
    samples = (
        amplitude * min(1, index / fade, (count - index) / fade) * math.sin(2 * math.pi * hz * index / WIRE_RATE_HZ)
        for index in range(count)
    )
    return b"".join(struct.pack("<h", round(32_767 * sample)) for sample in samples)


@pytest.fixture(scope="session")
def microphone_wav(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("audio") / "microphone.wav"
    silence = bytes(2 * int(GAP_S * WIRE_RATE_HZ))
    with wave.open(str(path), "wb") as out:
        out.setparams((1, 2, WIRE_RATE_HZ, 0, "NONE", "not compressed"))
        out.writeframes(b"".join(tone(hz, NOTE_S) + silence for hz in NOTES_HZ))
    return path


@pytest.fixture(scope="module")
def launch(playwright: Playwright, microphone_wav: Path) -> Iterator[LaunchBrowser]:
    """Launches a browser; `microphone` is granted, denied or absent."""
    with ExitStack() as stack:

        def start(microphone: str = "granted", *extra: str) -> Browser:
            arguments = ["--no-sandbox", *extra]
            if microphone != "absent":
                arguments += [
                    "--use-fake-device-for-media-stream",
                    f"--use-file-for-fake-audio-capture={microphone_wav}",
                ]
            if microphone != "asked":
                arguments.append("--use-fake-ui-for-media-stream" + ("=deny" if microphone == "denied" else ""))
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
            stack.callback(browser.close)
            return browser

        yield start


@pytest.fixture(scope="module")
def browser(launch: LaunchBrowser) -> Browser:
    return launch()


@pytest.fixture(scope="session")
def peer_server() -> Iterator[MillisPeer]:
    with millis_peer() as running:
        yield running


@pytest.fixture
def peer(peer_server: MillisPeer) -> MillisPeer:
    """The /millis server, without calls, and only listening until the test says otherwise."""
    peer_server.calls.clear()
    peer_server.script = listen
    return peer_server


@pytest.fixture(scope="session")
def pages(peer_server: MillisPeer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The origin of the widget's pages."""
    account = AccountId("acc_1")
    with SqliteStores(tmp_path_factory.mktemp("stores") / "parley.db", SystemClock()) as stores:
        stores.accounts.put_account(Account(account, "One", 1.0, embed_secret="s"))
        for key, policy in {"KEY": KeyPolicy(), "NOWHERE": KeyPolicy(origins=())}.items():
            stores.accounts.put_key(key_record(key, KeyKind.PUBLIC, account, "web", 1.0, policy))
        with serving(create_app(Dependencies(stores.accounts.find_key, Settings(media_url=peer_server.url)))) as origin:
            yield origin


@pytest.fixture
def other_site() -> Iterator[Site]:
    with site() as served:
        yield served


@dataclass
class Visit:
    """One page in the browser, with all that it complains about."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    def note(self, kind: str, text: str) -> None:
        """Take one console message."""
        if kind in ("error", "warning"):
            self.complaints.append(text)

    def until(self, condition: Callable[[], bool], what: str, more: Callable[[], str] = lambda: "") -> None:
        """Wait for a thing that the page does not show; `what` and `more` are for the message when it never comes."""
        for _ in range(400):
            if condition():
                return
            self.page.wait_for_timeout(50)
        raise AssertionError(f"never: {what} {more()}")

    def until_equal(self, read: Callable[[], object], expected: object) -> None:
        """Wait until that is read: what a server was sent, or what a page comes to by itself."""
        self.until(lambda: read() == expected, repr(expected), lambda: f"but {read()!r}")

    def state(self) -> str:
        """The button's face: idle, connecting or running."""
        return str(self.page.locator(".call").first.get_attribute("data-face"))

    def wait_for(self, face: str) -> None:
        self.page.locator(f'.call[data-face="{face}"]').first.wait_for()

    @property
    def button(self) -> Locator:
        """What begins and ends a call, of the first widget."""
        return self.page.locator(".talk").first

    def press(self) -> None:
        self.button.click()

    def problem(self) -> str:
        """What the widget says went wrong, once it does."""
        alert = self.page.locator(".problem:not(:empty)").first
        alert.wait_for()
        return alert.inner_text()

    def counts(self) -> dict[str, Any]:
        """Samples of agent audio played, buffered and cleared, as of the last report."""
        return dict(self.page.evaluate("document.querySelector('parley-call').playbackCounts"))

    def microphones(self) -> list[str]:
        """The state of every microphone track that the page was ever given."""
        return list(self.page.evaluate("window.tracks.map((track) => track.readyState)"))

    def contexts(self) -> list[str]:
        """The state of every audio context that the page ever made; one closes some time after it was told to."""
        return list(self.page.evaluate("window.contexts.map((context) => context.state)"))

    def heard(self) -> list[float]:
        """Everything that a recorded page gave to the loudspeaker, at `heard_rate_hz`."""
        return list(self.page.evaluate("window.heard.samples()"))

    def heard_rate_hz(self) -> int:
        return int(self.page.evaluate("window.heard.rateHz"))

    def hear(self, seconds: float) -> None:
        """Wait until a recorded page has given so much more to the loudspeaker, silence or not."""
        wanted = self._heard_blocks() + seconds * self.heard_rate_hz() / BLOCK_SAMPLES
        self.until(lambda: self._heard_blocks() >= wanted, f"{seconds} s more are heard")

    def _heard_blocks(self) -> int:
        return int(self.page.evaluate("window.heard.startsMs.length"))


OpenPage = Callable[..., Visit]


@pytest.fixture
def visit(browser: Browser) -> Iterator[OpenPage]:
    """Opens a URL; `complaints` collects console errors, uncaught errors and policy violations. What a `recorded` page
    plays is `heard`, but no policy holds on it."""
    with ExitStack() as stack:

        def open_page(
            url: str,
            browser: Browser = browser,
            recorded: bool = False,
            prepare: Callable[[BrowserContext], None] = lambda context: None,
            **context_options: Any,
        ) -> Visit:
            context = browser.new_context(**context_options, **(UNDER_NO_POLICY if recorded else {}))
            stack.callback(context.close)
            context.add_init_script(path=Path(__file__).parent / "watch.js")
            if recorded:
                record_pages(context)
            prepare(context)
            page = context.new_page()
            visited = Visit(page)
            page.on("pageerror", lambda error: visited.complaints.append(str(error)))
            page.on("console", lambda message: visited.note(message.type, message.text))
            page.goto(url)
            return visited

        yield open_page


@pytest.fixture
def page_url(pages: str) -> Callable[..., str]:
    def url(**parameters: str) -> str:
        return f"{pages}/agents/embedded?" + urlencode({"id": "-Abc", "k": "KEY"} | parameters)

    return url
