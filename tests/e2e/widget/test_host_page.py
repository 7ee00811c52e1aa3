"""What a page that holds the element can say to it, and hears from it."""

from typing import Any

from playwright.sync_api import BrowserContext, Route

from tests.e2e.widget.conftest import OpenPage
from tests.peers.millis import MillisPeer, PeerCall
from tests.peers.web import Site

KEPT = """window.told = [];
    for (const name of ['start', 'open', 'ready', 'agentstate', 'transcript', 'latency', 'audio', 'function', 'action',
        'metrics', 'mute', 'error', 'close', 'ended'])
        addEventListener(`parley:${name}`, ({ detail }) => told.push([name, { ...detail }]));"""


def element(pages: str, peer: MillisPeer, attributes: str = "") -> str:
    return (
        f'<script src="{pages}/embed.js"></script>'
        f'<parley-call agent-id="-Abc" public-key="KEY" media-url="{peer.url}" {attributes}></parley-call>'
    )


def test_the_page_is_told_everything_and_may_change_or_refuse_a_call(
    visit: OpenPage, peer: MillisPeer, pages: str, other_site: Site
) -> None:
    metrics = {
        "turn_id": 1,
        "endpointing_delay": 400,
        "llm_ttft": 1,
        "first_segment": 1,
        "tts_ttfb": 1,
        "first_audio": 500,
    }

    async def script(call: PeerCall) -> None:
        await call.ready()
        await call.say("start_answering")
        await call.play(bytes(640), paced=False)
        await call.say("onresponsetext", "Hi", is_final=True)
        await call.say("ontranscript", "book", is_final=False)
        await call.say("onfunction", "", name="book", params={"party": 2})
        await call.say("ai_action", "answering")
        await call.say("onmetrics", metrics)
        await call.closed.wait()

    peer.script = script
    visited = visit(other_site.page(element(pages, peer, """data-meta-plan="pro" metadata='{"a": 1, "plan": "x"}'""")))
    page = visited.page
    visited.button.wait_for()
    page.evaluate(KEPT)
    page.evaluate("addEventListener('parley:start', (event) => event.preventDefault(), { once: true })")
    page.evaluate("document.querySelector('parley-call').start()")
    assert visited.state() == "idle"
    assert peer.calls == []
    page.evaluate("addEventListener('parley:start', ({ detail }) => { detail.metadata.userName = 'Ann'; })")
    page.evaluate("document.querySelector('parley-call').start({ metadata: { a: 2 } })")
    visited.until(lambda: "metrics" in [name for name, _ in page.evaluate("told")], "the last of it is told")
    assert peer.last.initiate["metadata"] == {"a": 2, "plan": "pro", "userName": "Ann"}
    page.evaluate("document.querySelector('parley-call').mute()")
    page.evaluate("document.querySelector('parley-call').unmute()")
    page.evaluate("document.querySelector('parley-call').sendText('hello')")
    visited.until(lambda: peer.last.others == [("user_text", "hello")], "it is said")
    page.evaluate("document.querySelector('parley-call').stop()")
    visited.until(lambda: "close" in [name for name, _ in page.evaluate("told")], "the end is told")
    told: list[tuple[str, Any]] = [(name, detail) for name, detail in page.evaluate("told") if name != "audio"]
    names = [name for name, _ in told]
    assert names[:4] == ["start", "start", "open", "ready"] or names[:4] == ["start", "start", "open", "agentstate"]
    for expected in (
        ("ready", {"sessionId": "session-1"}),
        ("agentstate", {"state": "prepare_answer"}),
        ("transcript", {"speaker": "agent", "text": "Hi", "isFinal": True}),
        ("transcript", {"speaker": "user", "text": "book", "isFinal": False}),
        ("function", {"name": "book", "params": {"party": 2}, "callId": None, "form": None}),
        ("action", {"action": "answering"}),
        ("metrics", metrics),
        ("mute", {"muted": True}),
        ("mute", {"muted": False}),
        ("ended", {"sessionId": "session-1", "reason": "user-ended", "problem": None}),
        ("close", {"code": 1000, "reason": "user-ended"}),
    ):
        assert expected in told, told
    assert page.evaluate("told.filter(([name]) => name === 'audio').length") == 1
    assert page.evaluate("told.filter(([name]) => name === 'latency').length") == 1
    assert visited.complaints == []


def test_a_part_that_cannot_be_loaded_is_seen_and_tried_again(
    visit: OpenPage, peer: MillisPeer, pages: str, other_site: Site
) -> None:
    words: list[Route] = []

    def without_it(context: BrowserContext) -> None:
        context.route("**/element/widget.js", lambda route: route.abort(), times=1)
        context.route("**/strings/en.js", lambda route: words.append(route))

    visited = visit(other_site.page(element(pages, peer)), prepare=without_it)
    visited.button.hover()
    warning = visited.page.get_by_role("button", name="⚠")
    warning.wait_for()
    visited.until(lambda: len(words) == 1, "its words are asked for")
    with visited.page.expect_response("**/strings/en.js"):
        words[0].continue_()
    visited.page.wait_for_load_state("networkidle")
    warning.wait_for()
    visited.press()
    visited.wait_for("running")
    assert any("Parley" in complaint for complaint in visited.complaints)


def test_an_error_is_told_with_the_session_to_quote(
    visit: OpenPage, peer: MillisPeer, pages: str, other_site: Site
) -> None:
    async def script(call: PeerCall) -> None:
        await call.ready("session-7")
        await call.connection.close(1011, "internal error")

    peer.script = script
    visited = visit(other_site.page(element(pages, peer)))
    visited.page.evaluate(KEPT)
    visited.press()
    assert "Call session-7" in visited.problem()
    told = visited.page.evaluate("told")
    assert ["error", {"problem": "server-error", "detail": "internal error", "sessionId": "session-7"}] in told
    assert ["ended", {"sessionId": "session-7", "reason": None, "problem": "server-error"}] in told


def test_the_page_styles_properties_and_parts_and_nothing_else(
    visit: OpenPage, peer: MillisPeer, pages: str, other_site: Site
) -> None:
    style = """<style>
        parley-call { --parley-button: rgb(1, 2, 3); --parley-size: 90px; --parley-font: monospace; }
        parley-call::part(status) { border-radius: 3px; }
        button { background: crimson; } * { letter-spacing: 9px; text-transform: uppercase; }
    </style>"""
    visited = visit(other_site.page(style + element(pages, peer)))
    visited.press()
    visited.wait_for("running")
    visited.press()
    visited.wait_for("idle")

    def computed(selector: str, name: str) -> str:
        return str(visited.page.locator(selector).first.evaluate(f"(it) => getComputedStyle(it).{name}"))

    assert computed(".talk", "backgroundColor") == "rgb(1, 2, 3)"
    assert [computed(".talk", "width"), computed(".call", "fontFamily")] == ["90px", "monospace"]
    assert computed(".status", "borderRadius") == "3px"
    for selector in (".talk", ".status"):
        assert [computed(selector, "textTransform"), computed(selector, "letterSpacing")] == ["none", "normal"]


def test_what_is_misspelt_is_a_warning_in_the_console(
    visit: OpenPage, peer: MillisPeer, pages: str, other_site: Site
) -> None:
    attributes = 'agentid="x" colour="red" variant="huge" data-x class="y" onclick=""'
    visited = visit(other_site.page(element(pages, peer, attributes)))
    visited.button.hover()
    visited.until(lambda: len(visited.complaints) >= 3, "the console warns")
    warnings = [complaint.split(" JSHandle")[0] for complaint in visited.complaints]
    for expected in ("no attribute agentid, but agent-id", "no attribute colour", 'variant="huge" is not understood'):
        assert any(expected in warning for warning in warnings), warnings
    assert len(warnings) == 3


def test_words_and_direction_follow_the_page_and_the_attributes(
    visit: OpenPage, peer: MillisPeer, pages: str, other_site: Site
) -> None:
    other_site.page("")
    tags = (
        '<div lang="de-AT"><parley-call id="page"></parley-call></div>'
        '<parley-call id="own" language="ar"></parley-call>'
        """<parley-call id="other" language="sv" strings='{"start": "Börja", "stop": "Sluta"}'></parley-call>"""
        """<parley-call id="title" language="fr" titles='{"idle": "Allô"}'></parley-call>"""
    )
    other_site.pages["/"] = f'<!doctype html><title>x</title><script src="{pages}/embed.js"></script>{tags}'
    visited = visit(other_site.origin + "/", locale="ja-JP")
    for name, start, direction in (
        ("page", "Starten", "ltr"),
        ("own", "ابدأ", "rtl"),
        ("other", "Börja", "ltr"),
        ("title", "Allô", "ltr"),
    ):
        widget = visited.page.locator(f"#{name}")
        widget.get_by_role("button", name=start).wait_for()
        assert widget.locator(".call").get_attribute("dir") == direction
    visited.page.evaluate("document.querySelector('#own').setAttribute('language', 'es')")
    visited.page.locator("#own").get_by_role("button", name="Empezar").wait_for()
    visited.page.locator("#page").get_by_role("button").click()
    assert "nicht eingerichtet" in visited.problem()
