"""The picture of both voices: drawn while it is seen and something moves, and cheap."""

import pytest

from tests.e2e.widget.conftest import OpenPage, Visit, tone
from tests.peers.millis import MillisPeer, PeerCall
from tests.peers.web import Site

COUNT = """(() => {
    window.drawn = 0;
    const fill = CanvasRenderingContext2D.prototype.fillRect;
    CanvasRenderingContext2D.prototype.fillRect = function (...box) { drawn += 1; return fill.apply(this, box); };
})()"""
MAX_SHARE_OF_A_CORE = 0.04
LEAST_SHARE = 0.018
"""Of a core, what sixty frames a second take with one rectangle in them, on the machine of the figure above."""
LEAST = """() => {
    const paint = document.body.appendChild(document.createElement('canvas')).getContext('2d');
    const draw = () => { if (window.stopped) return; requestAnimationFrame(draw); paint.fillRect(0, 0, 1, 1); };
    draw();
}"""
MEASURED_S = 4


async def speaks(call: PeerCall) -> None:
    await call.ready()
    await call.play(tone(300, 20), paced=False)
    await call.closed.wait()


def drawn(visited: Visit) -> int:
    return int(visited.page.evaluate("drawn"))


def until_drawn(visited: Visit) -> None:
    before = drawn(visited)
    visited.until(lambda: drawn(visited) > before, "it is drawn")


def until_still(visited: Visit) -> None:
    """Wait until nothing is drawn for 300 ms, which are many frames."""

    def is_still() -> bool:
        before = drawn(visited)
        visited.page.wait_for_timeout(300)
        return drawn(visited) == before

    visited.until(is_still, "nothing is drawn any more")


def open_compact(visit: OpenPage, peer: MillisPeer, pages: str, other_site: Site) -> Visit:
    attributes = f'agent-id="-Abc" public-key="KEY" media-url="{peer.url}" variant="compact" expanded'
    tag = f'<script src="{pages}/embed.js"></script><parley-call {attributes}></parley-call>'
    visited = visit(other_site.page(tag), viewport={"width": 1_000, "height": 700})
    visited.page.get_by_role("region", name="Voice call").wait_for()
    visited.page.evaluate(COUNT)
    return visited


def test_it_stands_still_when_nothing_moves_or_nobody_looks(
    visit: OpenPage, peer: MillisPeer, pages: str, other_site: Site
) -> None:
    peer.script = speaks
    visited = open_compact(visit, peer, pages, other_site)
    until_still(visited)
    visited.press()
    visited.page.get_by_text("Agent speaking").wait_for()
    until_drawn(visited)
    visited.page.get_by_role("button", name="Close").click()
    until_still(visited)
    visited.page.get_by_role("button", name="In a call").click()
    until_drawn(visited)
    visited.press()
    visited.wait_for("idle")
    until_still(visited)


@pytest.mark.full
def test_it_takes_little_of_a_core(visit: OpenPage, peer: MillisPeer, pages: str, other_site: Site) -> None:
    """Processor time of the page's main thread with the picture, less that with the panel closed."""
    peer.script = speaks
    visited = open_compact(visit, peer, pages, other_site)
    session = visited.page.context.new_cdp_session(visited.page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def spent_s() -> float:
        metrics = session.send("Performance.getMetrics")["metrics"]
        return float(next(one["value"] for one in metrics if one["name"] == "TaskDuration"))

    def share() -> float:
        before = spent_s()
        visited.page.wait_for_timeout(1_000 * MEASURED_S)
        return (spent_s() - before) / MEASURED_S

    rest = share()
    visited.page.evaluate(LEAST)
    least = share() - rest
    visited.page.evaluate("window.stopped = true")
    visited.press()
    visited.page.get_by_text("Agent speaking").wait_for()
    shown = share()
    visited.page.get_by_role("button", name="Close").click()
    picture = shown - share()
    # A busy machine makes every frame dearer: as many times as the least of them is.
    assert picture <= MAX_SHARE_OF_A_CORE * max(1.0, least / LEAST_SHARE), (picture, least)
