"""What the widget says when a call cannot begin or cannot go on."""

import socket
from collections.abc import Callable

import pytest

from tests.e2e.widget.conftest import LaunchBrowser, OpenPage, Visit
from tests.peers.millis import MillisPeer, PeerCall, Script
from tests.peers.web import Site

PageUrl = Callable[..., str]


def fails_with(visited: Visit, title: str, *more: str) -> None:
    """The problem is shown, the button is ready again, and no microphone is left open."""
    shown = visited.problem()
    assert title in shown
    for words in more:
        assert words in shown
    visited.wait_for("idle")
    assert "live" not in visited.microphones()


def test_denied_microphone(visit: OpenPage, launch: LaunchBrowser, peer: MillisPeer, page_url: PageUrl) -> None:
    visited = visit(page_url(), launch("denied"))
    visited.press()
    fails_with(visited, "The microphone is blocked.", "Allow it for this site")
    assert peer.calls == [], "nothing is sent before the microphone is allowed"


def test_no_microphone(visit: OpenPage, launch: LaunchBrowser, page_url: PageUrl) -> None:
    visited = visit(page_url(), launch("absent"))
    visited.press()
    fails_with(visited, "No microphone was found.")


def test_insecure_page(visit: OpenPage, launch: LaunchBrowser, page_url: PageUrl) -> None:
    browser = launch("granted", "--host-resolver-rules=MAP call.test 127.0.0.1")
    visited = visit(page_url().replace("127.0.0.1", "call.test", 1), browser)
    assert "secure page" in visited.problem()
    visited.press()
    assert "https://" in visited.problem()


def closing(code: int, reason: str, *, ready: bool) -> Script:
    async def script(call: PeerCall) -> None:
        if ready:
            await call.ready()
            await call.hear(0.2)
        else:
            await call.initiated.wait()
        await call.connection.close(code, reason)

    return script


@pytest.mark.parametrize(
    ("code", "reason", "ready", "title"),
    [
        (1008, "agent -Abc was not found", False, "The call was refused."),
        (1008, "key KEY may not open this agent", True, "The call was refused."),
        (1011, "", True, "The agent had a problem."),
        (1013, "", False, "All lines are busy."),
        (1001, "", False, "The service is restarting."),
    ],
)
def test_closed_by_the_server(
    visit: OpenPage, peer: MillisPeer, page_url: PageUrl, code: int, reason: str, ready: bool, title: str
) -> None:
    peer.script = closing(code, reason, ready=ready)
    visited = visit(page_url())
    visited.press()
    fails_with(visited, title, reason, *(["Call session-1"] if ready else []))


@pytest.mark.full
def test_when_to_try_again_is_said_in_a_language_with_an_underscore(
    visit: OpenPage, peer: MillisPeer, pages: str, other_site: Site
) -> None:
    """As many content systems write theirs; no clock of a browser knows such a language."""
    peer.script = closing(1013, "the server is full; try again in 90 s", ready=False)
    tag = f'<parley-call agent-id="-Abc" public-key="KEY" media-url="{peer.url}" language="pt_BR"></parley-call>'
    visited = visit(other_site.page(f'<script src="{pages}/embed.js"></script>{tag}'))
    visited.press()
    fails_with(visited, "Todas as linhas", "the server is full")
    assert visited.page.locator(".call").get_attribute("lang") == "pt-BR"


def test_refused_after_the_session_is_said_to_end(visit: OpenPage, peer: MillisPeer, page_url: PageUrl) -> None:
    async def script(call: PeerCall) -> None:
        await call.initiated.wait()
        await call.say("ai_action", "agent -Abc was not found")
        await call.end("error", 1008, "agent -Abc was not found")

    peer.script = script
    visited = visit(page_url())
    visited.press()
    fails_with(visited, "The call was refused.", "agent -Abc was not found")


def test_a_lost_connection_that_cannot_be_taken_up_again(visit: OpenPage, peer: MillisPeer, page_url: PageUrl) -> None:
    async def script(call: PeerCall) -> None:
        await call.ready()
        await call.hear(0.2)
        peer.script = closing(1008, "session-1 cannot be continued", ready=False)
        call.connection.transport.abort()

    peer.script = script
    visited = visit(page_url())
    visited.press()
    fails_with(visited, "The call was refused.", "session-1 cannot be continued")
    assert peer.last.initiate["session_continuation"] == {"session_id": "session-1", "resume": True}


def test_nobody_listens(visit: OpenPage, pages: str, other_site: Site) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        media_url = f"ws://127.0.0.1:{unused.getsockname()[1]}/millis"
        tag = f'<parley-call agent-id="-Abc" public-key="KEY" media-url="{media_url}"></parley-call>'
        visited = visit(other_site.page(f'<script src="{pages}/embed.js"></script>{tag}'))
        visited.press()
        fails_with(visited, "The agent cannot be reached.")


@pytest.mark.parametrize("media_url", ["not an address", "ftp://host/millis"])
def test_an_address_that_is_none(visit: OpenPage, pages: str, other_site: Site, media_url: str) -> None:
    tag = f'<parley-call agent-id="-Abc" public-key="KEY" media-url="{media_url}"></parley-call>'
    visited = visit(other_site.page(f'<script src="{pages}/embed.js"></script>{tag}'))
    visited.press()
    fails_with(visited, "The agent cannot be reached.")


def test_no_answer(visit: OpenPage, peer: MillisPeer, page_url: PageUrl) -> None:
    async def script(call: PeerCall) -> None:
        await call.closed.wait()

    peer.script = script
    visited = visit(page_url())
    visited.page.clock.install()
    visited.press()
    visited.page.locator('.call[data-face="connecting"]').wait_for()
    visited.until(lambda: bool(peer.calls and peer.last.initiate), "the session is asked for")
    visited.page.clock.fast_forward(21_000)
    fails_with(visited, "The agent did not answer.")


def test_unplugged_microphone(visit: OpenPage, peer: MillisPeer, page_url: PageUrl) -> None:
    visited = visit(page_url())
    visited.press()
    visited.wait_for("running")
    visited.page.evaluate("window.tracks[0].dispatchEvent(new Event('ended')) && window.tracks[0].stop()")
    fails_with(visited, "The microphone was disconnected.")


def test_a_call_after_a_problem_works_and_takes_the_words_away(
    visit: OpenPage, peer: MillisPeer, page_url: PageUrl
) -> None:
    peer.script = closing(1011, "", ready=True)
    visited = visit(page_url())
    visited.press()
    assert visited.problem()

    async def fine(call: PeerCall) -> None:
        await call.ready("session-2")
        await call.closed.wait()

    peer.script = fine
    visited.press()
    visited.wait_for("running")
    assert visited.page.locator(".problem").inner_text() == ""


def test_a_wrong_address_is_explained(visit: OpenPage, pages: str) -> None:
    visited = visit(f"{pages}/agents/embedded?id=-Abc")
    assert "needs k=" in visited.page.get_by_role("main").inner_text()
