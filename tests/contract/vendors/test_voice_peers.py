"""The vendors' own SDKs take our peers for their servers: a peer that is wrong here would prove nothing elsewhere."""

import asyncio
import base64
import json

from elevenlabs.client import AsyncElevenLabs
from elevenlabs.core.unchecked_base_model import construct_type
from elevenlabs.types import InitializeConnectionMulti, WebsocketTtsServerMessageMulti
from websockets.asyncio.client import connect

from tests.peers.elevenlabs import ElevenLabsPeer
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
