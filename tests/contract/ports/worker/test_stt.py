"""What every recogniser promises (media_worker.ports.stt)."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from media_worker.ports.stt import Final, Partial, SpeechToText, SttStream, Transcript, TurnEndLikely
from media_worker.providers.registry import Kind
from tests.contract.ports.worker.adapters import LISTENING, SENTENCE, STT_ADAPTERS, run, spoken
from tests.peers.hearing_vendors import HEARING_VENDORS

pytestmark = pytest.mark.parametrize("name", STT_ADAPTERS)
FINAL_S = 30.0


async def final(transcripts: AsyncIterator[Transcript]) -> Final:
    async with asyncio.timeout(FINAL_S):
        async for transcript in transcripts:
            if isinstance(transcript, Final):
                return transcript
    raise AssertionError("the stream ended before its final")


def say(stream: SttStream, pcm: bytes) -> None:
    for start in range(0, len(pcm), 640):
        stream.send(pcm[start : start + 640])


def test_an_utterance_becomes_one_final_and_partials_never_follow_it(name: str) -> None:
    async def scene(stt: SpeechToText) -> None:
        async with stt.open(LISTENING) as stream:
            say(stream, spoken())
            stream.flush()
            stream.flush()
            heard: list[Transcript] = []
            async with asyncio.timeout(FINAL_S):
                async for transcript in stream:
                    heard.append(transcript)
                    if transcript == Final(""):
                        break
            assert heard[-2:] == [Final(SENTENCE), Final("")]
            assert all(isinstance(transcript, Partial | TurnEndLikely) for transcript in heard[:-2])

    run(Kind.STT, name, scene)


def test_a_flush_without_audio_is_an_empty_final(name: str) -> None:
    async def scene(stt: SpeechToText) -> None:
        async with stt.open(LISTENING) as stream:
            transcripts = aiter(stream)
            for _ in range(3):
                stream.flush()
                assert await final(transcripts) == Final("")

    run(Kind.STT, name, scene)


def test_utterances_of_one_stream_do_not_mix(name: str) -> None:
    async def scene(stt: SpeechToText) -> None:
        async with stt.open(LISTENING) as stream:
            transcripts = aiter(stream)
            for _ in range(3):
                say(stream, spoken())
                stream.flush()
                assert await final(transcripts) == Final(SENTENCE)

    run(Kind.STT, name, scene)


def test_streams_do_not_mix(name: str) -> None:
    async def scene(stt: SpeechToText) -> None:
        async with stt.open(LISTENING) as first, stt.open(LISTENING) as second:
            say(first, spoken())
            second.flush()
            first.flush()
            assert await final(aiter(second)) == Final("")
            assert await final(aiter(first)) == Final(SENTENCE)

    run(Kind.STT, name, scene)


def test_after_the_context_is_left_nothing_comes_and_nothing_hurts(name: str) -> None:
    async def scene(stt: SpeechToText) -> None:
        async with stt.open(LISTENING) as stream:
            say(stream, spoken())
        stream.send(bytes(640))
        stream.flush()
        heard: list[Transcript] = []

        async def listen() -> None:
            async for transcript in stream:
                heard.append(transcript)

        listening = asyncio.ensure_future(listen())
        await asyncio.wait((listening,), timeout=10)
        assert heard == []
        assert listening.done()
        assert listening.exception() is None

    run(Kind.STT, name, scene)


def test_leaving_ends_the_iteration_of_another_task(name: str) -> None:
    async def scene(stt: SpeechToText) -> None:
        async def listen(stream: SttStream) -> list[Transcript]:
            return [transcript async for transcript in stream]

        async with asyncio.TaskGroup() as tasks:
            async with stt.open(LISTENING) as stream:
                listening = tasks.create_task(listen(stream))
                await asyncio.sleep(0.05)
            async with asyncio.timeout(10):
                assert await listening == []

    run(Kind.STT, name, scene)


def test_streams_are_freed_when_they_are_left(name: str) -> None:
    async def scene(stt: SpeechToText) -> None:
        for _ in range(60 if name in HEARING_VENDORS else 150):
            async with stt.open(LISTENING) as stream:
                stream.send(bytes(6_400))

    run(Kind.STT, name, scene)


def test_a_cancelled_session_frees_its_stream(name: str) -> None:
    async def scene(stt: SpeechToText) -> None:
        async def session() -> None:
            async with stt.open(LISTENING) as stream:
                async for _ in stream:
                    pass

        for _ in range(30 if name in HEARING_VENDORS else 80):
            task = asyncio.ensure_future(session())
            await asyncio.sleep(0.002)
            task.cancel()
            await asyncio.wait((task,))
        async with stt.open(LISTENING) as stream:
            stream.flush()
            assert await final(aiter(stream)) == Final("")

    run(Kind.STT, name, scene)


def test_audio_faster_than_it_can_be_heard_is_bounded_and_the_final_still_comes(name: str) -> None:
    async def scene(stt: SpeechToText) -> None:
        async with stt.open(LISTENING) as stream:
            for _ in range(600):
                stream.send(bytes(32_000))
            stream.flush()
            assert isinstance(await final(aiter(stream)), Final)

    run(Kind.STT, name, scene)
