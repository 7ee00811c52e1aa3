"""OpenAI's own SDK transcribes with the peer that our adapter is tested with: a wrong peer fails here."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI
from openai.types import realtime as events

from media_worker.media.resample import Resampler
from tests.contract.ports.worker.adapters import SENTENCE, spoken
from tests.peers.openai import KEY
from tests.peers.openai_live import OpenAiLive, openai_live


@asynccontextmanager
async def session(peer: OpenAiLive, key: str = KEY) -> AsyncIterator[Any]:
    client = AsyncOpenAI(api_key=key, base_url=peer.url.replace("ws", "http"), max_retries=0)
    async with client, client.realtime.connect(extra_query={"intent": "transcription"}) as connection:
        yield connection


def wanted(**transcription: Any) -> dict[str, Any]:
    audio = {"format": {"type": "audio/pcm", "rate": 24_000}, "turn_detection": None, "transcription": transcription}
    return {"type": "transcription", "audio": {"input": audio}}


async def until(connection: Any, kind: type[Any]) -> list[Any]:
    heard: list[Any] = []
    async with asyncio.timeout(30):
        while not heard or not isinstance(heard[-1], kind):
            heard.append(await connection.recv())
    return heard


def test_the_sdk_understands_a_transcription() -> None:
    async def scene() -> None:
        async with openai_live(SENTENCE) as peer, session(peer) as connection:
            assert isinstance(await connection.recv(), events.SessionCreatedEvent)
            await connection.session.update(session=wanted(model="gpt-live-transcribe", keywords=["opening"]))
            await until(connection, events.SessionUpdatedEvent)
            pcm = Resampler(16_000, 24_000).push(spoken())
            await connection.input_audio_buffer.append(audio=base64.b64encode(pcm).decode())
            await connection.input_audio_buffer.commit()
            heard = await until(connection, events.ConversationItemInputAudioTranscriptionCompletedEvent)
            committed, *deltas, completed = heard
            assert isinstance(committed, events.InputAudioBufferCommittedEvent)
            assert {type(delta) for delta in deltas} == {events.ConversationItemInputAudioTranscriptionDeltaEvent}
            assert "".join(delta.delta for delta in deltas) == completed.transcript == SENTENCE
            assert {event.item_id for event in heard} == {committed.item_id}
            assert completed.usage.seconds == pytest.approx(len(pcm) / 48_000)

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("transcription", "code"),
    [
        ({"model": "nobody's"}, "model_not_found"),
        ({"model": "gpt-realtime-whisper", "keywords": ["opening"]}, "unsupported_parameter"),
    ],
)
def test_the_sdk_understands_a_complaint(transcription: dict[str, Any], code: str) -> None:
    async def scene() -> None:
        async with openai_live() as peer, session(peer) as connection:
            await connection.session.update(session=wanted(**transcription))
            (*_, complaint) = await until(connection, events.RealtimeErrorEvent)
            assert complaint.error.code == code

    asyncio.run(scene())


def test_too_little_audio_is_refused() -> None:
    async def scene() -> None:
        async with openai_live() as peer, session(peer) as connection:
            await connection.input_audio_buffer.commit()
            (*_, complaint) = await until(connection, events.RealtimeErrorEvent)
            assert complaint.error.code == "input_audio_buffer_commit_empty"

    asyncio.run(scene())


def test_a_wrong_key_opens_nothing() -> None:
    async def scene() -> None:
        async with openai_live() as peer:
            with pytest.raises(Exception, match="401") as refused:
                async with session(peer, "wrong"):
                    pass
            assert not isinstance(refused.value, openai.APIConnectionError)

    asyncio.run(scene())
