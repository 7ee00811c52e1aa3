"""Playback over a bad network, as it is heard: our client beside the reference client, on one trace at the same time.

    python -m tests.bench.playback_jitter

Both run in Chromium behind one proxy that holds everything back at set times and then lets it through at once; on one
page, so that a busy machine delays both of them or none. What each gives to the loudspeaker is recorded on its audio
thread, with the time at which the browser says that it is heard, which is never less than the 40 ms of its own output.
The speech is made of syllables of known pitch, so it shows when each was heard; its pauses are quiet and not silent, so
that real silence is a gap.
"""

import asyncio
import base64
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
import numpy.typing as npt
from playwright.sync_api import Frame, Page, sync_playwright

from tests.e2e.speech import silence, write_wav
from tests.e2e.widget.recorder import UNDER_NO_POLICY, record_pages
from tests.peers.millis import FRAME_BYTES, FRAME_S, SAMPLE_RATE_HZ, PeerCall, millis_peer
from tests.peers.sdk_page import sdk_page, sdk_url
from tests.peers.stalling_proxy import Hold, stalling_proxy

Samples = npt.NDArray[np.float64]

CHROMIUM = "/usr/bin/chromium"
REFERENCE, OURS = "1.0.15", "parley"
VOICE_S, PAUSE_S = 0.4, 0.1
SYLLABLE_S = VOICE_S + PAUSE_S
LOWEST_HZ, STEP_HZ = 300, 60
LOUD, QUIET = 0.05, 2e-4
"""Above the one is a syllable; below the other for `GAP_S` is a gap."""
GAP_S = 0.005
BETWEEN_REPLIES_S = 1.48833
"""Replies of four seconds begin at all phases of the 10 ms in which audio is rendered, and of the 40 ms after which
quanta at the rate of the reference client meet them again."""
WINDOW_S = 0.005
OF_THE_PAGE = """() => {
    const bytes = new Uint8Array(Float32Array.from(window.heard.samples()).buffer);
    let text = '';
    for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
    return [btoa(text), window.heard.rateHz, window.heard.startsMs];
}"""


@dataclass(frozen=True)
class Trace:
    """What the server sends, and what the network does to it. Times are from the beginning of the first reply."""

    name: str
    replies: int
    reply_s: float
    ahead_s: float
    """How far the server is ahead of real time; ours is 200 ms."""
    holds: Sequence[Hold] = ()

    def begin_s(self, reply: int) -> float:
        return reply * (self.reply_s + BETWEEN_REPLIES_S)


@dataclass
class Heard:
    """What became of one client's playback."""

    gaps: list[float] = field(default_factory=list)
    """Silences within replies, in ms."""
    lags_ms: list[float] = field(default_factory=list)
    """Of each syllable: how much later than it was due it was heard."""
    missing: int = 0
    """Syllables that were not heard at all."""

    @property
    def lag_ms(self) -> float:
        return float(np.mean(self.lags_ms))


@dataclass
class Timetable:
    """When a trace begins: as soon as both clients are there."""

    clients: int
    ready: int = 0
    began_s: float = 0.0
    """`time.time()`."""
    all_there: asyncio.Event = field(default_factory=asyncio.Event)


def syllable_hz(number: int) -> int:
    return LOWEST_HZ + STEP_HZ * number


def speech(seconds: float) -> bytes:
    """PCM of the wire."""
    parts = [
        _tone(hz, length_s, amplitude)
        for number in range(round(seconds / SYLLABLE_S))
        for hz, length_s, amplitude in ((syllable_hz(number), VOICE_S, 0.3), (200, PAUSE_S, 0.003))
    ]
    return (np.concatenate(parts) * 32767).astype("<i2").tobytes()


def _tone(hz: float, seconds: float, amplitude: float) -> Samples:
    at = np.arange(round(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    return amplitude * np.sin(2 * np.pi * hz * at + np.pi / 4)


def compare(open_page: Callable[[str], Page], trace: Trace) -> dict[str, Heard]:
    """Let both clients play the trace at once; what was heard of each. Takes as long as the trace."""
    timetable = Timetable(clients=2)
    with millis_peer() as peer, stalling_proxy(peer.url) as proxy, sdk_page() as origin:

        async def script(call: PeerCall) -> None:
            await call.ready()
            await call.hear(0.3)
            timetable.ready += 1
            if timetable.ready == timetable.clients:
                timetable.began_s = time.time() + 0.5
                proxy.holds, proxy.zero_s = trace.holds, time.monotonic() + 0.5
                timetable.all_there.set()
            await timetable.all_there.wait()
            await _speak(call, trace, proxy.zero_s)
            await call.closed.wait()

        peer.script = script
        urls = {client: sdk_url(origin, proxy.url, "KEY", "-Abc", client=client) for client in (REFERENCE, OURS)}
        page = open_page(f"{origin}/both.html?{urlencode(urls)}")
        frames = {client: _frame(page, client) for client in urls}
        for frame in frames.values():
            frame.locator("body[data-loaded]").wait_for()
            frame.click("#start")
        while timetable.began_s == 0:
            page.wait_for_timeout(50)
        page.wait_for_timeout(1000 * (trace.begin_s(trace.replies) + 0.5))
        heard = {client: _measure(frame, trace, timetable.began_s) for client, frame in frames.items()}
        for frame in frames.values():
            frame.click("#stop")
        return heard


def _frame(page: Page, name: str) -> Frame:
    frame = page.frame(name)
    assert frame is not None
    return frame


async def _speak(call: PeerCall, trace: Trace, zero_s: float) -> None:
    pcm = speech(trace.reply_s)
    clock = asyncio.get_running_loop().time
    for reply in range(trace.replies):
        begin_s = zero_s + trace.begin_s(reply)
        await asyncio.sleep(begin_s - clock())
        await call.say("start_answering")
        for number, start in enumerate(range(0, len(pcm), FRAME_BYTES)):
            await asyncio.sleep(begin_s + max(0.0, number * FRAME_S - trace.ahead_s) - clock())
            await call.connection.send(pcm[start : start + FRAME_BYTES])


def _measure(frame: Frame, trace: Trace, began_s: float) -> Heard:
    encoded, rate_hz, starts_ms = frame.evaluate(OF_THE_PAGE)
    samples = np.frombuffer(base64.b64decode(encoded), "<f4").astype(np.float64)
    block = np.arange(len(samples) // len(starts_ms)) / rate_hz
    heard_s = (np.array(starts_ms, dtype=np.float64)[:, None] / 1000 + block).ravel() - began_s
    known = ~np.isnan(heard_s)
    samples, heard_s = samples[known], heard_s[known]
    heard = Heard()
    for reply in range(trace.replies):
        first, last = np.searchsorted(heard_s, [trace.begin_s(reply) - 0.1, trace.begin_s(reply + 1) - 0.1])
        _take(heard, trace, samples[first:last], rate_hz, heard_s[first:last] - trace.begin_s(reply))
    return heard


def _take(heard: Heard, trace: Trace, reply: Samples, rate_hz: int, heard_s: Samples) -> None:
    """One reply, and when after its beginning each sample of it was heard."""
    segments = list(_runs(np.abs(reply) > LOUD, most_between=round(0.01 * rate_hz)))
    onsets: dict[int, float] = {}
    for first, last in segments:
        if last - first > 0.03 * rate_hz:
            number = _syllable(reply[first : min(last, first + round(0.1 * rate_hz))], rate_hz)
            onsets.setdefault(number, float(heard_s[first]) - number * SYLLABLE_S)
    expected = range(round(trace.reply_s / SYLLABLE_S))
    heard.lags_ms += [1000 * onsets[number] for number in expected if number in onsets]
    heard.missing += sum(number not in onsets for number in expected)
    if segments:
        within = reply[segments[0][0] : segments[-1][1]]
        silences = _runs(np.abs(within) < QUIET, most_between=1)
        heard.gaps += [1000 * (last - first) / rate_hz for first, last in silences if last - first > GAP_S * rate_hz]


def _runs(mask: npt.NDArray[np.bool_], most_between: int) -> Iterator[tuple[int, int]]:
    """Stretches where it holds, as (first, after the last); shorter interruptions do not divide them."""
    found = np.flatnonzero(mask)
    if len(found) == 0:
        return
    breaks = np.flatnonzero(np.diff(found) > most_between)
    for first, last in zip([found[0], *found[breaks + 1]], [*found[breaks], found[-1]], strict=True):
        yield int(first), int(last) + 1


def _syllable(sound: Samples, rate_hz: int) -> int:
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), n=4 * rate_hz // 10))
    hz = float(np.argmax(spectrum)) * rate_hz / (4 * rate_hz // 10)
    return round((hz - LOWEST_HZ) / STEP_HZ)


def jitter(seed: int, until_s: float, most_s: float) -> list[Hold]:
    """Holds of up to `most_s`, two or three a second."""
    chance, holds, at_s = random.Random(seed), list[Hold](), 0.1
    while at_s < until_s:
        for_s = chance.uniform(0.1, 1.0) * most_s
        holds.append(Hold(at_s, for_s))
        at_s += for_s + chance.uniform(0.1, 0.5)
    return holds


def losses(seed: int, until_s: float, every_s: float) -> list[Hold]:
    """Now and then a packet that has to be sent again: 300 to 700 ms."""
    chance = random.Random(seed)
    times = np.arange(1.0, until_s, every_s)
    return [Hold(float(at_s) + chance.uniform(0, 0.5), chance.uniform(0.3, 0.7)) for at_s in times]


REPLIES, REPLY_S = 6, 4.0
UNTIL_S = REPLIES * (REPLY_S + BETWEEN_REPLIES_S)
TRACES = tuple(
    Trace(f"{network}, {server}", REPLIES, REPLY_S, ahead_s, holds)
    for server, ahead_s in (("sent 200 ms ahead", 0.2), ("sent in real time", 0.0))
    for network, holds in (
        ("a calm network", ()),
        ("holds up to 200 ms", jitter(1, UNTIL_S, 0.2)),
        ("a loss in every reply", losses(2, UNTIL_S, REPLY_S + BETWEEN_REPLIES_S)),
        ("both", (*jitter(3, UNTIL_S, 0.2), *losses(4, UNTIL_S, REPLY_S + BETWEEN_REPLIES_S))),
        ("a loss in every 4 s", losses(5, UNTIL_S, 4.0)),
    )
)


@contextmanager
def browser() -> Iterator[Callable[[str], Page]]:
    """Opens recorded pages in a Chromium with a silent microphone."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        wav = write_wav(Path(folder) / "silence.wav", silence(1.0))
        flags = ("--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
        launched = playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*flags, f"--use-file-for-fake-audio-capture={wav}"]
        )

        def open_page(url: str) -> Page:
            context = launched.new_context(**UNDER_NO_POLICY)
            record_pages(context)
            page = context.new_page()
            page.goto(url)
            return page

        yield open_page
        launched.close()


def main() -> int:
    """Play every trace and print a line for each client."""
    print(f"{'':42} {'client':8} {'gaps':>5} {'silent ms':>10} {'lag ms':>7} {'p95':>5} {'missing':>8}")
    for trace in TRACES:
        with browser() as open_page:
            heard = compare(open_page, trace)
        for client, of_client in heard.items():
            name = trace.name if client == REFERENCE else ""
            p95 = np.percentile(of_client.lags_ms, 95)
            print(
                f"{name:42} {client:8} {len(of_client.gaps):5} {sum(of_client.gaps):10.0f} "
                f"{of_client.lag_ms:7.1f} {p95:5.0f} {of_client.missing:8}",
                flush=True,
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
