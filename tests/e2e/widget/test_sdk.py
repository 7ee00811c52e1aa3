"""What our SDK does beyond the reference client (whose contract is test_client_contract.py), and its README's page."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.widget.conftest import LaunchBrowser, OpenPage, Visit, tone
from tests.peers.millis import MillisPeer, PeerCall
from tests.peers.sdk_page import sdk_page, sdk_url
from tests.peers.web import Site
from tests.unit.widget import sdk_readme

StartCall = Callable[..., Visit]
TEXT = [{"agent": {"agent_id": "-Abc"}, "voice": False}]


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    with sdk_page() as served:
        yield served


@pytest.fixture
def start(visit: OpenPage, peer: MillisPeer, origin: str) -> StartCall:
    """Opens the page that drives our client and starts a call with these arguments."""

    def started(*arguments: Any, **options: Any) -> Visit:
        url = sdk_url(origin, peer.url, "KEY", "-Abc", client="parley", start=list(arguments) or ["-Abc"])
        visited = visit(url, **options)
        visited.page.locator("body[data-loaded]").wait_for()
        visited.page.click("#start")
        return visited

    return started


def state(visited: Visit) -> dict[str, Any]:
    return dict(visited.page.evaluate("({ ...window.client.state })"))


def until_phase(visited: Visit, phase: str) -> None:
    visited.until(lambda: state(visited)["phase"] == phase, phase, lambda: str(state(visited)))


def until_sent(visited: Visit, call: PeerCall, *messages: tuple[str, Any]) -> None:
    visited.until_equal(lambda: call.others, list(messages))


def test_a_typed_call_asks_for_no_microphone_until_it_is_spoken_and_goes_on_in_text(
    start: StartCall, peer: MillisPeer
) -> None:
    visited = start(*TEXT)
    visited.page.evaluate("window.client.sendText('when are you open?')")
    until_phase(visited, "ready")
    call = peer.last
    assert (call.initiate["voice"], visited.microphones(), visited.contexts()) == (False, [], [])
    typed = ("user_text", "when are you open?")
    until_sent(visited, call, typed)
    assert call.audio == b""
    visited.page.evaluate("window.client.startVoice()")
    until_sent(visited, call, typed, ("voice", True))
    visited.until(lambda: any(call.audio), "the microphone is heard")
    assert (visited.microphones(), state(visited)["voice"]) == (["live"], True)
    visited.page.evaluate("window.client.stopVoice(); window.client.sendDtmf('12#')")
    until_sent(visited, call, typed, ("voice", True), ("voice", False), ("dtmf", "12#"))
    assert visited.microphones() == ["ended"]
    visited.until_equal(visited.contexts, ["closed"])
    assert (state(visited)["phase"], len(peer.calls), call.close_code) == ("ready", 1, None)


def test_a_denied_microphone_leaves_a_typed_call_as_it_was(
    start: StartCall, peer: MillisPeer, launch: LaunchBrowser
) -> None:
    visited = start(*TEXT, browser=launch("denied"))
    until_phase(visited, "ready")
    problem = visited.page.evaluate("window.client.startVoice().catch((error) => [error.name, error.problem])")
    assert problem == ["CallError", "microphone-denied"]
    visited.page.evaluate("window.client.sendText('then I type')")
    until_sent(visited, peer.last, ("user_text", "then I type"))


def test_a_lost_call_is_taken_up_again_with_what_was_typed_meanwhile(start: StartCall, peer: MillisPeer) -> None:
    typed = asyncio.Event()

    async def script(call: PeerCall) -> None:
        peer.script = again
        await call.ready("session-1")
        await call.hear(0.2)
        call.connection.transport.abort()

    async def again(call: PeerCall) -> None:
        await call.initiated.wait()
        await typed.wait()
        await call.say("onready", {"session_id": "session-2", "resumed": True}, session_id="session-2", resumed=True)
        await call.play(tone(300, 0.2))
        await call.closed.wait()

    peer.script = script
    visited = start("-Abc")
    until_phase(visited, "reconnecting")
    visited.page.evaluate("window.client.sendText('are you there?')")
    peer.last.connection.loop.call_soon_threadsafe(typed.set)
    until_phase(visited, "ready")
    assert peer.last.initiate["session_continuation"] == {"session_id": "session-1", "resume": True}
    assert peer.last.initiate["agent"] == {"agent_id": "-Abc"}
    until_sent(visited, peer.last, ("user_text", "are you there?"))
    visited.until(lambda: len(peer.last.audio) > 6_400, "the microphone goes on")
    visited.until(lambda: state(visited)["agent"] == "idle", "the agent was heard")
    assert visited.microphones() == ["live"]
    names = [event["name"] for event in visited.page.evaluate("window.events")]
    assert (names.count("onopen"), names.count("onready"), names.count("onclose")) == (1, 1, 0)
    visited.page.click("#stop")
    until_phase(visited, "idle")
    assert visited.microphones() == ["ended"]


def test_a_registered_call_begins(start: StartCall, peer: MillisPeer) -> None:
    visited = start({"call_id": "call-7"})
    until_phase(visited, "ready")
    assert peer.last.initiate == {"public_key": "KEY", "call_id": "call-7"}


def test_twenty_calls_leave_nothing_behind(start: StartCall, peer: MillisPeer) -> None:
    visited = start("-Abc")
    for number in range(1, 21):
        until_phase(visited, "ready")
        assert len(peer.calls) == number
        # At once, and in whatever phase: an old call's end is not taken for the new one's.
        visited.page.evaluate("window.client.stop()" if number == 20 else "() => { window.again('-Abc'); }")
    assert set(visited.microphones()) == {"ended"}
    visited.until(lambda: all(call.close_code == 1000 for call in peer.calls), "every socket is closed")
    visited.until_equal(lambda: set(visited.contexts()), {"closed"})
    assert visited.complaints == []


def test_the_readmes_page_speaks_and_types_under_a_strict_policy(
    visit: OpenPage, peer: MillisPeer, pages: str, other_site: Site, tmp_path: Path
) -> None:
    async def script(call: PeerCall) -> None:
        await call.ready()
        await call.say("onresponsetext", "Hi Ann", is_final=True)
        await call.closed.wait()

    peer.script = script
    page = sdk_readme.plain_html().replace("https://HOST", pages).replace("wss://HOST/millis", peer.url)
    head, _, program = page.partition('<script type="module">')
    (tmp_path / "talk.js").write_text(program.partition("</script>")[0])
    other_site.files = {"/own/": tmp_path}
    other_site.pages["/"] = head + '<script type="module" src="/own/talk.js"></script>'
    media = peer.url.removesuffix("/millis")
    policy = f"default-src 'self'; script-src 'self' {pages}; connect-src {media}"
    other_site.headers = {"Content-Security-Policy": policy}
    visited = visit(other_site.origin + "/")
    visited.page.get_by_role("button", name="Talk").click()
    visited.page.get_by_text("agent: Hi Ann").wait_for()
    visited.until(lambda: any(peer.last.audio), "the microphone is heard")
    assert peer.last.initiate["metadata"] == {"userName": "Ann"}
    visited.page.get_by_role("button", name="Hang up").click()
    visited.page.get_by_role("button", name="Talk").wait_for()
    assert visited.microphones() == ["ended"]
    visited.page.get_by_label("Message").fill("hello")
    visited.page.get_by_role("button", name="Send").click()
    visited.until(lambda: len(peer.calls) == 2 and bool(peer.last.others), "the text arrives")
    assert (peer.last.initiate["voice"], peer.last.others) == (False, [("user_text", "hello")])
    assert (visited.microphones(), visited.complaints) == (["ended"], [])
