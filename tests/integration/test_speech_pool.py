"""The speech pool with real processes that crash, hang and lose their parent."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from callcore.agents.agent import VoiceConfig
from callcore.errors import ProviderError, ProviderFailure
from media_worker.ports.stt import Final, SttRequest, SttStream, Transcript
from media_worker.ports.tts import SpeakRequest
from media_worker.providers.local import speech_link, speech_pool
from media_worker.providers.local.flite_tts import FliteVoice
from media_worker.providers.local.pocketsphinx_stt import WITHOUT_SCRIPT, PocketsphinxRecogniser
from media_worker.providers.local.speech_frames import FrameKind
from media_worker.providers.local.speech_pool import CAPACITY, SpeechPool
from tests.contract.ports.worker.adapters import LISTENING, SENTENCE, spoken

ROOT = Path(__file__).parents[2]
GONE_S = 20.0
"""A process that is left alone notices at once."""
LONG = SpeakRequest("This is a sentence of some length, which goes on. " * 20, VoiceConfig())
PARENT = f"""
import asyncio, sys
sys.path[:] = {sys.path!r}
from media_worker.providers.local.speech_pool import SpeechPool

async def main():
    async with SpeechPool(2) as pool:
        pool.start()
        while len(pool.process_ids) < 2:
            await asyncio.sleep(0.01)
        print(*pool.process_ids, flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


def play(scene: Callable[[SpeechPool], Awaitable[None]], processes: int = 1) -> None:
    async def within_time() -> None:
        async with asyncio.timeout(60), SpeechPool(processes) as pool:
            await scene(pool)

    asyncio.run(within_time())


async def started(pool: SpeechPool, processes: int) -> None:
    pool.start()
    while len(pool.process_ids) < processes:  # noqa: ASYNC110 - the pool tells only who opens a channel
        await asyncio.sleep(0.01)


def is_running(process_id: int) -> bool:
    try:
        return Path(f"/proc/{process_id}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def all_gone(process_ids: list[int]) -> bool:
    deadline = time.monotonic() + GONE_S
    while any(map(is_running, process_ids)) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not any(map(is_running, process_ids))


@contextmanager
def parent() -> Iterator[tuple[subprocess.Popen[str], list[int]]]:
    """A process with a pool, and the ids of the pool's processes."""
    process = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        assert process.stdout is not None
        yield process, [int(word) for word in process.stdout.readline().split()]
    finally:
        process.kill()
        process.communicate()


def test_a_killed_process_fails_its_streams_at_once_and_the_next_one_works() -> None:
    async def scene(pool: SpeechPool) -> None:
        stt = PocketsphinxRecogniser(pool)
        async with stt.open(LISTENING) as stream:
            stream.send(spoken())
            os.kill(pool.process_ids[0], signal.SIGKILL)
            with pytest.raises(ProviderError) as raised:
                await exhaust(stream)
            assert raised.value.failure is ProviderFailure.UNAVAILABLE
            assert raised.value.retryable
            stream.send(bytes(640))
            stream.flush()
        async with stt.open(LISTENING) as stream:
            stream.send(spoken())
            stream.flush()
            assert [heard async for heard in until_final(stream)][-1] == Final(SENTENCE)

    play(scene)


async def exhaust(items: SttStream | AsyncIterator[bytes]) -> None:
    async for _ in items:
        pass


async def until_final(stream: SttStream) -> AsyncIterator[Transcript]:
    async for transcript in stream:
        yield transcript
        if isinstance(transcript, Final):
            return


def test_a_killed_process_fails_a_voice_in_the_middle_of_its_text() -> None:
    async def scene(pool: SpeechPool) -> None:
        async with FliteVoice(pool).speak(LONG) as sound:
            await anext(sound)
            os.kill(pool.process_ids[0], signal.SIGKILL)
            with pytest.raises(ProviderError):
                await exhaust(sound)

    play(scene)


def test_other_processes_go_on_when_one_is_killed() -> None:
    async def scene(pool: SpeechPool) -> None:
        await started(pool, 2)
        stt = PocketsphinxRecogniser(pool)
        async with stt.open(LISTENING) as first, stt.open(LISTENING) as second:
            os.kill(pool.process_ids[0], signal.SIGKILL)
            outcomes: list[object] = []
            for stream in (first, second):
                stream.send(spoken())
                stream.flush()
                try:
                    outcomes.append([heard async for heard in until_final(stream)][-1])
                except ProviderError as error:
                    outcomes.append(error.failure)
            assert sorted(map(str, outcomes)) == sorted(map(str, [Final(SENTENCE), ProviderFailure.UNAVAILABLE]))

    play(scene, processes=2)


def test_channels_go_to_the_process_with_the_least_to_do() -> None:
    async def scene(pool: SpeechPool) -> None:
        await started(pool, 2)
        heavy = await pool.open(3)
        light = [await pool.open(1) for _ in range(3)]
        os.kill(pool.process_ids[0], signal.SIGKILL)
        receiving = {asyncio.ensure_future(channel.receive()): channel for channel in (heavy, *light)}
        failed, others = await asyncio.wait(receiving, return_when=asyncio.FIRST_COMPLETED)
        failed |= (await asyncio.wait(others, timeout=0.1))[0]  # a process fails all of its channels at once
        assert [channel for one, channel in receiving.items() if one in failed] in ([heavy], light)
        assert all(isinstance(one.exception(), ProviderError) for one in failed)
        for one in set(receiving) - failed:
            one.cancel()

    play(scene, processes=2)


def test_a_full_pool_says_so_and_has_room_again_later() -> None:
    async def scene(pool: SpeechPool) -> None:
        channels = [await pool.open(WITHOUT_SCRIPT) for _ in range(CAPACITY // WITHOUT_SCRIPT)]
        with pytest.raises(ProviderError) as raised:
            await pool.open(1)
        assert raised.value.failure is ProviderFailure.RATE_LIMIT
        channels[0].close()
        channels[0].close()
        (await pool.open(WITHOUT_SCRIPT)).close()

    play(scene)


def test_a_process_that_takes_nothing_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speech_link, "_WRITE_S", 0.3)

    async def scene(pool: SpeechPool) -> None:
        stt = PocketsphinxRecogniser(pool)
        async with stt.open(LISTENING) as stream:
            os.kill(pool.process_ids[0], signal.SIGSTOP)
            for _ in range(100):
                stream.send(bytes(32_000))
            with pytest.raises(ProviderError):
                await exhaust(stream)
        async with stt.open(LISTENING):
            pass

    play(scene)


HANGS_ONCE = r"""
echo $$ >> "$0"
[ "$(wc -l < "$0")" -gt 1 ] || exec sleep 60
printf '\000\000\000\000\001\000\000\000\000'
exec cat > /dev/null
"""
"""Of these processes the first hangs, and any other is ready at once; each writes its id into a file."""


def test_a_process_that_does_not_get_ready_is_killed_and_another_one_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(speech_pool, "_START_S", 0.2)
    monkeypatch.setattr(speech_pool, "_EXIT_S", 0.05)
    started_ids = tmp_path / "ids"

    async def scene(pool: SpeechPool) -> None:
        monkeypatch.setattr(pool, "_command", ("sh", "-c", HANGS_ONCE, str(started_ids)))
        (await pool.open(1)).close()
        hung = int(started_ids.read_text().split()[0])
        assert not is_running(hung)
        assert hung not in pool.process_ids

    play(scene)
    assert "a speech process did not get ready in time and is killed" in [record.message for record in caplog.records]


def test_a_failed_request_does_not_hurt_the_process() -> None:
    async def scene(pool: SpeechPool) -> None:
        channel = await pool.open(1)
        channel.send(FrameKind.LISTEN, b'{"rate_hz": 16000, "book": "{}"}')
        with pytest.raises(ProviderError, match="recogniser failed"):
            await channel.receive()
        process_ids = pool.process_ids
        async with PocketsphinxRecogniser(pool).open(LISTENING):
            pass
        assert pool.process_ids == process_ids

    play(scene)


def test_a_voice_that_cannot_be_loaded_names_the_package() -> None:
    async def scene(pool: SpeechPool) -> None:
        channel = await pool.open(1)
        channel.send(FrameKind.SPEAK, b'{"voice": "nobody", "text": "Hello"}')
        with pytest.raises(ProviderError, match="install the package libflite1"):
            await channel.receive()

    play(scene)


@pytest.mark.parametrize("language", ["de", "fr-CA", "zh"])
def test_other_languages_are_refused(language: str) -> None:
    async def scene(pool: SpeechPool) -> None:
        with pytest.raises(ProviderError, match="English only") as raised:
            async with PocketsphinxRecogniser(pool).open(SttRequest(16_000, language)):
                pass
        assert not raised.value.retryable
        with pytest.raises(ProviderError, match="English only"):
            async with FliteVoice(pool).speak(SpeakRequest("Hallo", VoiceConfig(), language)):
                pass

    play(scene)


def test_an_unknown_voice_is_the_default_one(caplog: pytest.LogCaptureFixture) -> None:
    async def scene(pool: SpeechPool) -> None:
        tts = FliteVoice(pool)
        lengths = []
        for voice_id in ("rms", "somebody", "else"):
            async with tts.speak(SpeakRequest("Hello there.", VoiceConfig(voice_id=voice_id))) as sound:
                lengths.append(sum([len(piece) async for piece in sound]))
        assert len(set(lengths)) == 1
        assert [record.message for record in caplog.records] == [
            "a voice that flite does not have was asked for; the default speaks instead"
        ]

    play(scene)


def test_a_pool_that_was_left_opens_nothing() -> None:
    async def scene() -> None:
        async with SpeechPool(1) as pool:
            pass
        with pytest.raises(ProviderError, match="closed"):
            await pool.open(1)

    asyncio.run(scene())


def test_no_process_outlives_a_killed_parent() -> None:
    with parent() as (process, children):
        assert len(children) == 2
        process.kill()
        assert all_gone(children)


def test_ctrl_c_is_for_the_parent() -> None:
    with parent() as (process, children):
        for child in children:
            os.kill(child, signal.SIGINT)
        time.sleep(0.2)
        assert all(map(is_running, children))
        process.kill()
        assert all_gone(children)


def test_leaving_the_pool_ends_its_processes() -> None:
    process_ids: list[int] = []

    async def scene(pool: SpeechPool) -> None:
        await started(pool, 2)
        process_ids.extend(pool.process_ids)

    play(scene, processes=2)
    assert len(process_ids) == 2
    assert not any(map(is_running, process_ids))
