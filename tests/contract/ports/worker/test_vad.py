"""What every voice activity detector promises (media_worker.ports.vad)."""

import pytest

from media_worker.ports.vad import VoiceActivityDetector
from media_worker.providers.registry import Kind
from tests.contract.ports.worker.adapters import VAD_ADAPTERS, noise, run, spoken

pytestmark = pytest.mark.parametrize("name", VAD_ADAPTERS)


@pytest.mark.parametrize("rate_hz", [8_000, 16_000])
@pytest.mark.parametrize("frame", [2, 320, 642, 64_000])
def test_every_window_gets_one_probability_however_the_audio_is_cut(name: str, rate_hz: int, frame: int) -> None:
    async def scene(vad: VoiceActivityDetector) -> None:
        pcm = noise(2.0, rate_hz)
        whole = list(vad.open(rate_hz).push(pcm))
        stream, found = vad.open(rate_hz), list[float]()
        for start in range(0, len(pcm), frame):
            found += stream.push(pcm[start : start + frame])
        assert found == whole
        assert len(found) == 2000 // stream.window_ms
        assert all(0.0 <= probability <= 1.0 for probability in found)

    run(Kind.VAD, name, scene)


def test_speech_is_told_from_a_quiet_room(name: str) -> None:
    async def scene(vad: VoiceActivityDetector) -> None:
        stream = vad.open(16_000)
        assert max(stream.push(noise(1.0))) < 0.3
        speech = list(stream.push(spoken()[9_600:]))
        assert sum(probability > 0.5 for probability in speech) * stream.window_ms > 800

    run(Kind.VAD, name, scene)


def test_a_reset_stream_is_like_a_new_one(name: str) -> None:
    async def scene(vad: VoiceActivityDetector) -> None:
        stream, pcm = vad.open(16_000), spoken()
        first = list(stream.push(pcm))
        stream.push(pcm[:1_000])
        stream.reset()
        assert list(stream.push(pcm)) == first

    run(Kind.VAD, name, scene)


def test_streams_do_not_influence_each_other(name: str) -> None:
    async def scene(vad: VoiceActivityDetector) -> None:
        pcm = spoken()
        alone = list(vad.open(16_000).push(pcm))
        first, second = vad.open(16_000), vad.open(16_000)
        found: list[float] = []
        for start in range(0, len(pcm), 640):
            second.push(noise(0.05))
            found += first.push(pcm[start : start + 640])
        assert found == alone

    run(Kind.VAD, name, scene)
