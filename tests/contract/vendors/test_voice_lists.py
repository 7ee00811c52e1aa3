"""The voices that vendors list, from the peers that their SDKs take for real (test_voice_peers)."""

import asyncio
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from callcore.voices import CATALOGUE_KEY, Voice, parse_catalogue
from callstore.files import FilesBlobStore
from media_worker.providers.vendor_http import vendor_client
from media_worker.providers.vendors import Vendors
from media_worker.providers.voice_lists import VoiceLists
from media_worker.server import voice_catalogue
from media_worker.server.voice_catalogue import VoiceCatalogue
from tests.contract.ports.worker.voices import NOWHERE, environment
from tests.peers.cartesia import CartesiaPeer
from tests.peers.deepgram_speak import DeepgramSpeakPeer
from tests.peers.elevenlabs import ElevenLabsPeer
from tests.peers.polly import ACCESS_KEY, SECRET_KEY, PollyPeer

THALIA = Voice(
    "Thalia", "deepgram", "aura-2-thalia-en", "en-US", "aura-2", preview_url="https://static.example.com/thalia.wav"
)


async def listed(given: dict[str, str]) -> tuple[Voice, ...]:
    credentials = {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}
    async with vendor_client() as http:
        with mock.patch.dict(os.environ, credentials):  # botocore finds them there
            return await VoiceLists(Vendors(given), http).voices()


@pytest.mark.parametrize(
    ("name", "peer_of", "voices"),
    [
        (
            "elevenlabs",
            ElevenLabsPeer,
            [
                Voice(
                    "Rachel",
                    "elevenlabs",
                    "21m00Tcm4TlvDq8ikWAM",
                    "en",
                    "premade",
                    preview_url="https://storage.example.com/rachel.mp3",
                ),
                Voice("Ours", "elevenlabs", "own-voice", "multi", "cloned", is_own=True),
            ],
        ),
        (
            "cartesia",
            CartesiaPeer,
            [Voice("Katie", "cartesia", "f786b574-daa5-4673-aa0c-cbe3e8534c02", "en", "public")],
        ),
        ("deepgram", DeepgramSpeakPeer, [THALIA]),
        (
            "polly",
            PollyPeer,
            [
                Voice("Joanna", "polly", "Joanna", "en-US", "neural"),
                Voice("Vicki", "polly", "Vicki", "de-DE", "neural"),
            ],
        ),
    ],
)
def test_what_a_vendor_lists_comes_before_what_is_known_of_it(
    name: str, peer_of: Callable[[], Any], voices: Sequence[Voice]
) -> None:
    async def scene() -> None:
        async with peer_of() as peer:
            found = await listed(environment(name, peer.address))
        assert list(found[: len(voices)]) == voices
        assert len({voice.voice_id for voice in found}) == len(found)
        assert {voice.provider for voice in found} == {name}

    asyncio.run(scene())


def test_a_vendor_that_does_not_answer_is_listed_as_it_is_known_and_one_without_a_key_is_not() -> None:
    found = asyncio.run(listed(environment("cartesia", NOWHERE) | environment("openai", NOWHERE)))
    assert {voice.provider for voice in found} == {"cartesia", "openai"}


def test_the_catalogue_is_looked_up_again_and_keeps_what_was_told_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(voice_catalogue, "REFRESH_S", 0.01)
    blobs = FilesBlobStore(tmp_path)

    def stored() -> tuple[Voice, ...]:
        blob = blobs.open(CATALOGUE_KEY)
        return parse_catalogue(b"".join(blob.chunks(0, blob.size_bytes)))

    async def scene() -> None:
        async with vendor_client() as http:
            async with DeepgramSpeakPeer() as peer:
                lists = VoiceLists(Vendors(environment("deepgram", peer.address)), http)
                assert THALIA in await lists.voices()
            async with asyncio.TaskGroup() as tasks:
                running = tasks.create_task(VoiceCatalogue(lists, blobs).run())
                async with asyncio.timeout(20):
                    while not (tmp_path / CATALOGUE_KEY).exists():  # noqa: ASYNC110 - a file makes no event
                        await asyncio.sleep(0.02)
                running.cancel()
        assert THALIA in stored(), "nobody answers there any more"

    asyncio.run(scene())
