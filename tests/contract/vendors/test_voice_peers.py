"""The vendors' own SDKs take our peers for their servers: a peer that is wrong here would prove nothing elsewhere."""

import asyncio
import base64
import json
from typing import Any

import boto3
import openai
import pytest
from cartesia import AsyncCartesia
from cartesia.types import GenerationRequestParam
from deepgram import AsyncDeepgramClient, DeepgramClientEnvironment
from deepgram.speak.v1.types import SpeakV1Text
from elevenlabs.client import AsyncElevenLabs
from elevenlabs.core.unchecked_base_model import construct_type
from elevenlabs.types import InitializeConnectionMulti, WebsocketTtsServerMessageMulti
from websockets.asyncio.client import connect

from tests.peers.cartesia import CartesiaPeer
from tests.peers.deepgram_speak import DeepgramSpeakPeer
from tests.peers.elevenlabs import ElevenLabsPeer
from tests.peers.openai_speech import RATE_HZ, OpenAiSpeechPeer
from tests.peers.polly import ACCESS_KEY, REGION, SECRET_KEY, PollyPeer
from tests.peers.voices import KEY, sound

TEXT = "Nine to five, every day."


def test_elevenlabs_messages_are_those_of_its_sdk_and_the_list_of_voices_is_read_by_it() -> None:
    """The SDK has no client for several contexts, but its types: our messages and the peer's are read with them."""

    async def scene() -> None:
        async with ElevenLabsPeer() as peer:
            voices = await AsyncElevenLabs(api_key=KEY, base_url=f"http://{peer.address}").voices.get_all()
            assert [voice.name for voice in voices.voices] == ["Rachel", "Ours"]
            url = f"ws://{peer.address}/v1/text-to-speech/V/multi-stream-input?output_format=pcm_16000"
            async with connect(url, additional_headers={"xi-api-key": KEY}, proxy=None) as socket:
                opening = InitializeConnectionMulti(context_id="one")
                await socket.send(json.dumps(opening.model_dump(exclude_none=True)))
                await socket.send(json.dumps({"text": f"{TEXT} ", "context_id": "one", "flush": True}))
                await socket.send(json.dumps({"context_id": "one", "close_context": True}))
                audio = b""
                while True:
                    told = construct_type(type_=WebsocketTtsServerMessageMulti, object_=json.loads(await socket.recv()))
                    assert told.context_id == "one"
                    if told.alignment is not None:
                        assert len(told.alignment.chars) == len(told.alignment.char_durations_ms)
                    if json.loads(told.model_dump_json()).get("isFinal"):
                        break
                    audio += base64.b64decode(told.audio)
        assert audio == sound(TEXT, 16_000)

    asyncio.run(scene())


def test_the_sdk_of_openai_hears_speech_and_understands_refusals() -> None:
    async def scene() -> None:
        async with OpenAiSpeechPeer() as peer:
            client = openai.AsyncOpenAI(api_key=KEY, base_url=f"http://{peer.address}/v1", max_retries=0)
            request = client.audio.speech.with_streaming_response
            async with request.create(
                model="gpt-4o-mini-tts", voice="coral", input=TEXT, response_format="pcm", instructions="Whisper."
            ) as reply:
                assert await reply.read() == sound(TEXT, RATE_HZ)
            with pytest.raises(openai.BadRequestError, match="invalid_voice"):
                await client.audio.speech.create(model="tts-1", voice="nobody", input=TEXT, response_format="pcm")
            with pytest.raises(openai.AuthenticationError):
                await client.with_options(api_key="another").audio.speech.create(
                    model="tts-1", voice="coral", input=TEXT
                )
            await client.close()

    asyncio.run(scene())


def test_the_sdk_of_cartesia_hears_sound_and_words_and_lists_voices() -> None:
    async def scene() -> None:
        async with CartesiaPeer() as peer:
            client = AsyncCartesia(
                api_key=KEY, base_url=f"http://{peer.address}", websocket_base_url=f"ws://{peer.address}"
            )
            assert [voice.name async for voice in client.voices.list()] == ["Katie"]
            audio, words = b"", []
            async with client.tts.websocket_connect() as connection:
                await connection.send(
                    GenerationRequestParam(
                        context_id="one",
                        model_id="sonic-3.5",
                        transcript=TEXT,
                        voice="V",
                        output_format={"container": "raw", "encoding": "pcm_s16le", "sample_rate": 16_000},
                        add_timestamps=True,
                    )
                )
                async for told in connection:
                    if told.type == "chunk":
                        audio += told.audio or b""
                    elif told.type == "timestamps" and told.word_timestamps is not None:
                        words += told.word_timestamps.words
                    elif told.type == "done":
                        break
            await client.close()
        assert (audio, words) == (sound(TEXT, 16_000), TEXT.split())

    asyncio.run(scene())


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the SDK uses what websockets will drop
def test_the_sdk_of_deepgram_hears_sound_its_end_and_a_clearing() -> None:
    async def scene() -> None:
        async with DeepgramSpeakPeer() as peer:
            url = f"ws://{peer.address}"
            where = DeepgramClientEnvironment(base=url, production=url, agent=url, agent_rest=url)
            speak = AsyncDeepgramClient(api_key=KEY, environment=where).speak.v1
            http = f"http://{peer.address}"
            over_http = DeepgramClientEnvironment(base=http, production=url, agent=url, agent_rest=http)
            models = await AsyncDeepgramClient(api_key=KEY, environment=over_http).manage.v1.models.list()
            assert [model.canonical_name for model in models.tts or ()] == ["aura-2-thalia-en"]
            async with speak.connect(model="aura-2-thalia-en", encoding="linear16", sample_rate="16000") as connection:
                await connection.send_text(SpeakV1Text(type="Speak", text=TEXT))
                await connection.send_flush()
                audio, told = b"", []
                async for message in connection:
                    if isinstance(message, bytes):
                        audio += message
                        continue
                    told.append(message.type)
                    if message.type == "Flushed":
                        assert audio == sound(TEXT, 16_000)
                        await connection.send_clear()
                    elif message.type == "Cleared":
                        break
            assert told == ["Metadata", "Flushed", "Cleared"]

    asyncio.run(scene())


def test_boto3_hears_polly_and_reads_its_marks_voices_and_exceptions() -> None:
    async def scene() -> None:
        async with PollyPeer() as peer:

            def client(secret: str) -> Any:
                return boto3.client(
                    "polly",
                    region_name=REGION,
                    endpoint_url=f"http://{peer.address}",
                    aws_access_key_id=ACCESS_KEY,
                    aws_secret_access_key=secret,
                )

            def use() -> None:
                polly, voice = client(SECRET_KEY), {"Text": TEXT, "VoiceId": "Joanna", "Engine": "neural"}
                said = polly.synthesize_speech(OutputFormat="pcm", SampleRate="16000", **voice)
                assert said["AudioStream"].read() == sound(TEXT, 16_000)
                assert said["RequestCharacters"] == len(TEXT)
                marks = polly.synthesize_speech(OutputFormat="json", SpeechMarkTypes=["word"], **voice)
                values = [json.loads(line)["value"] for line in marks["AudioStream"].read().splitlines()]
                assert values == ["Nine", "to", "five", "every", "day"]
                assert [voice["Id"] for voice in polly.describe_voices()["Voices"]] == ["Joanna", "Vicki"]
                with pytest.raises(polly.exceptions.InvalidSampleRateException):
                    polly.synthesize_speech(OutputFormat="pcm", SampleRate="24000", **voice)
                with pytest.raises(polly.exceptions.ClientError, match="InvalidSignature"):
                    client("another").synthesize_speech(OutputFormat="pcm", **voice)

            await asyncio.to_thread(use)

    asyncio.run(scene())
