"""One suite for three clients: the unmodified npm package `@millisai/web-sdk`, 1.0.13 and 1.0.15, and ours.

A program that was written for the reference client is told the same by ours, in the same order, and what it sends
reaches the server in the same form. What only ours does is in test_sdk.py.
"""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.e2e.widget.conftest import LaunchBrowser, OpenPage, Visit, tone
from tests.peers.millis import MillisPeer, PeerCall
from tests.peers.sdk_page import CLIENTS, NODE_MODULES, SDK, sdk_page, sdk_url

ClientPage = Callable[..., Visit]
Event = tuple[str, *tuple[Any, ...]]
WITHOUT_ITS_OWN_WAYS = {"reconnect": False}
"""Of our client: the reference takes no call up again. It knows no such key."""
BEGINNING: list[Event] = [
    ("useraudioready", "stream"),
    ("analyzer", "AnalyserNode"),
    ("onopen",),
    ("onagentstate", "idle"),
    ("onready", {"session_id": "session-9"}),
]


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    if not SDK.exists():
        pytest.fail("the package is not installed: npm ci --prefix widget")
    with sdk_page() as served:
        yield served


@pytest.fixture(params=CLIENTS)
def client(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def open_client(visit: OpenPage, peer: MillisPeer, origin: str, client: str) -> ClientPage:
    def opened(**options: Any) -> Visit:
        browser = {"browser": options.pop("browser")} if "browser" in options else {}
        options = {"client": client, "config": WITHOUT_ITS_OWN_WAYS} | options
        visited = visit(sdk_url(origin, peer.url, "KEY", "-Abc", {"userName": "Ann"}, **options), **browser)
        visited.page.locator("body[data-loaded]").wait_for()
        visited.page.click("#start")
        return visited

    return opened


def told(visited: Visit) -> list[Event]:
    """Every event but the agent's audio, with its arguments; of a latency only that there is one."""
    found: list[Event] = []
    for event in visited.page.evaluate("window.events"):
        if event["name"] == "onlatency":
            found.append(("onlatency",))
        elif event["name"] != "onaudio":
            arguments = [event[key] for key in ("data", "payload") if event.get(key) is not None]
            found.append((event["name"], *arguments))
    return found


async def accept(call: PeerCall) -> None:
    """A script that only listens."""
    await call.ready("session-9")
    await call.closed.wait()


def until_told(visited: Visit, peer: MillisPeer, event: Event, times: int = 1) -> None:
    visited.until(lambda: told(visited).count(event) >= times, str(event), lambda: so_far(visited, peer))


def until_all_told(visited: Visit, peer: MillisPeer, events: list[Event]) -> None:
    visited.until(lambda: told(visited) == events, str(events), lambda: so_far(visited, peer))


def until_it_runs(visited: Visit, peer: MillisPeer) -> None:
    """Its beginning is told and its microphone is heard: the page does not begin it anew any more (page.mjs)."""
    visited.until(lambda: told(visited) == BEGINNING and any(peer.last.audio), "it runs", lambda: so_far(visited, peer))


def so_far(visited: Visit, peer: MillisPeer) -> str:
    calls = [(len(call.audio), call.initiate, call.close_code) for call in peer.calls]
    return f"calls {calls}, events {told(visited)}, console {visited.complaints}"


def test_the_packages_are_the_reference_versions() -> None:
    for folder, version in (("web-sdk", "1.0.15"), ("web-sdk-1.0.13", "1.0.13")):
        package = NODE_MODULES / "@millisai" / folder / "package.json"
        assert json.loads(package.read_text())["version"] == version


def test_a_whole_conversation_is_told_event_by_event(open_client: ClientPage, peer: MillisPeer) -> None:
    thought, silent, cleared = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def script(call: PeerCall) -> None:
        await call.ready("session-9")
        await call.hear(0.2)
        await call.say("ontranscript", "hel", is_final=False)
        await call.say("ontranscript", "hello", is_final=True)
        await call.say("start_answering")
        await thought.wait()
        await call.say("onresponsetext", "Hi Ann", is_final=True)
        await call.play(tone(300, 0.3), paced=False)
        await silent.wait()
        await call.say("start_answering")
        await call.play(tone(300, 30), paced=False)
        for method in ("pause", "unpause", "pause", "clear"):
            await call.say(method)
        await cleared.wait()
        await call.say("onfunction", "", name="book", params={"party": 2})
        await call.say("ai_action", "answering")
        await call.say("something_new", {"of": "a later version"}, more=1)
        await call.say("pong", "1")
        await call.end()

    peer.script = script
    began = time.monotonic()
    visited = open_client()
    until_told(visited, peer, ("onagentstate", "prepare_answer"))
    visited.page.wait_for_timeout(50)
    loop = peer.last.connection.loop
    loop.call_soon_threadsafe(thought.set)
    until_told(visited, peer, ("onagentstate", "idle"), times=2)
    loop.call_soon_threadsafe(silent.set)
    until_told(visited, peer, ("onagentstate", "idle"), times=3)
    loop.call_soon_threadsafe(cleared.set)
    conversation: list[Event] = [
        *BEGINNING,
        ("ontranscript", "hel", {"is_final": False}),
        ("ontranscript", "hello", {"is_final": True}),
        ("onagentstate", "prepare_answer"),
        ("onresponsetext", "Hi Ann", {"is_final": True}),
        ("onlatency",),
        ("onagentstate", "answer"),
        ("onagentstate", "idle"),
        ("onagentstate", "prepare_answer"),
        ("onlatency",),
        ("onagentstate", "answer"),
        ("onagentstate", "pause"),
        ("onagentstate", "answer"),
        ("onagentstate", "pause"),
        ("onagentstate", "idle"),
        ("onfunction", "", {"name": "book", "params": {"party": 2}}),
        ("ai_action", "answering"),
        ("something_new", {"of": "a later version"}, {"more": 1}),
        ("onsessionended", {"reason": "agent-ended", "duration": 1}),
        ("onclose", {"code": 1000, "reason": ""}),
        ("onagentstate", "idle"),
    ]
    until_all_told(visited, peer, conversation)
    events = visited.page.evaluate("window.events")
    first_latency_ms, _ = (event["data"] for event in events if event["name"] == "onlatency")
    assert 30 < first_latency_ms < 1_000 * (time.monotonic() - began)
    assert sum(event["data"] for event in events if event["name"] == "onaudio") == 2 * 16_000 * 30.3
    visited.until(lambda: len(peer.last.audio) > 6_400, "the microphone is heard while the agent speaks")
    visited.until_equal(lambda: set(visited.microphones()), {"ended"})


def test_mute_stop_and_a_second_call(open_client: ClientPage, peer: MillisPeer) -> None:
    peer.script = accept
    visited = open_client()
    until_it_runs(visited, peer)
    heard = peer.last.audio
    visited.page.evaluate("window.client.mute()")
    visited.until(lambda: not any(heard[-6_400:]), "a muted client goes on sending, zeros")
    visited.page.evaluate("window.client.unmute()")
    visited.until(lambda: any(heard[-16_000:]), "the microphone is heard again")
    before = len(peer.calls)
    visited.page.click("#stop")
    visited.until(lambda: told(visited)[-1] == ("onagentstate", "idle"), "the close is told")
    assert [name for name, *_ in told(visited)] == [name for name, *_ in BEGINNING] + ["onclose", "onagentstate"]
    visited.until_equal(lambda: set(visited.microphones()), {"ended"})
    visited.until_equal(lambda: set(visited.contexts()), {"closed"})
    visited.until(lambda: peer.last.close_code is not None, "the socket is closed")
    visited.page.evaluate("() => { window.events = []; window.restarts = 0; window.again('-Other'); }")
    until_it_runs(visited, peer)
    assert peer.last.initiate["agent"] == {"agent_id": "-Other"}
    assert len(peer.calls) == before + 1 + int(visited.page.evaluate("window.restarts"))


CONFIG = {"prompt": "You help.", "voice": {"provider": "openai", "voice_id": "v"}}
AGENT = {"agent_id": "-Abc", "agent_config": {"language": "de"}}
CONTINUATION = {"agent": AGENT, "metadata": {"plan": 1}, "session_continuation": {"session_id": "s"}}
STARTS: list[tuple[list[Any], dict[str, Any]]] = [
    (["-Abc"], {"agent": {"agent_id": "-Abc"}}),
    (
        ["-Abc", {"plan": 1}, True],
        {"agent": {"agent_id": "-Abc"}, "metadata": {"plan": 1}, "include_metadata_in_prompt": True},
    ),
    ([CONFIG], {"agent": {"agent_config": CONFIG}}),
    ([CONFIG, {"plan": 1}], {"agent": {"agent_config": CONFIG}, "metadata": {"plan": 1}}),
    ([CONTINUATION], CONTINUATION),
]
"""The arguments of start, and what reaches the server beside the key. 1.0.13 does not have the last one."""


def test_every_form_of_start_reaches_the_server(open_client: ClientPage, peer: MillisPeer, client: str) -> None:
    peer.script = accept
    visited = open_client()
    until_it_runs(visited, peer)
    for arguments, initiate in STARTS[: -1 if client == "1.0.13" else None]:
        visited.page.click("#stop")
        # The reference client takes the old call's close for the new one's, when that has begun before it.
        until_told(visited, peer, ("onagentstate", "idle"), times=2)
        visited.page.evaluate("(given) => { window.events = []; window.again(...given); }", arguments)
        until_it_runs(visited, peer)
        assert peer.last.initiate == {"public_key": "KEY"} | initiate


def test_a_refusal_is_told_by_the_close(open_client: ClientPage, peer: MillisPeer) -> None:
    async def script(call: PeerCall) -> None:
        await call.initiated.wait()
        await call.say("ai_action", "agent -Abc was not found")
        await call.end("error", 1008, "agent -Abc was not found")

    peer.script = script
    visited = open_client()
    refused: list[Event] = [
        *BEGINNING[:3],
        ("ai_action", "agent -Abc was not found"),
        ("onsessionended", {"reason": "error", "duration": 1}),
        ("onclose", {"code": 1008, "reason": "agent -Abc was not found"}),
        ("onagentstate", "idle"),
    ]
    until_all_told(visited, peer, refused)
    visited.until_equal(lambda: set(visited.microphones()), {"ended"})


def test_a_lost_connection_is_told_by_the_close(open_client: ClientPage, peer: MillisPeer) -> None:
    async def script(call: PeerCall) -> None:
        await call.ready("session-9")
        await call.hear(0.1)
        call.connection.transport.abort()

    peer.script = script
    visited = open_client()
    lost = [("onclose", {"code": 1006, "reason": ""}), ("onagentstate", "idle")]
    until_all_told(visited, peer, [*BEGINNING, *lost])
    visited.until_equal(lambda: set(visited.microphones()), {"ended"})


def test_without_a_microphone_the_start_is_rejected_and_nobody_is_called(
    open_client: ClientPage, peer: MillisPeer, launch: LaunchBrowser
) -> None:
    visited = open_client(browser=launch("denied"))
    visited.until(lambda: bool(visited.page.evaluate("window.refusal?.isError")), "start is rejected")
    assert (told(visited), peer.calls) == ([], [])
