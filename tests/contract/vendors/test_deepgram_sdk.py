"""Deepgram's own SDK talks to the peer that our adapter is tested with: a wrong peer fails here."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import pytest
from deepgram import AsyncDeepgramClient, DeepgramClientEnvironment
from deepgram.core.api_error import ApiError
from deepgram.core.events import EventType
from deepgram.listen.v1.types import ListenV1Metadata, ListenV1Results, ListenV1SpeechStarted, ListenV1UtteranceEnd
from deepgram.listen.v2.types import ListenV2ConfigureSuccess, ListenV2Connected, ListenV2TurnInfo

from tests.contract.ports.worker.adapters import SENTENCE, spoken
from tests.peers.deepgram import KEY, Deepgram, deepgram

FRAME_BYTES = 640
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the SDK uses what websockets will drop


def client(peer: Deepgram, key: str = KEY) -> AsyncDeepgramClient:
    where = DeepgramClientEnvironment(base=peer.url, production=peer.url, agent=peer.url, agent_rest=peer.url)
    return AsyncDeepgramClient(api_key=key, environment=where)


@asynccontextmanager
async def talking(connecting: Any) -> AsyncIterator[tuple[Any, list[Any]]]:
    """The SDK's connection and everything it understood, until the vendor has closed."""
    heard: list[Any] = []
    async with connecting as connection, asyncio.TaskGroup() as tasks:
        connection.on(EventType.MESSAGE, heard.append)
        listening = tasks.create_task(connection.start_listening())
        yield connection, heard
        async with asyncio.timeout(30):
            await listening


async def say(connection: Any, pcm: bytes) -> None:
    for start in range(0, len(pcm), FRAME_BYTES):
        await connection.send_media(pcm[start : start + FRAME_BYTES])


def listening(peer: Deepgram) -> Any:
    return client(peer).listen.v1.connect(
        model="nova-3",
        encoding="linear16",
        sample_rate="16000",
        interim_results="true",
        vad_events="true",
        utterance_end_ms="1000",
        endpointing="100",
        keyterm=["opening", "hours"],
    )


def taking_turns(peer: Deepgram) -> Any:
    return client(peer).listen.v2.connect(
        model="flux-general-multi",
        encoding="linear16",
        sample_rate="16000",
        eager_eot_threshold="0.5",
        keyterm=["opening"],
        language_hint=["en"],
    )


def test_the_sdk_understands_what_the_peer_says_of_live_audio() -> None:
    async def scene() -> None:
        async with deepgram(SENTENCE) as peer, talking(listening(peer)) as (connection, heard):
            await say(connection, spoken() + bytes(48_000))
            await connection.send_keep_alive()
            await connection.send_finalize()
            await connection.send_close_stream()
        results = [message for message in heard if isinstance(message, ListenV1Results)]
        finals = [result for result in results if result.is_final]
        assert [type(message) for message in heard if not isinstance(message, ListenV1Results)] == [
            ListenV1SpeechStarted,
            ListenV1UtteranceEnd,
            ListenV1Metadata,
        ]
        assert [result.channel.alternatives[0].transcript for result in finals] == [SENTENCE, ""]
        assert finals[0].speech_final
        assert finals[1].from_finalize
        words = finals[0].channel.alternatives[0].words
        assert [word.word for word in words] == SENTENCE.split()
        assert all(first.end <= second.start + 1e-9 for first, second in pairwise(words))
        interims = [result.channel.alternatives[0].transcript for result in results if not result.is_final]
        assert len(interims) > 2
        assert all(SENTENCE.startswith(text) for text in interims)
        (call,) = peer.calls
        assert call.asked("keyterm") == ["opening", "hours"]
        assert call.controls == ["KeepAlive", "Finalize", "CloseStream"]
        assert heard[-1].duration == pytest.approx(len(call.audio) / 32_000, abs=0.01)

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("key", "options", "status"),
    [
        ("wrong", {}, 401),
        (KEY, {"keywords": "opening:2"}, 400),
        (KEY, {"utterance_end_ms": "1000", "interim_results": "false"}, 400),
    ],
)
def test_the_sdk_is_refused_as_by_the_vendor(key: str, options: dict[str, Any], status: int) -> None:
    async def scene() -> None:
        async with deepgram() as peer:
            with pytest.raises(ApiError) as refused:
                async with client(peer, key).listen.v1.connect(
                    **{"model": "nova-3", "encoding": "linear16", "sample_rate": "16000", **options}
                ):
                    pass
            assert refused.value.status_code == status

    asyncio.run(scene())


def test_who_says_nothing_is_closed_upon() -> None:
    async def scene() -> None:
        async with deepgram() as peer:
            peer.idle_s = 0.1
            async with talking(listening(peer)) as (_, heard):
                pass
            assert heard == []

    asyncio.run(scene())


def test_the_sdk_understands_what_the_peer_says_of_turns() -> None:
    async def scene() -> None:
        async with deepgram(SENTENCE) as peer, talking(taking_turns(peer)) as (connection, heard):
            await say(connection, spoken())
            await connection.send_configure({"type": "Configure", "keyterms": ["hours"]})
            await connection.send_close_stream()
        assert isinstance(heard[0], ListenV2Connected)
        assert isinstance(heard[-1], ListenV2ConfigureSuccess)
        turns = [message for message in heard if isinstance(message, ListenV2TurnInfo)]
        events = [turn.event for turn in turns]
        assert events[0] == "StartOfTurn"
        assert events[-2:] == ["EagerEndOfTurn", "EndOfTurn"]
        assert set(events[1:-2]) == {"Update"}
        assert turns[-1].transcript == " ".join(word.word for word in turns[-1].words) == SENTENCE
        assert turns[-1].trigger == "model"
        assert [message.sequence_id for message in heard] == list(range(len(heard)))

    asyncio.run(scene())
