"""The page around the iframe talks with the widget in it, and nobody else does."""

import base64
import json
import zlib
from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.widget.conftest import OpenPage, Visit
from tests.peers.millis import MillisPeer, PeerCall
from tests.peers.web import Site

PageUrl = Callable[..., str]

LISTEN = """window.heard = [];
    window.send = (message, frame = 0) => frames[frame].postMessage(message, '*');
    addEventListener('message', ({ data, origin }) => heard.push([data.parley, data.detail, origin]));"""


def iframe(url: str) -> str:
    return f'<iframe src="{url.replace("&", "&amp;")}" allow="microphone" width="400" height="400"></iframe>'


def told(visited: Visit) -> list[str]:
    return [name for name, *_ in visited.page.evaluate("heard")]


async def talk(call: PeerCall) -> None:
    await call.ready()
    await call.say("onresponsetext", "A secret", is_final=True)
    await call.closed.wait()


def connected(visited: Visit) -> None:
    visited.page.frame_locator("iframe").locator(".talk").wait_for()
    visited.page.evaluate("send({ parley: 'connect' })")
    visited.until(lambda: told(visited) == ["connected"], "the widget answers")


def test_a_page_begins_hears_and_ends_a_call(
    visit: OpenPage, peer: MillisPeer, page_url: PageUrl, other_site: Site, pages: str
) -> None:
    peer.script = talk
    visited = visit(other_site.page(iframe(page_url(plan="pro"))))
    visited.page.evaluate(LISTEN)
    visited.page.frame_locator("iframe").locator(".talk").wait_for()
    visited.page.evaluate("send({ parley: 'start' })")
    visited.page.wait_for_timeout(200)
    assert (told(visited), peer.calls) == ([], []), "nothing before connect"
    connected(visited)
    visited.page.evaluate("send({ parley: 'start', metadata: { userName: 'Ann' } })")
    visited.until(lambda: "transcript" in told(visited), "the conversation is told")
    assert peer.last.initiate["metadata"] == {"plan": "pro", "userName": "Ann"}
    visited.page.evaluate("send({ parley: 'mute' })")
    visited.page.evaluate("send({ parley: 'sendText', text: 'hello' })")
    visited.page.evaluate("send({ parley: 'toString' })")
    visited.until(lambda: peer.last.others == [("user_text", "hello")], "it is said")
    visited.page.evaluate("send({ parley: 'stop' })")
    visited.until(lambda: "ended" in told(visited), "the end is told")
    heard: list[tuple[str, Any, str]] = visited.page.evaluate("heard")
    assert {origin for *_, origin in heard} == {pages}
    details = [(name, detail) for name, detail, _ in heard]
    assert ("mute", {"muted": True}) in details
    assert ("transcript", {"speaker": "agent", "text": "A secret", "isFinal": True}) in details
    assert visited.complaints == []


def test_only_the_page_around_it_is_heard(
    visit: OpenPage, peer: MillisPeer, page_url: PageUrl, other_site: Site
) -> None:
    """A second frame, of an advertisement perhaps, says the same things to the widget."""
    peer.script = talk
    other_site.pages["/other"] = "<!doctype html><title>x</title>"
    visited = visit(other_site.page(iframe(page_url()) + f'<iframe src="{other_site.origin}/other"></iframe>'))
    visited.page.frame_locator("iframe >> nth=0").locator(".talk").wait_for()
    visited.page.evaluate(LISTEN)
    stranger = visited.page.frames[-1]
    stranger.evaluate("window.heard = []; addEventListener('message', ({ data }) => heard.push(data))")
    stranger.evaluate("parent.frames[0].postMessage({ parley: 'connect' }, '*')")
    stranger.evaluate("parent.frames[0].postMessage({ parley: 'start' }, '*')")
    visited.page.wait_for_timeout(300)
    assert (peer.calls, told(visited), stranger.evaluate("heard")) == ([], [], [])


@pytest.mark.parametrize("language", ["de", "ar"])
def test_the_page_has_the_language_and_the_attributes_of_its_look(
    visit: OpenPage, page_url: PageUrl, language: str
) -> None:
    look = {"attributes": {"language": language, "theme": "dark", "text-input": True}}
    encoded = base64.b64encode(zlib.compress(json.dumps(look).encode())).decode()
    visited = visit(page_url(c=encoded), locale="fr-FR")
    names = {"de": ("Starten", "Sprachanruf", "ltr"), "ar": ("ابدأ", "مكالمة صوتية", "rtl")}
    start, title, direction = names[language]
    visited.page.get_by_role("button", name=start).wait_for()
    visited.page.get_by_role("textbox").wait_for()
    visited.until(lambda: visited.page.title() == title, "the page has a name")
    assert visited.page.evaluate("[document.documentElement.lang, document.dir]") == [language, direction]
    assert (
        visited.page.evaluate(
            "getComputedStyle(document.querySelector('parley-call').shadowRoot.querySelector('.call')).colorScheme"
        )
        == "dark"
    )
    assert visited.complaints == []
