"""How much of a reply is made before it is heard."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from callcore.agents.agent import VoiceConfig
from media_worker.media.playout import Playout
from media_worker.ports.tts import SpeakRequest
from media_worker.session.stages.gate import Gate
from media_worker.session.stages.reply_stage import MAX_QUEUED_AUDIO_S, ReplyStage
from media_worker.session.stages.voice_output import VoiceOutput
from tests.virtual_time import VirtualClock, run_virtual

RATE_HZ, PIECE_S, ROOM_S = 8000, 0.5, 1.0


class Chatterbox:
    """Speaks for ever, much faster than anybody listens."""

    def sample_rate_hz(self, voice: VoiceConfig) -> int:
        return RATE_HZ

    def open(self, request: SpeakRequest, tasks: asyncio.TaskGroup) -> "Chatterbox":
        return self

    def close(self) -> None:
        pass

    @asynccontextmanager
    async def speak(self, request: SpeakRequest) -> AsyncIterator[AsyncIterator[bytes]]:
        async def pieces() -> AsyncIterator[bytes]:
            while True:
                await asyncio.sleep(0.001)
                yield bytes(round(PIECE_S * RATE_HZ) * 2)

        yield pieces()


def test_audio_that_waits_to_be_heard_is_bounded_and_goes_on_when_there_is_room() -> None:
    """Invariant 17 (conversation.md 9.2)."""

    async def scenario() -> list[float]:
        clock, playout = VirtualClock(), Playout(RATE_HZ, 0.2)
        voice = VoiceOutput(Chatterbox(), SpeakRequest("", VoiceConfig()), RATE_HZ)
        async with asyncio.TaskGroup() as tasks:
            voice.open(tasks)
            voice.prepare()
        speaking = asyncio.create_task(ReplyStage(0, playout, voice, Gate(lambda event: None), clock).say("Well."))
        queued: list[float] = []
        for _ in range(5000):
            await asyncio.sleep(0.02)
            playout.take_due(clock.monotonic_s())
            queued.append(playout.queued_s)
        speaking.cancel()
        await asyncio.gather(speaking, return_exceptions=True)
        return queued

    queued = run_virtual(scenario())
    assert max(queued) <= MAX_QUEUED_AUDIO_S + PIECE_S
    assert min(queued[500:]) >= MAX_QUEUED_AUDIO_S - ROOM_S, "a full queue does not run dry"
