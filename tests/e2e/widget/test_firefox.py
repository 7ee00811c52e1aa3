"""A whole call in Firefox, on a page that a site owner may copy. Not run where Firefox is not installed."""

import asyncio
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.e2e.widget.conftest import WIRE_RATE_HZ, tone
from tests.e2e.widget.demo import serve_demo
from tests.e2e.widget.firefox import FIREFOX, firefox
from tests.peers.millis import MillisPeer, PeerCall
from tests.peers.web import Site

HERE = Path(__file__).parent
WIDGET = "document.querySelector('parley-call')"
BUTTON = f"{WIDGET}.shadowRoot.querySelector('.talk')"
FACE = f"{WIDGET}.shadowRoot.querySelector('.call').dataset.face"
GREETING_HZ, GREETING_S = 660, 1.0


def pitch_hz(samples: list[float], rate_hz: int) -> float:
    spectrum = np.abs(np.fft.rfft(samples))
    return float(np.argmax(spectrum)) * rate_hz / len(samples)


@pytest.mark.full
@pytest.mark.timeout(180)
@pytest.mark.skipif(shutil.which(FIREFOX) is None, reason="firefox-esr is not installed")
def test_a_call_in_firefox(other_site: Site, pages: str, peer: MillisPeer, tmp_path: Path) -> None:
    async def script(call: PeerCall) -> None:
        await call.ready()
        await call.say("start_answering")
        await call.play(tone(GREETING_HZ, GREETING_S), paced=False)
        await call.say("onresponsetext", "Good morning", is_final=True)
        await call.closed.wait()

    peer.script = script
    with firefox(tmp_path) as page:
        for name in ("watch.js", "recorder.js"):
            page.before_every_page((HERE / name).read_text())
        page.open(serve_demo(other_site, pages, peer) + "webflow.html")
        page.until(f"{WIDGET}?.shadowRoot")
        for number in (1, 2):
            page.click(BUTTON)
            page.until(f"{FACE} === 'running'")
            page.until(f"{WIDGET}.playbackCounts?.played === {round(GREETING_S * WIRE_RATE_HZ)}")
            page.until(f"{WIDGET}.shadowRoot.textContent.includes('Good morning')")
            sound = page.evaluate("window.heard.samples().filter((sample) => sample !== 0)")
            assert pitch_hz(sound, page.evaluate("window.heard.rateHz")) == pytest.approx(GREETING_HZ, rel=0.02)
            call = peer.last
            assert page.evaluate("window.tracks.map((track) => track.readyState)") == ["ended"] * (number - 1) + [
                "live"
            ]
            page.click(BUTTON)
            page.until(f"{FACE} === 'idle'")
            page.until("window.tracks.every((track) => track.readyState === 'ended')")
            page.until("window.contexts.every((context) => context.state === 'closed')")
            asyncio.run_coroutine_threadsafe(call.closed.wait(), call.connection.loop).result(10)
            spoken = np.frombuffer(bytes(call.audio), "<i2")
            assert np.abs(spoken).max() > 1_000, "the microphone was heard"
            assert call.packet_sizes == {640}
            assert call.close_reason == "user-ended"
        assert len(peer.calls) == 2
        assert page.complaints == []
