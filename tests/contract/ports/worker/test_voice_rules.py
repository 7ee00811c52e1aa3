"""What single vendors of voices tell and want: the times of their words, and the rules of their connections."""

import asyncio

import pytest

from callcore.agents.agent import VoiceConfig
from callcore.calls.transcript import TextTime, heard_text
from callcore.calls.usage import Component
from callcore.ids import AccountId, SessionId
from callcore.opening.plan import OpeningRequest, begin_opening, finish_opening
from callnet.guarded import GuardedClient
from media_worker.ports.tts import CharactersBilled, SpeakRequest, SpeechEvent, TextToSpeech
from media_worker.providers.local.speech_pool import SpeechPool
from media_worker.providers.registry import Registry, Resources
from media_worker.providers.vendor_http import vendor_client
from media_worker.providers.vendors import Vendors
from media_worker.session.casting.agent_casting import Casting
from media_worker.session.clock import LoopClock
from tests.contract.ports.worker.voices import NOWHERE, PEERS, TIMED_VOICES, environment, voice
from tests.peers.deepgram_speak import DeepgramSpeakPeer
from tests.peers.elevenlabs import ElevenLabsPeer
from tests.peers.polly import PollyPeer
from tests.peers.voices import MS_PER_CHARACTER, Mishap, words
from tests.virtual_time import run_virtual

TEXT = "Well, the table for two at the window is booked; see you then, Ms. Lee."
REQUEST = SpeakRequest(TEXT, VoiceConfig())


async def told_by(tts: TextToSpeech, request: SpeakRequest = REQUEST) -> list[SpeechEvent]:
    async with asyncio.TaskGroup() as tasks:
        speaker = tts.open(REQUEST, tasks)
        async with asyncio.timeout(10), speaker.speak(request) as events:
            told = [event async for event in events]
        speaker.close()
    return told


async def times_of(tts: TextToSpeech, request: SpeakRequest = REQUEST) -> list[TextTime]:
    return [event for event in await told_by(tts, request) if isinstance(event, TextTime)]


def check(times: list[TextTime]) -> None:
    """What was heard of an interrupted text is what was said until then: a word at its end, none before its start."""
    full_ms = len(TEXT) * MS_PER_CHARACTER
    for word in words(TEXT):
        end = round(word.end_ms / MS_PER_CHARACTER)
        assert heard_text(TEXT, word.end_ms + 1, full_ms, times)[-len(word.text) :] == TEXT[end - len(word.text) : end]
        assert len(heard_text(TEXT, word.start_ms + 1, full_ms, times)) < end
    assert times == sorted(times, key=lambda time: (time.position, time.at_ms))


@pytest.mark.parametrize("name", TIMED_VOICES)
def test_times_follow_the_words(name: str) -> None:
    async def scene() -> None:
        async with PEERS[name]() as peer, voice(name, peer.address) as tts:
            check(await times_of(tts))

    run_virtual(scene(), sockets=True)


@pytest.mark.parametrize("speed", [None, 0.9])
def test_polly_tells_times_to_an_agent_that_pays_for_them_and_to_no_other(speed: float | None) -> None:
    """Both requests are billed; a text that becomes markup is found all the same."""

    async def scene() -> None:
        async with PollyPeer(pace=5.0) as peer, voice("polly", peer.address) as tts:
            settings = {"speech_marks": True} | ({} if speed is None else {"speed": speed})
            request = SpeakRequest(TEXT, VoiceConfig(settings=settings))
            told = await told_by(tts, request)
            check([event for event in told if isinstance(event, TextTime)])
            assert sum(event.count for event in told if isinstance(event, CharactersBilled)) == 2 * len(TEXT)
            assert peer.billed == 2 * len(TEXT)
            peer.marked.clear()
            peer.pace = 0.0
            assert await times_of(tts) == []
            generative = VoiceConfig(model="generative", settings={"speech_marks": True})
            assert await times_of(tts, SpeakRequest(TEXT, generative)) == []
            assert peer.marked == []

    run_virtual(scene(), sockets=True)


def test_polly_throttles_with_400_and_that_is_tried_again() -> None:
    async def scene() -> None:
        async with PollyPeer() as peer, voice("polly", peer.address) as tts:
            peer.mishaps.append(Mishap(400, {"x-amzn-ErrorType": "ThrottlingException"}))
            assert CharactersBilled(len(TEXT)) in await told_by(tts)

    run_virtual(scene(), sockets=True)


def test_elevenlabs_is_understood_in_both_of_its_spellings() -> None:
    async def scene() -> None:
        async with ElevenLabsPeer(snake=True) as peer, voice("elevenlabs", peer.address) as tts:
            check(await times_of(tts))

    run_virtual(scene(), sockets=True)


def test_elevenlabs_never_sees_more_contexts_than_it_takes_however_often_a_reply_is_cut() -> None:
    """It keeps those that were left for a while (providers.md 4.1): they wait, or speak over another connection."""

    async def scene() -> None:
        async with ElevenLabsPeer(release_s=0.3) as peer, voice("elevenlabs", peer.address) as tts:
            async with asyncio.TaskGroup() as tasks:
                speaker = tts.open(REQUEST, tasks)
                for _ in range(12):
                    async with asyncio.timeout(10), speaker.speak(REQUEST) as events:
                        async for event in events:
                            if isinstance(event, bytes):
                                break
                speaker.close()
            assert peer.complaints == []
            assert 2 <= peer.most_contexts <= 4

    run_virtual(scene(), sockets=True)


def test_a_connection_that_the_vendor_closed_while_nobody_spoke_is_no_failure() -> None:
    async def scene() -> None:
        async with ElevenLabsPeer(idle_s=0.1) as peer, voice("elevenlabs", peer.address) as tts:
            async with asyncio.TaskGroup() as tasks:
                speaker = tts.open(REQUEST, tasks)
                await peer.deserted()
                async with asyncio.timeout(10), speaker.speak(REQUEST) as events:
                    assert [event async for event in events if isinstance(event, bytes)]
                speaker.close()
            assert peer.said == [TEXT]

    run_virtual(scene(), sockets=True)


def test_when_every_vendor_is_away_the_embedded_voice_speaks_to_a_caller_who_is_told_nothing_else() -> None:
    """An agent that names one vendor and no fallback: there must be somebody to say that something is wrong."""

    async def scene() -> None:
        async with SpeechPool(1) as pool, GuardedClient() as web, vendor_client() as http:
            registry = Registry(Resources(pool, pool, web, http, Vendors(environment("elevenlabs", NOWHERE))))
            config = {"prompt": "Be kind.", "voice": {"provider": "elevenlabs"}}
            opening = begin_opening(OpeningRequest(SessionId("s"), AccountId("a"), 3600, stored_config=config))
            providers = Casting(registry, LoopClock())(finish_opening(opening, None))
            assert providers.serving(Component.TTS).provider == "elevenlabs"
            told = await told_by(providers.tts)
            assert sum(len(event) for event in told if isinstance(event, bytes)) > 2 * 16_000 * 2
            assert providers.serving(Component.TTS).provider == "flite"

    asyncio.run(scene())


def test_deepgram_never_hears_more_flushes_on_a_connection_than_it_obeys() -> None:
    """Beyond twenty a minute it stays silent (providers.md 4.6): the next texts go over another connection."""

    async def scene() -> None:
        async with DeepgramSpeakPeer() as peer, voice("deepgram", peer.address) as tts:
            async with asyncio.TaskGroup() as tasks:
                speaker = tts.open(REQUEST, tasks)
                for _ in range(45):
                    async with asyncio.timeout(10), speaker.speak(SpeakRequest("Yes.", VoiceConfig())) as events:
                        assert [event async for event in events if isinstance(event, bytes)]
                speaker.close()
            assert (len(peer.handshakes), peer.warnings) == (3, 0)

    run_virtual(scene(), sockets=True)
