"""A call from the iframe's page: what is sent, what sounds, and how it ends."""

import asyncio
import base64
import itertools
import json
import re
import time
import zlib
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from tests.e2e.widget.conftest import NOTES_HZ, WIRE_RATE_HZ, OpenPage, Visit, tone
from tests.peers.millis import MillisPeer, PeerCall
from tests.peers.web import Site

Samples = npt.NDArray[np.float64]
PageUrl = Callable[..., str]


def loudest_hz(samples: Samples, rate_hz: int) -> float:
    """The strongest frequency."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * rate_hz / len(samples))


def loud_parts(samples: Samples, rate_hz: int, threshold: float = 0.02, gap_s: float = 0.03) -> list[tuple[int, int]]:
    """Stretches of sound, as (first, last) samples; a shorter silence than `gap_s` does not divide them."""
    loud = np.flatnonzero(np.abs(samples) > threshold)
    if len(loud) == 0:
        return []
    breaks = np.flatnonzero(np.diff(loud) > gap_s * rate_hz)
    firsts, lasts = [loud[0], *loud[breaks + 1]], [*loud[breaks], loud[-1]]
    return [(int(first), int(last)) for first, last in zip(firsts, lasts, strict=True)]


PAINTED = """() => {
    const copy = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    const row = (canvas, share) => {
        const [x, y] = [Math.floor(canvas.width * 0.33), Math.floor(canvas.height * share)];
        copy.clearRect(0, 0, 40, 1);
        copy.drawImage(canvas, x, y, 40, 1, 0, 0, 40, 1);
        return copy.getImageData(0, 0, 40, 1).data.some((value, index) => index % 4 === 3 && value > 0);
    };
    window.painted = { agent: false, user: false };
    const look = () => {
        requestAnimationFrame(look);
        const canvas = document.querySelector('parley-call').shadowRoot.querySelector('canvas');
        if (!canvas?.width) return;
        painted.agent ||= row(canvas, 0.35);
        painted.user ||= row(canvas, 0.65);
    };
    look();
}"""
"""Watches a picture for whether it ever shows the agent's voice and the user's."""
DIRECTED = """() => {
    window.states = [];
    const nowS = () => contexts[0].currentTime;
    const at = (dueS, act) => (nowS() < dueS ? setTimeout(at, 20, dueS, act) : act());
    addEventListener('parley:agentstate', ({ detail: { state }, target: call }) => {
        states.push([state, nowS()]);
        if (state === 'answer' && !window.held) at(nowS() + 0.3, () => call.sendText('pause'));
        if (state === 'pause') at(nowS() + 0.6, () => { window.held = call.playbackCounts; call.sendText('unpause'); });
    });
}"""
"""Asks for a pause in what the agent says, and for its end; all times are of the clock of the page's sound."""
LAST_FACE = """() => {
    const call = document.querySelector('parley-call').shadowRoot.querySelector('.call');
    const given = tracks.length;
    window.lastFace = new Promise((resolve) => {
        const look = () => {
            const isBack = tracks.length > given && tracks.every(({ readyState }) => readyState === 'ended');
            if (isBack) resolve(call.dataset.face);
            else requestAnimationFrame(look);
        };
        look();
    });
}"""
"""Keeps what the button shows when the next microphone has just been given back."""


def samples_of(pcm: bytes | bytearray) -> Samples:
    """Of the wire, as they are by now."""
    return np.frombuffer(bytes(pcm), "<i2") / 32_768


def follows(call: PeerCall) -> set[tuple[int, int]]:
    """Which of the microphone's notes came after which, where enough of both is left: a busy machine loses pieces."""
    sound = samples_of(call.audio)
    parts = [sound[first:last] for first, last in loud_parts(sound, WIRE_RATE_HZ) if last - first > WIRE_RATE_HZ // 10]
    return {*itertools.pairwise(note_of(loudest_hz(part, WIRE_RATE_HZ)) for part in parts)}


def note_of(hz: float) -> int:
    """The one of that pitch; 0 when there is none."""
    return next((note for note in NOTES_HZ if abs(note - hz) < 15), 0)


def sound_of(visited: Visit) -> tuple[Samples, int]:
    return np.array(visited.heard()), visited.heard_rate_hz()


def energy(sound: Samples, rate_hz: int) -> float:
    """Of a whole recording; silence in it, as a loaded machine may add, does not count."""
    return float(np.sum(sound**2)) / rate_hz


def energy_of_tone(seconds: float) -> float:
    """Of what `tone` makes."""
    return energy(samples_of(tone(300, seconds)), WIRE_RATE_HZ)


def test_the_microphone_reaches_the_server_as_20_ms_frames_of_16_khz(
    visit: OpenPage, peer: MillisPeer, page_url: PageUrl
) -> None:
    visited = visit(page_url(userName="Ann"))
    asked = time.monotonic()
    visited.press()
    visited.wait_for("running")
    call = peer.last
    in_order = {*itertools.pairwise((*NOTES_HZ, NOTES_HZ[0]))}
    visited.until(lambda: in_order <= follows(call), "notes come in order", lambda: str(follows(call)))
    sent_s, took_s = len(call.audio) / 32_000, time.monotonic() - asked
    assert call.initiate == {
        "public_key": "KEY",
        "agent": {"agent_id": "-Abc"},
        "web_forms": True,
        "metadata": {"userName": "Ann"},
    }
    assert call.packet_sizes == {640}
    assert sent_s < took_s + 0.1
    assert visited.complaints == []


def test_stopping_closes_the_call_and_gives_the_microphone_back(
    visit: OpenPage, peer: MillisPeer, page_url: PageUrl
) -> None:
    visited = visit(page_url())
    visited.press()
    visited.wait_for("running")
    assert visited.microphones() == ["live"]
    visited.press()
    visited.wait_for("idle")
    assert visited.microphones() == ["ended"]
    visited.until(lambda: peer.last.close_code == 1000, "the socket is closed")
    assert peer.last.close_reason == "user-ended"
    visited.until_equal(visited.contexts, ["closed"])


def test_the_agent_is_heard_and_both_sides_are_drawn(visit: OpenPage, peer: MillisPeer, page_url: PageUrl) -> None:
    async def script(call: PeerCall) -> None:
        await call.ready()
        # At once: what comes late from a busy machine would be drawn out.
        await call.play(tone(300, 1.5), paced=False)
        await call.closed.wait()

    peer.script = script
    visited = visit(page_url(), recorded=True)
    visited.page.evaluate(PAINTED)
    visited.press()
    visited.wait_for("running")
    visited.until_equal(lambda: visited.page.evaluate("painted"), {"agent": True, "user": True})
    visited.until(lambda: visited.counts()["played"] == 24_000, "all was played")
    visited.hear(0.2)
    sound, rate_hz = sound_of(visited)
    first, last = loud_parts(sound, rate_hz, gap_s=1)[0]
    assert energy(sound, rate_hz) == pytest.approx(energy_of_tone(1.5), rel=0.01)
    assert loudest_hz(sound[first:last], rate_hz) == pytest.approx(300, abs=3)
    assert np.abs(sound).max() == pytest.approx(0.3, abs=0.02)
    assert visited.complaints == []


def test_a_pause_loses_no_sample(visit: OpenPage, peer: MillisPeer, page_url: PageUrl) -> None:
    speech = tone(250, 0.8) + tone(500, 0.8) + tone(1_000, 0.8)

    async def script(call: PeerCall) -> None:
        await call.ready()
        # So much that a late pause still finds plenty in hand: with little, speech is slowed down.
        await call.play(speech[: len(speech) * 5 // 6], paced=False)
        await call.until(lambda: len(call.others) == 1)
        await call.say("pause")
        await call.play(speech[len(speech) * 5 // 6 :], paced=False)
        await call.until(lambda: len(call.others) == 2)
        await call.say("unpause")
        await call.closed.wait()

    peer.script = script
    visited = visit(page_url(), recorded=True)
    visited.page.evaluate(DIRECTED)
    visited.press()
    visited.wait_for("running")
    all_played = {"played": len(speech) // 2, "buffered": 0, "cleared": 0, "paused": False}
    visited.until_equal(visited.counts, all_played)
    held = visited.page.evaluate("held")
    assert held["paused"]
    assert held["played"] > 0
    assert held["buffered"] > 0
    visited.hear(0.2)
    sound, rate_hz = sound_of(visited)
    parts = loud_parts(sound, rate_hz, gap_s=0.3)
    assert len(parts) == 2, "one pause divides the speech"
    states, times_s = zip(*visited.page.evaluate("states"), strict=True)
    paused = states.index("pause")
    assert states[paused + 1] == "answer"
    told_s = times_s[paused + 1] - times_s[paused]
    assert (parts[1][0] - parts[0][1]) / rate_hz == pytest.approx(told_s, abs=0.15)
    assert energy(sound, rate_hz) == pytest.approx(energy_of_tone(0.8) * 3, rel=0.01)


def test_clear_stops_at_once_and_the_next_reply_is_heard(visit: OpenPage, peer: MillisPeer, page_url: PageUrl) -> None:
    interrupted, answered = asyncio.Event(), asyncio.Event()

    async def script(call: PeerCall) -> None:
        await call.ready()
        await call.play(tone(300, 30), paced=False)
        await interrupted.wait()
        await call.say("clear")
        await answered.wait()
        await call.play(tone(700, 0.5), paced=False)
        await call.closed.wait()

    peer.script = script
    visited = visit(page_url(), recorded=True)
    visited.press()
    visited.wait_for("running")
    visited.until(lambda: bool(visited.page.evaluate("heard.samples().some((one) => one > 0.1)")), "the agent is heard")
    peer.last.connection.loop.call_soon_threadsafe(interrupted.set)
    visited.until(lambda: visited.counts()["cleared"] > 0, "playback is cleared")
    cleared = visited.counts()
    assert cleared["played"] + cleared["cleared"] == 30 * 16_000
    visited.hear(0.3)
    peer.last.connection.loop.call_soon_threadsafe(answered.set)
    visited.until(lambda: visited.counts()["played"] == cleared["played"] + 8_000, "the next reply was played")
    visited.hear(0.2)
    sound, rate_hz = sound_of(visited)
    first, second = loud_parts(sound, rate_hz, gap_s=0.2)
    assert (first[1] - first[0]) / rate_hz == pytest.approx(cleared["played"] / 16_000, abs=0.02)
    assert loudest_hz(sound[second[0] : second[1]], rate_hz) == pytest.approx(700, abs=4)


def test_the_transcript_shows_both_sides_and_partials_replace_their_line(
    visit: OpenPage, peer: MillisPeer, page_url: PageUrl
) -> None:
    step = asyncio.Event()

    async def script(call: PeerCall) -> None:
        await call.ready()
        await call.say("onresponsetext", "Hi Ann!", is_final=True)
        await call.say("ontranscript", "what are", is_final=False)
        await step.wait()
        await call.say("ontranscript", "what are your opening hours", is_final=True)
        await call.say("onresponsetext", "<b>We</b> are open", is_final=True)
        await call.closed.wait()

    peer.script = script
    visited = visit(page_url())
    visited.page.evaluate("""window.told = [];
        for (const name of ['ready', 'transcript', 'ended'])
            addEventListener(`parley:${name}`, (event) => window.told.push([name, event.detail]));""")
    log = visited.page.get_by_role("log")
    visited.press()
    log.get_by_text("what are").wait_for()
    assert log.locator(".line").all_inner_texts() == ["Agent\nHi Ann!", "You\nwhat are"]
    assert [line.get_attribute("aria-busy") for line in log.locator(".line").all()] == ["false", "true"]
    peer.last.connection.loop.call_soon_threadsafe(step.set)
    log.get_by_text("<b>We</b> are open").wait_for()
    assert log.locator(".line").all_inner_texts() == [
        "Agent\nHi Ann!",
        "You\nwhat are your opening hours",
        "Agent\n<b>We</b> are open",
    ]
    visited.press()
    told = visited.page.evaluate("window.told")
    assert told[0] == ["ready", {"sessionId": "session-1"}]
    assert told[1] == ["transcript", {"speaker": "agent", "text": "Hi Ann!", "isFinal": True}]
    assert told[-1][0] == "ended"
    assert told[-1][1]["reason"] == "user-ended"


def test_the_agents_last_words_are_heard_after_it_ends_the_call_and_a_second_call_works(
    visit: OpenPage, peer: MillisPeer, page_url: PageUrl
) -> None:
    async def script(call: PeerCall) -> None:
        await call.ready()
        await call.play(tone(400, 1), paced=False)
        await call.end()

    peer.script = script
    visited = visit(page_url(), recorded=True)
    for number in (1, 2):
        visited.page.evaluate(LAST_FACE)
        visited.press()
        assert visited.page.evaluate("lastFace") == "running", "the last words are still playing"
        visited.wait_for("idle")
        assert visited.counts()["played"] == 16_000
        assert visited.page.get_by_text("The call has ended").first.is_visible()
        assert len(peer.calls) == number
    sound, rate_hz = sound_of(visited)
    assert energy(sound, rate_hz) == pytest.approx(2 * energy_of_tone(1), rel=0.01)
    assert visited.complaints == []


def test_a_call_can_be_given_up_while_it_connects(visit: OpenPage, peer: MillisPeer, page_url: PageUrl) -> None:
    async def never_ready(call: PeerCall) -> None:
        await call.closed.wait()

    peer.script = never_ready
    visited = visit(page_url())
    visited.press()
    visited.until(lambda: bool(peer.calls and peer.last.initiate), "the session is initiated")
    assert visited.state() == "connecting"
    visited.press()
    visited.wait_for("idle")
    visited.until(lambda: peer.last.close_code == 1000, "the socket is closed")
    assert visited.microphones() == ["ended"]
    assert visited.complaints == []


def test_a_double_click_starts_one_call(visit: OpenPage, peer: MillisPeer, page_url: PageUrl) -> None:
    visited = visit(page_url())
    visited.page.get_by_role("button").dblclick()
    visited.wait_for("running")
    assert len(peer.calls) == 1


def test_the_look_of_the_address_is_applied_under_the_policy(
    visit: OpenPage, peer: MillisPeer, page_url: PageUrl
) -> None:
    look = {
        "titles": {"idle": "Talk to us", "running": "Hang up"},
        "icons": {"idle": "f7:phone", "running": "mdi:cat"},
        "buttonCss": "background: rgb(1, 2, 3); border-radius: 4px",
        "background": "rgb(9, 8, 7)",
        "size": 150,
        "transcript": False,
    }
    encoded = base64.b64encode(zlib.compress(json.dumps(look).encode())).decode()
    visited = visit(page_url(c=encoded))
    button = visited.page.get_by_role("button", name="Talk to us")
    box = button.bounding_box()
    assert box is not None
    assert (box["width"], box["height"]) == (150, 150)
    assert button.evaluate("(it) => getComputedStyle(it).backgroundColor") == "rgb(1, 2, 3)"
    assert visited.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(9, 8, 7)"
    button.click()
    visited.page.get_by_role("button", name="Hang up").wait_for()
    assert visited.page.get_by_role("log").count() == 0
    assert visited.complaints == []


def test_a_look_loads_nothing_from_elsewhere(visit: OpenPage, page_url: PageUrl, other_site: Site) -> None:
    picture = f"url({other_site.origin}/picture.png)"
    look = {"background": picture, "buttonCss": f"background-image: {picture}; list-style: {picture}"}
    encoded = base64.b64encode(zlib.compress(json.dumps(look).encode())).decode()
    visited = visit(page_url(c=encoded))
    visited.page.get_by_role("button", name="Start").wait_for()
    visited.until(lambda: len(visited.complaints) > 0, "the policy speaks")
    assert all("img-src" in complaint for complaint in visited.complaints)
    assert other_site.requests == []


def test_a_bad_look_is_a_warning_in_the_console(visit: OpenPage, page_url: PageUrl) -> None:
    visited = visit(page_url(c="nonsense"))
    visited.page.get_by_role("button", name="Start").wait_for()
    visited.until_equal(lambda: len(visited.complaints), 1)
    assert re.search(r"look .* is ignored", visited.complaints[0])
