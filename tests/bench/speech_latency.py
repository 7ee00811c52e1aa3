"""Measures the speech pool: start, first audio, final text, computing and memory.

    PYTHONPATH=functions:. .venv/bin/python tests/bench/speech_latency.py

Latencies are wall-clock on whatever else the machine does; computing is CPU time of the speech processes.
"""

import asyncio
import os
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

from callcore.agents.agent import VoiceConfig
from media_worker.ports.stt import Final, Partial, SttRequest, SttStream
from media_worker.ports.tts import SpeakRequest
from media_worker.providers.local.flite_tts import FliteVoice
from media_worker.providers.local.pocketsphinx_stt import PocketsphinxRecogniser
from media_worker.providers.local.speech_pool import SpeechPool
from tests.bench.rejection import Condition, as_heard, demo_script, say

TICK_S = 1 / os.sysconf("SC_CLK_TCK")
FRAME_S, FRAME_BYTES = 0.020, 640
REPLY = "Your table for four at seven is booked, and we are open from nine to nine, every day except Monday."
UTTERANCES = ("what are your opening hours", "book a table for four at seven", "i would like to return these shoes")


def cpu_s(process_id: int) -> float:
    """CPU time of a process so far."""
    fields = Path(f"/proc/{process_id}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * TICK_S


def rss_mib(process_id: int) -> float:
    """Resident memory of a process."""
    return int(Path(f"/proc/{process_id}/statm").read_text().split()[1]) * 4096 / 2**20


def shown(values_s: Sequence[float]) -> str:
    """Median and 95th percentile in ms."""
    ordered = sorted(values_s)
    return f"p50 {1000 * statistics.median(ordered):6.1f} ms, p95 {1000 * ordered[int(0.95 * len(ordered))]:6.1f} ms"


async def first_audio_s(tts: FliteVoice, text: str) -> float:
    """From the request to its first sound."""
    begin = time.perf_counter()
    async with tts.speak(SpeakRequest(text, VoiceConfig())) as sound:
        await anext(sound)
        return time.perf_counter() - begin


async def final_s(stream: SttStream, pcm: bytes) -> tuple[float, float]:
    """An utterance in real time: from its flush to the Final, and from its first audio to the first Partial."""
    listening = aiter(stream)
    begin = due = time.perf_counter()
    first_partial: list[float] = []

    async def listen() -> float:
        async for transcript in listening:
            if isinstance(transcript, Partial) and not first_partial:
                first_partial.append(time.perf_counter() - begin)
            if isinstance(transcript, Final):
                break
        return time.perf_counter()

    async with asyncio.TaskGroup() as tasks:
        heard = tasks.create_task(listen())
        for start in range(0, len(pcm), FRAME_BYTES):
            stream.send(pcm[start : start + FRAME_BYTES])
            due += FRAME_S
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
        flushed = time.perf_counter()
        stream.flush()
    return heard.result() - flushed, first_partial[0] if first_partial else 0.0


async def measure_voice(pool: SpeechPool) -> None:
    """First audio."""
    tts = FliteVoice(pool)
    await first_audio_s(tts, "Hello.")
    for name, text in (("6 characters", "Hello."), (f"{len(REPLY)} characters", REPLY)):
        print(f"first audio, {name}: {shown([await first_audio_s(tts, text) for _ in range(40)])}")


async def measure_recogniser(pool: SpeechPool, request: SttRequest, name: str) -> None:
    """Final text, first partial, computing and memory."""
    process_id = pool.process_ids[0]
    begin = time.perf_counter()
    async with PocketsphinxRecogniser(pool).open(request) as stream:
        print(f"{name}: opened in {1000 * (time.perf_counter() - begin):.0f} ms")
        before_s, finals, partials, audio_s = cpu_s(process_id), [], [], 0.0
        for text in UTTERANCES * 2:
            pcm = as_heard(say(text, "slt"), Condition(), 1)[22_400:-16_000]
            audio_s += len(pcm) / 32_000
            final, partial = await final_s(stream, pcm)
            finals.append(final)
            partials += [partial] if partial else []
        used_s = cpu_s(process_id) - before_s
    print(f"{name}: final after flush {shown(finals)}; first partial {shown(partials)} after the first audio")
    share, each_ms = 100 * used_s / audio_s, 1000 * used_s / len(finals)
    print(f"{name}: {each_ms:.0f} ms CPU an utterance, {share:.1f} % of a core while somebody speaks")
    print(f"{name}: process {rss_mib(process_id):.0f} MiB")


async def measure_both(pool: SpeechPool) -> None:
    """Final text while the same process speaks without a pause."""
    tts = FliteVoice(pool)

    async def talk() -> None:
        while True:
            async with tts.speak(SpeakRequest(REPLY, VoiceConfig())) as sound:
                async for _ in sound:
                    pass

    async with asyncio.TaskGroup() as tasks, PocketsphinxRecogniser(pool).open(request_with_script()) as stream:
        talking = tasks.create_task(talk())
        finals = [(await final_s(stream, as_heard(say(text, "slt"), Condition(), 1)))[0] for text in UTTERANCES * 2]
        talking.cancel()
    print(f"final after flush while the process speaks without a pause: {shown(finals)}")


def request_with_script() -> SttRequest:
    """The demo agent's."""
    return SttRequest(16_000, script=demo_script())


async def main() -> None:
    """Print the figures."""
    async with SpeechPool(1) as pool:
        begin = time.perf_counter()
        (await pool.open(1)).close()
        process_id = pool.process_ids[0]
        print(f"process ready in {1000 * (time.perf_counter() - begin):.0f} ms, {cpu_s(process_id):.2f} s CPU")
        print(f"fresh process {rss_mib(process_id):.0f} MiB")
        await measure_voice(pool)
        await measure_recogniser(pool, request_with_script(), "with a script")
        await measure_both(pool)
        await measure_recogniser(pool, SttRequest(16_000), "open English")


if __name__ == "__main__":
    asyncio.run(main())
