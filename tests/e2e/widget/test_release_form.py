"""What `make build` makes of the widget, on another site: what is asked for and when, and that nothing is left over."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from starlette.types import Receive, Scope, Send

from callauth.keys import key_record
from callcore.accounts.account import KeyKind
from callcore.ids import AccountId
from infra.artifact import build_assets
from tests.e2e.widget.conftest import OpenPage, Visit
from tests.peers.millis import MillisPeer
from tests.peers.web import Site, serving
from widget_page.app import Dependencies, create_app
from widget_page.settings import Settings

FIRST_USE = ["/widget/element/widget.js", "/widget/strings/en.js"]
CALL = {"/widget/sdk/worklets/audio.js"}
MAX_LOAD_MS = 5
"""Of processor time for scripts, style and layout before the first use."""
BARE = "<button>Start</button>" * 40
BARE_MS = 1.3
"""The same for a page of forty plain buttons, on the machine of the figure above."""


@dataclass(frozen=True)
class Release:
    """Pages with the released widget."""

    origin: str
    scripts: list[str]
    """The paths of all scripts that were asked for; a worklet's too, which no page sees in its own timing."""


@pytest.fixture(scope="module")
def released(peer_server: MillisPeer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Release]:
    assert shutil.which("node")
    into = tmp_path_factory.mktemp("release")
    build_assets(into)
    record = key_record("KEY", KeyKind.PUBLIC, AccountId("acc_1"), "web", 1.0)
    settings = Settings(assets_dir=into / "widget", media_url=peer_server.url)
    app = create_app(Dependencies(lambda key_hash: record, settings))
    scripts: list[str] = []

    async def counted(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"].endswith(".js"):
            scripts.append(scope["path"])
        await app(scope, receive, send)

    with serving(counted) as origin:
        yield Release(origin, scripts)


@pytest.fixture
def release(released: Release) -> str:
    """The origin; nothing was asked for yet."""
    released.scripts.clear()
    return released.origin


def snippet(release: str, peer: MillisPeer) -> str:
    attributes = f'data-agent-id="-Abc" data-public-key="KEY" data-media-url="{peer.url}" data-meta-user-name="Ann"'
    return f'<script src="{release}/embed.js" {attributes}></script>'


def test_a_page_asks_for_one_file_and_for_the_rest_when_it_is_used(
    visit: OpenPage, peer: MillisPeer, released: Release, release: str, other_site: Site
) -> None:
    visited = visit(other_site.page(snippet(release, peer)))
    visited.page.get_by_role("button", name="Start").wait_for()
    visited.page.wait_for_timeout(300)
    assert released.scripts == ["/embed.js"]
    visited.button.hover()
    visited.page.get_by_role("group", name="Voice call").wait_for()
    assert sorted(released.scripts[1:]) == FIRST_USE
    for _ in range(2):
        visited.press()
        visited.wait_for("running")
        visited.press()
        visited.wait_for("idle")
    assert set(released.scripts[3:]) == CALL
    assert peer.last.initiate["metadata"] == {"userName": "Ann"}
    assert visited.complaints == []


def test_the_iframes_page_is_one_script_and_a_language(
    visit: OpenPage, peer: MillisPeer, released: Release, release: str
) -> None:
    visited = visit(f"{release}/agents/embedded?id=-Abc&k=KEY")
    visited.press()
    visited.wait_for("running")
    files = {path.split("/", 3)[-1] for path in released.scripts}
    assert len({path.split("/")[2] for path in released.scripts}) == 1, "all of one version"
    assert files == {"page.js", "sdk/worklets/audio.js", "strings/en.js"}
    assert visited.complaints == []


def cycles(visited: Visit, peer: MillisPeer, count: int) -> None:
    for number in range(1, count + 1):
        visited.press()
        visited.wait_for("running")
        visited.press()
        visited.wait_for("idle")
        assert len(peer.calls) == number
    visited.until(lambda: all(call.close_code == 1000 for call in peer.calls), "every socket is closed")
    visited.until_equal(visited.contexts, ["closed"] * count)
    assert visited.microphones() == ["ended"] * count
    assert visited.complaints == []


def test_calls_leave_nothing_open(visit: OpenPage, peer: MillisPeer, release: str, other_site: Site) -> None:
    cycles(visit(other_site.page(snippet(release, peer))), peer, 4)


@pytest.mark.full
@pytest.mark.timeout(120)
def test_twenty_calls_leave_nothing_open(visit: OpenPage, peer: MillisPeer, release: str, other_site: Site) -> None:
    visited = visit(other_site.page(snippet(release, peer)))
    cycles(visited, peer, 20)
    session = visited.page.context.new_cdp_session(visited.page)
    session.send("HeapProfiler.collectGarbage")
    prototype = session.send("Runtime.evaluate", {"expression": "WebSocket.prototype"})["result"]["objectId"]
    kept = session.send("Runtime.queryObjects", {"prototypeObjectId": prototype})["objects"]["objectId"]
    count = session.send(
        "Runtime.callFunctionOn",
        {"objectId": kept, "functionDeclaration": "function () { return this.length }", "returnByValue": True},
    )
    assert count["result"]["value"] <= 1, "of twenty sockets, at most the last one is still known"


@pytest.mark.full
def test_a_load_takes_little_of_the_main_thread(
    visit: OpenPage, peer: MillisPeer, release: str, other_site: Site
) -> None:
    def busy_ms(body: str) -> float:
        visited = visit("about:blank")
        session = visited.page.context.new_cdp_session(visited.page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        visited.page.goto(other_site.page(body))
        visited.page.wait_for_timeout(300)
        metrics = {one["name"]: float(one["value"]) for one in session.send("Performance.getMetrics")["metrics"]}
        return 1_000 * sum(metrics[f"{name}Duration"] for name in ("Script", "RecalcStyle", "Layout"))

    def least_ms(body: str) -> float:
        return min(busy_ms(body) for _ in range(4))

    bare_ms = least_ms(BARE)
    took_ms = least_ms(snippet(release, peer)) - bare_ms
    # A busy machine makes everything dearer: as many times as the bare page is.
    assert took_ms <= MAX_LOAD_MS * max(1.0, bare_ms / BARE_MS), (took_ms, bare_ms)
