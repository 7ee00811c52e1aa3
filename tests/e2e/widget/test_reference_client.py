"""The unmodified npm package `@millisai/web-sdk` 1.0.15 against the scripted server: proves the page that drives it."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.widget.conftest import OpenPage, Visit, tone
from tests.peers.millis import MillisPeer, PeerCall
from tests.peers.sdk_page import SDK, sdk_page, sdk_url


def told(visited: Visit, peer: MillisPeer) -> str:
    calls = [(len(call.audio), call.initiate, call.close_code) for call in peer.calls]
    return f"calls {calls}, events {visited.page.evaluate('window.events')}, console {visited.complaints}"


@pytest.fixture(scope="module")
def sdk_origin() -> Iterator[str]:
    if not SDK.exists():
        pytest.fail("the package is not installed: npm ci --prefix widget")
    with sdk_page() as origin:
        yield origin


def events(visited: Visit, name: str) -> list[dict[str, Any]]:
    return [event for event in visited.page.evaluate("window.events") if event["name"] == name]


def test_the_package_is_the_reference_version(sdk_origin: str) -> None:
    assert json.loads(SDK.read_text())["version"] == "1.0.15"


def test_a_whole_call(visit: OpenPage, peer: MillisPeer, sdk_origin: str) -> None:
    async def script(call: PeerCall) -> None:
        await call.ready("session-9")
        await call.hear(0.2)
        await call.say("ontranscript", "hello", is_final=True)
        await call.say("start_answering")
        await asyncio.sleep(0.05)
        await call.say("onresponsetext", "Hi Ann", is_final=True)
        await call.play(tone(300, 0.4))
        await call.end()

    peer.script = script
    visited = visit(sdk_url(sdk_origin, peer.url, "KEY", "-Abc", {"userName": "Ann"}))
    visited.page.click("#start")
    visited.until(lambda: bool(events(visited, "onclose")), "the session ends", lambda: told(visited, peer))
    assert peer.last.initiate["public_key"] == "KEY"
    assert peer.last.initiate["agent"] == {"agent_id": "-Abc"}
    assert peer.last.initiate["metadata"] == {"userName": "Ann"}
    assert [event["data"] for event in events(visited, "onready")] == [{"session_id": "session-9"}]
    assert [(event["data"], event["payload"]) for event in events(visited, "ontranscript")] == [
        ("hello", {"is_final": True})
    ]
    assert [event["data"] for event in events(visited, "onresponsetext")] == ["Hi Ann"]
    (latency,) = events(visited, "onlatency")
    assert 30 < latency["data"] < 1_000
    assert sum(event["data"] for event in events(visited, "onaudio")) == 12_800
    assert len(events(visited, "onsessionended")) == 1
    assert events(visited, "onclose")[0]["data"]["code"] == 1000
    assert len(peer.last.audio) > 6_400
