"""Makes one reply audible: language model → segments → voice → playout."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import TypeVar

from callcore.errors import ProviderError
from callcore.transcript import heard_text
from media_worker.conversation.events import Event, ReplyEnded, ReplyFailed, VoiceFailed
from media_worker.conversation.segmenter import Segmenter
from media_worker.conversation.speakable import speakable
from media_worker.media.playout import HeardSegment, Playout, join_segments
from media_worker.media.resample import Resampler
from media_worker.ports.llm import EndCall, LanguageModel, ReplyRequest, TextDelta
from media_worker.ports.tts import SpeakRequest, TextToSpeech
from media_worker.session.clock import WorkerClock
from media_worker.session.turn_watch import TurnWatch

FIRST_TOKEN_S = 12.0
TOKEN_GAP_S = 5.0
FIRST_AUDIO_S = 5.0
AUDIO_GAP_S = 5.0
MAX_QUEUED_SEGMENTS = 32
MAX_QUEUED_AUDIO_S = 30.0
"""The voice waits while this much is unsent: a held reply must not grow without bound."""
ROOM_POLL_S = 0.2

T = TypeVar("T")


class ReplyStage:
    """One reply while it is being made; cancel the task that runs it to stop it."""

    def __init__(
        self,
        turn_id: int,
        playout: Playout,
        voice: "VoiceOutput",
        post: Callable[[Event], None],
        clock: WorkerClock,
    ) -> None:
        self.turn_id = turn_id
        self.playout = playout
        self.chars_spoken = 0
        """Characters handed to the voice, heard or not."""
        self.announced = False
        """PlayoutStarted was posted."""
        self.watch = TurnWatch()
        self._voice = voice
        self._post = post
        self._clock = clock
        self._segments: asyncio.Queue[str | None] = asyncio.Queue(MAX_QUEUED_SEGMENTS)
        self._filler: str | None = None

    async def think_and_speak(self, llm: LanguageModel, request: ReplyRequest) -> None:
        """Speak the model's reply. Posts ReplyEnded, or ReplyFailed, or VoiceFailed."""
        async with asyncio.TaskGroup() as tasks:
            thinking = tasks.create_task(self._think(llm, request))
            await self._speak()
            thinking.cancel()

    async def say(self, text: str) -> None:
        """Speak a fixed text. Posts ReplyEnded or VoiceFailed."""
        async with asyncio.TaskGroup() as tasks:
            reciting = tasks.create_task(self._recite(text))
            await self._speak()
            reciting.cancel()

    def fill(self, text: str) -> None:
        """Say a filler first, unless the reply's own first segment is already on its way to the voice."""
        if self.playout.empty and self._segments.empty():
            self._filler = text
            self._segments.put_nowait(text)

    def heard(self, now: float) -> tuple[str, str]:
        """Cut the playout; what was heard of the filler, and what of the reply."""
        segments = self.playout.cut(now)
        aside, reply = (
            join_segments(_heard_of(segment) for segment in segments if segment.aside is is_aside)
            for is_aside in (True, False)
        )
        return aside, reply

    async def _recite(self, text: str) -> None:
        segmenter = Segmenter(self._voice.language)
        for segment in (*segmenter.feed(text), *segmenter.finish()):
            await self._segments.put(segment)
        self._post(ReplyEnded(self.turn_id, end_call=False))
        await self._segments.put(None)

    async def _think(self, llm: LanguageModel, request: ReplyRequest) -> None:
        segmenter = Segmenter(self._voice.language)
        end_call = spoken = False
        try:
            async with llm.reply(request) as events:
                async for event in _in_time(events, FIRST_TOKEN_S, TOKEN_GAP_S):
                    if isinstance(event, EndCall):
                        end_call = True
                    elif isinstance(event, TextDelta):
                        self.watch.token(self._clock.monotonic_s())
                        for segment in segmenter.feed(event.text):
                            spoken = True
                            await self._segments.put(segment)
            for segment in segmenter.finish():
                spoken = True
                await self._segments.put(segment)
        except (ProviderError, TimeoutError):
            self._post(ReplyFailed(self.turn_id))
            return
        if not spoken and not end_call:
            self._post(ReplyFailed(self.turn_id))
            return
        self._post(ReplyEnded(self.turn_id, end_call))
        await self._segments.put(None)

    async def _speak(self) -> None:
        try:
            while (segment := await self._segments.get()) is not None:
                await self._speak_segment(segment)
        except (ProviderError, TimeoutError):
            self._post(VoiceFailed(self.turn_id))
        self.playout.finish()

    async def _speak_segment(self, text: str) -> None:
        self.chars_spoken += len(text)
        aside, self._filler = text == self._filler, None
        self.playout.begin_segment(text, aside=aside)
        if not aside:
            self.watch.segment(self._clock.monotonic_s())
        async with aclosing(self._voice.audio(text)) as audio:
            async for pcm in audio:
                self.playout.add(pcm)
                if not aside:
                    self.watch.sound(self._clock.monotonic_s())
                while self.playout.queued_s > MAX_QUEUED_AUDIO_S:
                    await self._clock.sleep_until(self._clock.monotonic_s() + ROOM_POLL_S)
        self.playout.end_segment()


class VoiceOutput:
    """A voice at the leg's sample rate."""

    def __init__(self, tts: TextToSpeech, request: SpeakRequest, rate_hz: int) -> None:
        """`request` is the pattern of every request; its text is ignored."""
        self._tts = tts
        self._request = request
        self._rate_hz = rate_hz

    @property
    def language(self) -> str:
        """What it speaks."""
        return self._request.language

    async def audio(self, text: str) -> AsyncGenerator[bytes]:
        """The audio that says `text`, none when there is nothing to say. Raises ProviderError, TimeoutError."""
        spoken = speakable(text)
        if not spoken:
            return
        request = SpeakRequest(spoken, self._request.voice, self._request.language)
        source_hz = self._tts.sample_rate_hz(request.voice)
        resampler = None if source_hz == self._rate_hz else Resampler(source_hz, self._rate_hz)
        async with self._tts.speak(request) as chunks:
            async for pcm in _in_time(chunks, FIRST_AUDIO_S, AUDIO_GAP_S):
                yield pcm if resampler is None else resampler.push(pcm)
        if resampler is not None:
            yield resampler.flush()


async def _in_time(items: AsyncIterator[T], first_s: float, gap_s: float) -> AsyncIterator[T]:
    """The same items; raises TimeoutError when one takes too long."""
    wait_s = first_s
    while True:
        try:
            async with asyncio.timeout(wait_s):
                item = await anext(items)
        except StopAsyncIteration:
            return
        yield item
        wait_s = gap_s


def _heard_of(segment: HeardSegment) -> str:
    return heard_text(segment.text, segment.heard_ms, segment.full_ms)
