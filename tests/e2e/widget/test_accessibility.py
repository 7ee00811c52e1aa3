"""Keyboard, names, contrast and motion."""

import re
from collections.abc import Callable

import pytest

from tests.e2e.widget.conftest import OpenPage, Visit
from tests.peers.millis import MillisPeer, PeerCall

PageUrl = Callable[..., str]


async def talk(call: PeerCall) -> None:
    await call.ready()
    for number in range(8):
        await call.say("onresponsetext", f"Answer {number}, of some length so that it fills the line", is_final=True)
        await call.say("ontranscript", f"Question {number}", is_final=number < 7)
    await call.closed.wait()


def test_everything_works_with_the_keyboard(visit: OpenPage, peer: MillisPeer, page_url: PageUrl) -> None:
    peer.script = talk
    visited = visit(page_url())
    visited.page.get_by_role("group", name="Voice call").get_by_role("button", name="Start").wait_for()
    visited.page.keyboard.press("Tab")
    visited.page.keyboard.press("Enter")
    visited.wait_for("running")
    visited.page.get_by_text("Question 7").wait_for()
    focused = "document.activeElement.shadowRoot.activeElement.getAttribute('role') ?? 'button'"
    assert visited.page.evaluate(focused) == "button", "the focus stays while the button changes"
    visited.page.keyboard.press("Tab")
    assert visited.page.evaluate(focused) == "log", "what scrolls can be reached"
    visited.page.keyboard.press("Shift+Tab")
    visited.page.keyboard.press("Space")
    visited.wait_for("idle")


def test_a_screen_reader_is_told_the_phases_the_lines_and_the_problem(
    visit: OpenPage, peer: MillisPeer, page_url: PageUrl
) -> None:
    peer.script = talk
    visited = visit(page_url())
    visited.press()
    visited.page.get_by_role("status").get_by_text("Connected, you can speak").wait_for()
    log = visited.page.get_by_role("log", name="Transcript")
    assert log.get_attribute("aria-live") == "polite"
    visited.page.get_by_text("Question 7").wait_for()
    assert log.locator('[aria-busy="true"]').count() == 1
    peer.last.close_soon(1011)
    assert visited.problem() == visited.page.get_by_role("alert").inner_text()


def luminance(color: str) -> float:
    channels = [int(channel) / 255 for channel in re.findall(r"\d+", color)[:3]]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    """WCAG 2.2, contrast ratio."""
    dark, light = sorted((luminance(first), luminance(second)))
    return (light + 0.05) / (dark + 0.05)


def contrasts(visited: Visit) -> dict[str, float]:
    """Of every text that is shown, against the nearest colour painted behind it."""
    found: list[list[str]] = visited.page.evaluate("""() => {
        const behind = (element) => {
            for (let it = element; it; it = it.parentElement ?? it.getRootNode().host) {
                const { backgroundColor, backgroundImage } = getComputedStyle(it);
                if (backgroundImage !== 'none') return backgroundImage.match(/rgb\\([^)]*\\)/g);
                if (!backgroundColor.endsWith(', 0)')) return [backgroundColor];
            }
            return [getComputedStyle(document.body).backgroundColor];
        };
        const root = document.querySelector('parley-call').shadowRoot;
        const texts = ['.title', '.status', '.problem strong', '.problem span', '.name', '.text']
            .flatMap((selector) => [...root.querySelectorAll(selector)].map((it) => [selector, it]))
            .filter(([, it]) => it.textContent && it.checkVisibility());
        return texts.flatMap(([selector, it]) => behind(it).map((color) =>
            [`${selector} ${it.closest('[data-speaker]')?.dataset.speaker ?? ''}`, getComputedStyle(it).color, color]));
    }""")
    ratios = [(name, contrast(text, back)) for name, text, back in found]
    return {name: min(ratio for other, ratio in ratios if other == name) for name, _ in ratios}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast(visit: OpenPage, peer: MillisPeer, page_url: PageUrl, scheme: str) -> None:
    peer.script = talk
    visited = visit(page_url(), color_scheme=scheme)
    seen = contrasts(visited)
    visited.press()
    visited.page.get_by_text("Question 7").wait_for()
    seen |= contrasts(visited)
    peer.last.close_soon(1011)
    assert visited.problem()
    seen |= contrasts(visited)
    assert {name for name, ratio in seen.items() if ratio < 4.5} == set(), seen
    assert {name.split()[0] for name in seen} == {".title", ".status", ".problem", ".name", ".text"}


def test_motion_is_reduced_on_request(visit: OpenPage, peer: MillisPeer, page_url: PageUrl) -> None:
    painted = """() => new Promise((resolve) => {
        const canvas = document.querySelector('parley-call').shadowRoot.querySelector('canvas');
        const seen = new Set();
        const began = performance.now();
        let frames = 0;
        const look = () => {
            frames += 1;
            seen.add(canvas.toDataURL());
            const tookMs = performance.now() - began;
            if (tookMs < 1000) requestAnimationFrame(look);
            else resolve([seen.size, frames, tookMs]);
        };
        look();
    })"""
    for motion in ("no-preference", "reduce"):
        visited = visit(page_url(), reduced_motion=motion)
        visited.press()
        visited.wait_for("running")
        pictures, frames, took_ms = visited.page.evaluate(painted)
        if motion == "reduce":
            assert pictures <= took_ms / 250 + 2, "four steps a second"
        else:
            assert pictures > frames / 2, "it moves with every frame"


@pytest.mark.parametrize(("width", "height"), [(300, 150), (320, 480), (1_000, 760), (200, 100)])
def test_nothing_overflows_the_iframe(
    visit: OpenPage, peer: MillisPeer, page_url: PageUrl, width: int, height: int
) -> None:
    peer.script = talk
    visited = visit(page_url(), viewport={"width": width, "height": height})
    visited.press()
    visited.page.get_by_text("Question 7").wait_for()
    overflow = (
        "[document.documentElement.scrollWidth - innerWidth, document.documentElement.scrollHeight - innerHeight]"
    )
    assert visited.page.evaluate(overflow) == [0, 0]
    box = visited.button.bounding_box()
    assert box is not None
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= height
    assert min(box["width"], box["height"]) >= 44, "large enough for a finger"
