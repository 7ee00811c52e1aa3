"""A session's connections to a vendor of voices, where the connections are the test's."""

import asyncio
from collections.abc import Callable

import pytest

from callcore.agents.agent import VoiceConfig
from callcore.errors import ProviderError
from media_worker.ports.tts import SpeakRequest
from media_worker.providers import live_voice
from media_worker.providers.live_voice import MAX_SHORT_LIVES, SHORT_LIFE_S, LiveVoice
from media_worker.providers.rime.tts import Rime
from media_worker.providers.vendors import Access
from media_worker.providers.voice_dialect import Address, SocketVendor
from media_worker.providers.voice_line import VoiceLine
from tests.virtual_time import run_virtual


class PlayedLine(VoiceLine):
    """Its connection is refused, except for the first one's, which lasts for a while."""

    made = 0

    def __init__(self, vendor: SocketVendor, address: Address, *, moved: Callable[[], None]) -> None:
        super().__init__(vendor, address, moved=moved)
        self._lasts_s = 0.0 if PlayedLine.made else 2 * SHORT_LIFE_S
        PlayedLine.made += 1

    async def run(self) -> None:
        await asyncio.sleep(self._lasts_s)
        self._is_over, self.lived_s = True, self._lasts_s
        for text in self._texts.values():
            text.hear(self._dialect.closed(None, ""))
        self._moved()


def test_the_session_goes_on_when_the_last_connection_is_lost_to_a_vendor_that_refuses_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live_voice, "VoiceLine", PlayedLine)
    monkeypatch.setattr(PlayedLine, "made", 0)
    request = SpeakRequest("One.", VoiceConfig(provider="rime"), "en-US")

    async def say(speaker: live_voice.LiveSpeaker) -> None:
        async with speaker.speak(request) as events:
            with pytest.raises(ProviderError):
                await anext(events)

    async def scenario() -> None:
        voice = LiveVoice(Rime(Access("key", "https://rime.test")))
        async with asyncio.TaskGroup() as tasks:
            speaker = voice.open(request, tasks)
            saying = tasks.create_task(say(speaker))
            await asyncio.sleep(SHORT_LIFE_S)
            await say(speaker)
            assert PlayedLine.made == 1 + MAX_SHORT_LIVES
            await saying
            await asyncio.sleep(1.0)
            speaker.close()

    run_virtual(scenario())
