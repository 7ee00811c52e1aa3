"""The widget with `transport="webrtc"` on another site's page, in Chromium, against the whole system."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from tests.e2e.speech import silence, speak, write_wav
from tests.e2e.stack import Stack
from tests.e2e.test_page_conversation import CHROMIUM
from tests.e2e.widget.firefox import FIREFOX, firefox
from tests.e2e.widget.recorder import UNDER_NO_POLICY, record_pages
from tests.peers.web import site

QUESTION = "when are you open"
WITHOUT_UDP = "--webrtc-ip-handling-policy=disable_non_proxied_udp"
KEPT = """window.told = [];
    for (const name of ['ready', 'fallback', 'reconnected', 'agentstate', 'transcript', 'error', 'close', 'ended'])
        addEventListener(`parley:${name}`, ({ detail }) => told.push({ name, ...detail }));
    window.heardFrames = 0;
    addEventListener('parley:audio', () => { heardFrames += 1; });"""
WIDGET = "document.querySelector('parley-call')"


def html(stack: Stack) -> str:
    keys = f'agent-id="{stack.connection["agent_id"]}" public-key="{stack.connection["public_key"]}"'
    script = f'<script src="{stack.connection["api_url"]}/embed.js"></script>'
    return f'{script}<parley-call {keys} transport="webrtc" data-meta-user-name="Ann"></parley-call>'


@contextmanager
def widget(stack: Stack, wav: Path, *flags: str) -> Iterator[tuple[Page, list[str]]]:
    """A page that holds it, and the WebSockets that the page opens."""
    chromium = (
        "--no-sandbox",
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={wav}",
        *flags,
    )
    with sync_playwright() as playwright, site() as served:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(chromium))
        context = browser.new_context(**UNDER_NO_POLICY)
        record_pages(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        sockets: list[str] = []
        page.on("websocket", lambda socket: sockets.append(socket.url))
        page.goto(served.page(html(stack)))
        page.evaluate(KEPT)
        yield page, sockets
        browser.close()


def talk(page: Page) -> None:
    page.locator(".talk").click()
    page.locator('[data-face="running"]').wait_for()


def told(page: Page, name: str) -> list[dict[str, object]]:
    return [one for one in page.evaluate("told") if one["name"] == name]


def test_a_call_over_webrtc_is_heard_understood_and_ended(stack: Stack, tmp_path: Path) -> None:
    wav = write_wav(tmp_path / "user.wav", silence(2.5) + speak(QUESTION) + silence(5.0))
    with widget(stack, wav) as (page, sockets):
        talk(page)
        page.wait_for_function(f"told.some(({{ speaker, text }}) => speaker === 'user' && text === '{QUESTION}')")
        for state in ("prepare_answer", "answer"):
            page.wait_for_function(f"told.some(({{ state }}) => state === '{state}')")
        page.wait_for_function(f"{WIDGET}.playbackCounts?.played >= 16_000")
        loud = "heard.samples().filter((sample) => Math.abs(sample) > 0.02).length"
        page.wait_for_function(f"{loud} > 0.3 * heard.rateHz", polling=200)
        greeting = next(str(one["text"]) for one in told(page, "transcript") if one["speaker"] == "agent")
        assert greeting.startswith("Hi Ann")
        page.locator(".talk").click()
        page.locator('[data-face="idle"]').wait_for()
        page.wait_for_function("told.some(({ name }) => name === 'close')")
        assert (sockets, told(page, "fallback"), told(page, "error")) == ([], [], [])
        (session,) = told(page, "ready")
    assert stack.ended_call(str(session["sessionId"]))["call_status"] == "user-ended"


@pytest.mark.full
def test_where_udp_is_blocked_a_websocket_takes_its_place(stack: Stack, tmp_path: Path) -> None:
    wav = write_wav(tmp_path / "user.wav", silence(5.0))
    with widget(stack, wav, WITHOUT_UDP) as (page, sockets):
        for calls in (1, 2):
            talk(page)
            page.wait_for_function(f"told.filter(({{ name }}) => name === 'ready').length === {calls}")
            page.wait_for_function("heardFrames > 20")
            assert [one["reason"] for one in told(page, "fallback")] == ["blocked"] * calls
            assert len(sockets) == calls
            page.locator(".talk").click()
            page.locator('[data-face="idle"]').wait_for()
        assert told(page, "error") == []


@pytest.mark.full
def test_a_lost_connection_is_taken_up_again_and_typing_needs_no_microphone(stack: Stack, tmp_path: Path) -> None:
    wav = write_wav(tmp_path / "user.wav", silence(5.0))
    with widget(stack, wav) as (page, sockets):
        page.evaluate("""const Connection = RTCPeerConnection;
            window.connections = [];
            window.RTCPeerConnection = class extends Connection {
                constructor(configuration) { super(configuration); connections.push(this); }
            };
            null;""")
        page.evaluate("customElements.whenDefined('parley-call').then(() => null)")
        page.evaluate(f"{WIDGET}.sendText('when are you open?')")
        page.wait_for_function(
            "told.some(({ speaker, isFinal, text }) => speaker === 'agent' && isFinal && /nine/.test(text))"
        )
        sent = "connections.at(-1).getSenders()[0].track"
        assert page.evaluate(f"[{sent}, heardFrames]") == [None, 0], "nothing is spoken"
        page.evaluate(f"{WIDGET}.setAttribute('text-input', '')")
        page.get_by_role("button", name="Speak", exact=True).click()
        page.wait_for_function(f"{sent}?.readyState === 'live'")
        page.evaluate("connections[0].close()")
        page.evaluate("connections[0].dispatchEvent(new Event('connectionstatechange'))")
        page.wait_for_function("told.some(({ name }) => name === 'reconnected')")
        page.wait_for_function(f"connections.length === 2 && {sent}?.readyState === 'live'")
        page.get_by_role("button", name="Mute microphone").click()
        page.wait_for_function(f"{sent}.enabled === false")
        page.evaluate(f"{WIDGET}.sendText('book a table for two at seven')")
        page.wait_for_function("heardFrames > 20")
        assert (sockets, told(page, "fallback"), told(page, "error")) == ([], [], [])
        page.locator(".talk").click()
        page.locator('[data-face="idle"]').wait_for()
        page.wait_for_function("connections.every(({ connectionState }) => connectionState === 'closed')")


@pytest.mark.full
@pytest.mark.timeout(180)
@pytest.mark.skipif(shutil.which(FIREFOX) is None, reason="firefox-esr is not installed")
def test_firefox_hears_the_agent_over_webrtc(stack: Stack, tmp_path: Path) -> None:
    button = f"{WIDGET}.shadowRoot.querySelector('.talk')"
    with site() as served, firefox(tmp_path) as page:
        page.open(served.page(html(stack)))
        page.until(f"{WIDGET}?.shadowRoot")
        page.run(KEPT)
        page.click(button)
        page.until("told.some(({ speaker, isFinal }) => speaker === 'agent' && isFinal)")
        page.until("heardFrames > 50")
        page.until("told.some(({ name, state }) => name === 'agentstate' && state === 'idle')")
        page.click(button)
        page.until("told.some(({ name, code }) => name === 'close' && code === 1000)")
        assert page.evaluate("told.filter(({ name }) => name === 'fallback' || name === 'error')") == []
        assert page.complaints == []
