"""Every state that people meet, in every variant and theme: what axe finds there, and a picture to be looked at."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.widget.axe import bring_axe, violations
from tests.e2e.widget.conftest import OpenPage, Visit, tone
from tests.peers.millis import MillisPeer, PeerCall
from tests.peers.web import Site

PICTURES = Path(__file__).parents[3] / ".artifacts" / "widget"
FIELDS = [
    {"name": "email", "type": "string", "description": "Your e-mail address", "required": True, "value": None},
    {"name": "party", "type": "integer", "description": "Guests", "required": False, "value": 2},
]
TALK = (
    ("onresponsetext", "Hi Ann! How can I help?"),
    ("ontranscript", "what are your opening hours"),
    ("onresponsetext", "We are open from nine to five, every day but Sunday."),
)

State = Callable[[Visit, MillisPeer], None]


def say(call: PeerCall, method: str, data: Any = None, **payload: Any) -> None:
    """Send a text frame from the test's thread."""
    asyncio.run_coroutine_threadsafe(call.say(method, data, **payload), call.connection.loop).result(5)


def close(call: PeerCall, code: int, reason: str) -> None:
    asyncio.run_coroutine_threadsafe(call.connection.close(code, reason), call.connection.loop).result(5)


def tool(visited: Visit, name: str) -> None:
    visited.page.get_by_role("button", name=name, exact=True).click()


def shown(visited: Visit, text: str) -> None:
    visited.page.get_by_text(text).last.wait_for()


def at_rest(visited: Visit, peer: MillisPeer) -> None:
    visited.button.wait_for(state="attached")
    if visited.page.locator(".launcher").is_visible():
        visited.page.locator(".launcher").click()
    visited.button.wait_for()


def terms(visited: Visit, peer: MillisPeer) -> None:
    visited.press()
    visited.page.locator(".consent").wait_for()


def connecting(visited: Visit, peer: MillisPeer) -> None:
    tool(visited, "Agree and start")
    visited.wait_for("connecting")
    visited.until(lambda: bool(peer.calls and peer.last.initiate), "the session is asked for")


def listening(visited: Visit, peer: MillisPeer) -> None:
    say(peer.last, "onready", {"session_id": "session-1"}, session_id="session-1")
    shown(visited, "Listening")


def thinking(visited: Visit, peer: MillisPeer) -> None:
    for method, text in TALK:
        say(peer.last, method, text, is_final=True)
    say(peer.last, "ontranscript", "and on sun", is_final=False)
    say(peer.last, "start_answering")
    shown(visited, "Thinking")


def speaking(visited: Visit, peer: MillisPeer) -> None:
    asyncio.run_coroutine_threadsafe(peer.last.play(tone(300, 12), paced=False), peer.last.connection.loop).result(5)
    shown(visited, "Agent speaking")
    visited.page.wait_for_timeout(1_000)


def muted(visited: Visit, peer: MillisPeer) -> None:
    say(peer.last, "clear")
    tool(visited, "Mute microphone")
    shown(visited, "Microphone muted")


def devices(visited: Visit, peer: MillisPeer) -> None:
    tool(visited, "Mute microphone")
    tool(visited, "Choose microphone and loudspeaker")
    visited.page.get_by_label("Microphone", exact=True).wait_for()


def form(visited: Visit, peer: MillisPeer) -> None:
    tool(visited, "Choose microphone and loudspeaker")
    fields = {"description": "Your booking", "fields": FIELDS}
    say(peer.last, "onfunction", "", name="book", params={}, call_id="c1", form=fields)
    visited.page.get_by_label("Your e-mail address").fill("ann")
    visited.page.locator(".form [type=submit]").click()
    shown(visited, "Please enter an e-mail address")


def typed(visited: Visit, peer: MillisPeer) -> None:
    visited.page.locator(".form [data-close]").click()
    if visited.page.locator(".composer").is_visible():
        tool(visited, "Speak")
        shown(visited, "You can type")


def reconnecting(visited: Visit, peer: MillisPeer) -> None:
    peer.last.connection.loop.call_soon_threadsafe(peer.last.connection.transport.abort)
    shown(visited, "Connection lost")


def ended(visited: Visit, peer: MillisPeer) -> None:
    visited.press()
    visited.wait_for("idle")
    shown(visited, "The call has ended")


def broken(visited: Visit, peer: MillisPeer) -> None:
    _called_again(visited, peer)
    listening(visited, peer)
    close(peer.last, 1011, "internal error")
    shown(visited, "The agent had a problem")


def busy(visited: Visit, peer: MillisPeer) -> None:
    _called_again(visited, peer)
    close(peer.last, 1013, "the server is full; try again in 90 s")
    shown(visited, "You can try again at")


def _called_again(visited: Visit, peer: MillisPeer) -> None:
    calls = len(peer.calls)
    visited.press()

    def is_asked_for() -> bool:
        """Not the lost call once more: an attempt to take it up again may come late."""
        return any(call.initiate and "session_continuation" not in call.initiate for call in peer.calls[calls:])

    visited.until(is_asked_for, "the session is asked for")


STATES: tuple[State, ...] = (
    *(
        at_rest,
        terms,
        connecting,
        listening,
        thinking,
        speaking,
        muted,
        devices,
        form,
        typed,
        reconnecting,
        ended,
        broken,
        busy,
    ),
)


def walk(visited: Visit, peer: MillisPeer) -> Iterator[str]:
    """Through all states in one page; gives the name of each."""
    for number, state in enumerate(STATES):
        state(visited, peer)
        yield f"{number:02d}-{state.__name__}"


async def silent(call: PeerCall) -> None:
    await call.closed.wait()


def check(visited: Visit, peer: MillisPeer, folder: str) -> None:
    into = PICTURES / folder
    into.mkdir(parents=True, exist_ok=True)
    wrong = {}
    for name in walk(visited, peer):
        visited.page.screenshot(path=into / f"{name}.png", animations="disabled")
        wrong[name] = violations(visited.page)
    assert {name: found for name, found in wrong.items() if found} == {}


def page_with(pages: str, peer: MillisPeer, attributes: str, theme: str) -> str:
    colours = "background: #10131a; color: #e7eaf0" if theme == "dark" else "background: #fff"
    return (
        f'<script src="{pages}/embed.js"></script><main style="{colours}; min-height: 700px"><h1>A page</h1>'
        f'<parley-call agent-id="-Abc" public-key="KEY" media-url="{peer.url}" theme="{theme}" '
        f'consent-text="Calls are recorded to make our answers better." {attributes}></parley-call></main>'
    )


VARIANTS = {
    "button": "",
    "compact": 'variant="compact" text-input dismissible',
    "full": 'variant="full" text-input style="height: 640px"',
}


def visit_with_axe(visit: OpenPage, url: str, **emulated: Any) -> Visit:
    return visit(url, prepare=bring_axe, viewport={"width": 420, "height": 760}, **emulated)


def test_no_state_has_a_violation(visit: OpenPage, peer: MillisPeer, pages: str, other_site: Site) -> None:
    peer.script = silent
    url = other_site.page(page_with(pages, peer, VARIANTS["compact"], "dark"))
    check(visit_with_axe(visit, url), peer, "compact-dark")


@pytest.mark.full
@pytest.mark.timeout(120)
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("variant", VARIANTS)
def test_no_state_of_any_variant_and_theme_has_a_violation(
    visit: OpenPage, peer: MillisPeer, pages: str, other_site: Site, variant: str, theme: str
) -> None:
    peer.script = silent
    url = other_site.page(page_with(pages, peer, VARIANTS[variant], theme))
    check(visit_with_axe(visit, url), peer, f"{variant}-{theme}")


@pytest.mark.full
@pytest.mark.timeout(120)
def test_no_state_has_a_violation_in_forced_colours(
    visit: OpenPage, peer: MillisPeer, pages: str, other_site: Site
) -> None:
    peer.script = silent
    url = other_site.page(page_with(pages, peer, VARIANTS["full"], "auto"))
    visited = visit_with_axe(visit, url, forced_colors="active", reduced_motion="reduce")
    check(visited, peer, "full-forced-colours")
