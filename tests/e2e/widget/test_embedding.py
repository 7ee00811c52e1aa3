"""The widget on other sites: in an iframe, as an element, and through the loader."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import FrameLocator

from tests.e2e.widget.conftest import OpenPage, Visit
from tests.peers.millis import MillisPeer, PeerCall
from tests.peers.web import Site

PageUrl = Callable[..., str]
SDK = Path(__file__).parents[3] / "widget" / "static" / "sdk"


def iframe(url: str, attributes: str) -> str:
    return f'<iframe src="{url.replace("&", "&amp;")}" width="100%" height="400" {attributes}></iframe>'


def frame_of(visited: Visit) -> FrameLocator:
    return visited.page.frame_locator("iframe")


@pytest.mark.parametrize(
    "attributes",
    [
        'allow="microphone"',
        'allow="microphone; autoplay"',
        'allow="microphone" sandbox="allow-scripts allow-same-origin"',
    ],
)
def test_an_iframe_of_another_origin_can_call(
    visit: OpenPage, peer: MillisPeer, page_url: PageUrl, other_site: Site, attributes: str
) -> None:
    async def script(call: PeerCall) -> None:
        await call.ready()
        await call.hear(0.3)
        await call.play(bytes(32_000 * 30), paced=False)
        await call.closed.wait()

    peer.script = script
    visited = visit(other_site.page(iframe(page_url(userName="Ann"), attributes)))
    frame = frame_of(visited)
    frame.get_by_role("button", name="Start").click()
    frame.get_by_role("button", name="Stop").wait_for()
    frame.get_by_text("Agent speaking").wait_for()
    assert peer.last.initiate["metadata"] == {"userName": "Ann"}
    frame.get_by_role("button", name="Stop").click()
    frame.get_by_role("button", name="Start").wait_for()
    assert visited.complaints == []


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ("", 'add allow="microphone"'),
        ('sandbox="allow-scripts allow-same-origin"', 'add allow="microphone"'),
        ('allow="microphone" sandbox="allow-scripts"', "add allow-same-origin"),
        ('sandbox="allow-scripts"', "add allow-same-origin"),
    ],
)
def test_an_iframe_that_cannot_call_says_what_to_change(
    visit: OpenPage, peer: MillisPeer, page_url: PageUrl, other_site: Site, attributes: str, words: str
) -> None:
    visited = visit(other_site.page(iframe(page_url(), attributes)))
    problem = frame_of(visited).locator(".problem:not(:empty)")
    assert words in problem.inner_text(), "said at once"
    frame_of(visited).get_by_role("button").click()
    assert words in problem.inner_text(), "and said when it is tried"
    assert peer.calls == []


def test_a_sandbox_without_scripts_says_what_to_change(visit: OpenPage, page_url: PageUrl, other_site: Site) -> None:
    visited = visit(other_site.page(iframe(page_url(), 'sandbox=""')))
    assert "allow-scripts allow-same-origin" in frame_of(visited).locator(".notice").inner_text()


def test_only_the_sites_of_the_key_may_frame_the_page(visit: OpenPage, page_url: PageUrl, other_site: Site) -> None:
    visited = visit(other_site.page(iframe(page_url(k="NOWHERE"), 'allow="microphone"')))
    visited.until(lambda: any("frame-ancestors" in one for one in visited.complaints), "the policy speaks")
    assert visited.page.frames[1].query_selector("parley-call") is None


def test_a_local_file_may_frame_the_page(visit: OpenPage, peer: MillisPeer, page_url: PageUrl, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(iframe(page_url(), 'allow="microphone"'))
    visited = visit(page.as_uri())
    frame_of(visited).get_by_role("button", name="Start").click()
    frame_of(visited).get_by_role("button", name="Stop").wait_for()


def element(pages: str, attributes: str = "") -> str:
    return (
        f'<script type="module" src="{pages}/widget/call-widget.js"></script>'
        f'<parley-call agent-id="-Abc" public-key="KEY" {attributes}></parley-call>'
    )


def test_the_element_calls_from_another_origin(visit: OpenPage, peer: MillisPeer, pages: str, other_site: Site) -> None:
    attributes = (
        f"""media-url="{peer.url}" metadata='{{"plan": "pro", "count": 2}}' data-meta-user-name="Ann" data-metal="x" """
    )
    visited = visit(other_site.page(element(pages, attributes)))
    visited.press()
    visited.wait_for("running")
    assert peer.last.initiate == {
        "public_key": "KEY",
        "agent": {"agent_id": "-Abc"},
        "web_forms": True,
        "metadata": {"plan": "pro", "count": 2, "userName": "Ann"},
    }
    assert peer.last.origin == other_site.origin
    visited.until(lambda: len(peer.last.audio) > 0, "the microphone is heard")
    assert visited.complaints == []


def test_without_a_media_address_the_element_calls_the_host_that_served_it(
    visit: OpenPage, pages: str, other_site: Site
) -> None:
    visited = visit(other_site.page(element(pages)))
    with visited.page.expect_websocket() as opened:
        visited.press()
    assert opened.value.url == pages.replace("http", "ws", 1) + "/millis"


def test_the_loader_puts_a_button_where_its_script_stands(
    visit: OpenPage, peer: MillisPeer, pages: str, other_site: Site
) -> None:
    snippet = (
        f'<p id="before">Before</p><script src="{pages}/embed.js" data-agent-id="-Abc" data-public-key="KEY" '
        f'data-media-url="{peer.url}" data-meta-user-name="Ann" data-token="a.b.c" async></script>'
        '<p id="after">After</p>'
    )
    visited = visit(other_site.page(snippet))
    visited.press()
    visited.wait_for("running")
    assert peer.last.initiate["metadata"] == {"userName": "Ann"}
    assert peer.last.initiate["token"] == "a.b.c"
    order = visited.page.evaluate("[...document.body.children].map((it) => it.id || it.localName)")
    assert order == ["before", "script", "parley-call", "after"]
    assert visited.complaints == []


def test_the_loader_in_the_head_appends_to_the_body(
    visit: OpenPage, peer: MillisPeer, pages: str, other_site: Site
) -> None:
    attributes = f'data-agent-id="-Abc" data-public-key="KEY" data-media-url="{peer.url}"'
    script = f'<script src="{pages}/embed.js" {attributes}></script>'
    other_site.page("")
    other_site.pages["/"] = f"<!doctype html><head><title>x</title>{script}</head><body><p>Text</p></body>"
    visited = visit(other_site.origin + "/")
    visited.press()
    visited.wait_for("running")
    assert visited.page.evaluate("document.body.lastElementChild.localName") == "parley-call"


def test_the_loader_alone_makes_the_element_known(
    visit: OpenPage, peer: MillisPeer, pages: str, other_site: Site
) -> None:
    visited = visit(other_site.page(f'<script src="{pages}/embed.js"></script>'))
    assert visited.page.locator("parley-call").count() == 0
    visited.page.evaluate(
        """(url) => { document.body.innerHTML =
            `<parley-call agent-id="-Abc" public-key="KEY" media-url="${url}"></parley-call>`; }""",
        peer.url,
    )
    visited.press()
    visited.wait_for("running")


def test_the_element_works_under_a_strict_policy_of_its_host(
    visit: OpenPage, peer: MillisPeer, pages: str, other_site: Site
) -> None:
    policy = (
        f"default-src 'none'; script-src {pages}; connect-src {peer.url.removesuffix('/millis')}; style-src 'none'; "
        "require-trusted-types-for 'script'"
    )
    url = other_site.page(element(pages, f'media-url="{peer.url}"'), headers={"Content-Security-Policy": policy})
    visited = visit(url)
    visited.press()
    visited.wait_for("running")
    assert visited.button.evaluate("(it) => getComputedStyle(it).borderRadius") == "999px"
    assert visited.complaints == []


def test_a_host_that_blocks_the_worklets_is_told(
    visit: OpenPage, peer: MillisPeer, pages: str, other_site: Site
) -> None:
    modules = [f"sdk/{path.name}" for path in SDK.glob("*.js")]
    parts = " ".join(f"{pages}/widget/{name}" for name in ("call-widget.js", "element/", "strings/", *modules))
    policy = f"script-src {parts}"
    url = other_site.page(element(pages, f'media-url="{peer.url}"'), headers={"Content-Security-Policy": policy})
    visited = visit(url)
    visited.press()
    assert "does not let the call use sound" in visited.problem()
    assert visited.microphones() == ["ended"]


def test_a_host_that_froze_its_prototypes(visit: OpenPage, peer: MillisPeer, pages: str, other_site: Site) -> None:
    freeze = """<script>for (const it of [Object, Array, Function, Promise, Map, Set, EventTarget, Node, Element,
        HTMLElement, Event, CustomEvent, WebSocket, AudioContext, AudioNode, MediaStreamTrack, URL, RegExp, String])
        Object.freeze(it.prototype);</script>"""
    visited = visit(other_site.page(freeze + element(pages, f'media-url="{peer.url}"')))
    visited.press()
    visited.wait_for("running")
    visited.press()
    visited.wait_for("idle")
    assert visited.complaints == []


def test_an_element_without_its_attributes_says_so(
    visit: OpenPage, peer: MillisPeer, pages: str, other_site: Site
) -> None:
    tag = (
        f'<script type="module" src="{pages}/widget/call-widget.js"></script><parley-call agent-id="-A"></parley-call>'
    )
    visited = visit(other_site.page(tag))
    visited.press()
    assert "agent id and a public key" in visited.problem()
    assert peer.calls == []


def test_a_page_whose_policy_forbids_the_microphone(visit: OpenPage, pages: str, other_site: Site) -> None:
    url = other_site.page(element(pages), headers={"Permissions-Policy": "microphone=()"})
    assert "Permissions-Policy" in visit(url).problem()


def test_removal_ends_the_call_and_a_move_does_not(
    visit: OpenPage, peer: MillisPeer, pages: str, other_site: Site
) -> None:
    visited = visit(other_site.page(element(pages, f'media-url="{peer.url}"') + "<div></div>"))
    visited.press()
    visited.wait_for("running")
    visited.page.evaluate("document.querySelector('div').append(document.querySelector('parley-call'))")
    visited.page.wait_for_timeout(200)
    assert visited.state() == "running"
    assert visited.microphones() == ["live"]
    visited.page.evaluate("document.querySelector('parley-call').remove()")
    visited.until_equal(visited.microphones, ["ended"])
    visited.until_equal(lambda: peer.last.close_code, 1000)


def test_removal_while_the_browser_asks_leaves_no_microphone_open(
    visit: OpenPage, peer: MillisPeer, pages: str, other_site: Site
) -> None:
    visited = visit(other_site.page(element(pages, f'media-url="{peer.url}"')))
    visited.page.get_by_role("button").hover()
    visited.page.get_by_role("group", name="Voice call").wait_for()
    visited.page.evaluate(
        """() => { const call = document.querySelector('parley-call'); call.start(); call.remove(); }"""
    )
    visited.page.wait_for_function("window.tracks.length === 1")
    visited.page.wait_for_timeout(200)
    assert visited.microphones() == ["ended"]
    assert peer.calls == []


def test_two_on_a_page_and_a_second_call_of_one(
    visit: OpenPage, peer: MillisPeer, pages: str, other_site: Site
) -> None:
    two = element(pages, f'media-url="{peer.url}"') * 2
    visited = visit(other_site.page(two))
    first, second = visited.page.locator("parley-call").all()
    first.locator(".talk").click()
    first.locator('[data-face="running"]').wait_for()
    assert second.locator('[data-face="idle"]').count() == 1
    second.locator(".talk").click()
    second.locator('[data-face="running"]').wait_for()
    first.locator(".talk").click()
    first.locator('[data-face="idle"]').wait_for()
    assert second.locator('[data-face="running"]').count() == 1
    first.locator(".talk").click()
    first.locator('[data-face="running"]').wait_for()
    assert len(peer.calls) == 3
    assert visited.complaints == []
