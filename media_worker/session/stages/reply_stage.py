"""Makes one reply audible: language model → segments → voice → playout."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from callcore.calls.transcript import TextTime, heard_text
from callcore.calls.usage import Meter, Service, Unit
from callcore.errors import ProviderError
from callcore.tools.tool_call import ToolCall
from media_worker.conversation.events import ReplyEnded, ReplyFailed, ToolsCalled, VoiceAsked, VoiceFailed
from media_worker.conversation.segments.segmenter import Segmenter
from media_worker.conversation.segments.verbatim import Verbatim
from media_worker.media.playout import HeardSegment, Playout
from media_worker.ports.llm import (
    CallTool,
    DoneEvent,
    EndCall,
    Flush,
    KeepSilent,
    LanguageModel,
    Pause,
    ReplyRequest,
    SpokenEvent,
    TextDelta,
)
from media_worker.ports.tts import CharactersBilled, SoundWithdrawn
from media_worker.session.casting.in_time import in_time
from media_worker.session.clock import WorkerClock
from media_worker.session.report.request_meter import RequestMeter
from media_worker.session.report.turn_watch import TurnWatch
from media_worker.session.stages.gate import Gate
from media_worker.session.stages.hands import MAX_AT_ONCE
from media_worker.session.stages.voice_output import VoiceOutput

FIRST_TOKEN_S = 12.0
TOKEN_GAP_S = 12.0
"""What fails sooner is replaced before (hedged_model); these are the ends of all patience."""
MAX_QUEUED_SEGMENTS = 32
MAX_QUEUED_AUDIO_S = 30.0
"""The voice waits while this much is unsent: a held reply must not grow without bound."""
ROOM_POLL_S = 0.2
MAX_PREPARED_TOKENS = 60
"""A reply that is only prepared is read no further than this beyond its first segment."""
MAX_ORDERS = MAX_AT_ONCE + 3
"""What is wanted of a reply at once: an announcement, to hear of its end, a sound of each function, the question."""


@dataclass(frozen=True)
class Piece:
    """Text on its way to the voice."""

    text: str
    part: int | None
    """Which part of the reply it belongs to; None = an aside."""


@dataclass(frozen=True)
class Mark:
    """Stands behind a piece: when it comes to the voice, all before it has been spoken."""


@dataclass(frozen=True)
class Sound:
    """Something that is heard and has no text: tones, or silence."""

    pcm: bytes
    part: int


@dataclass(frozen=True)
class CalledAgain:
    """What the model has called before."""

    calls: tuple[ToolCall, ...]


@dataclass(frozen=True)
class Announcement:
    """Fixed texts in the midst of a reply."""

    texts: Sequence[str]
    part: int


Order = ReplyRequest | CalledAgain | Announcement | Sound | Mark


class ReplyStage:
    """One reply while it is being made; cancel the task that runs it to stop it.

    Its parts are what it says with one group of function calls, and after the last one.
    """

    def __init__(
        self,
        turn_id: int,
        playout: Playout,
        voice: VoiceOutput,
        gate: Gate,
        clock: WorkerClock,
        *,
        calls_named: str = "",
    ) -> None:
        """What becomes of the reply is posted through `gate`; the ids of its calls begin with `calls_named`."""
        self.turn_id = turn_id
        self.playout = playout
        self.gate = gate
        self.used: Counter[Unit] = Counter()
        """Also for what was not heard."""
        self.billed: Counter[Service | None] = Counter()
        """Characters that vendors of voices count for it."""
        self.discarded = False
        """It was made in vain: before the turn was over, or for words that were corrected."""
        self.announced = False
        """PlayoutStarted was posted."""
        self.closing = False
        """NearlyHeard was posted."""
        self.watch = TurnWatch()
        self._voice = voice
        self._clock = clock
        self._segments: asyncio.Queue[Piece | Sound | Mark | None] = asyncio.Queue(MAX_QUEUED_SEGMENTS)
        self._orders: asyncio.Queue[Order | None] = asyncio.Queue(MAX_ORDERS)
        self._said: list[list[str]] = [[]]
        """The texts of every part, heard or not."""
        self._spoken_parts: list[int | None] = []
        """Which part each segment of the playout belongs to."""
        self._calls_made, self._calls_named = 0, calls_named
        self.marked = False
        """All that came before the last mark has been spoken; the listener may not have heard it yet."""
        self._asked_voice = False

    async def think_and_speak(self, llm: LanguageModel, first: ReplyRequest | CalledAgain) -> None:
        """Speak the model's reply. Posts ReplyEnded, or ReplyFailed, or VoiceFailed.

        When it calls functions, or begins with calls of an earlier one, it posts ToolsCalled, and goes on with `ask` or
        `finish`.
        """
        self._orders.put_nowait(first)
        async with asyncio.TaskGroup() as tasks:
            thinking = tasks.create_task(self._think(llm))
            await self._speak()
            thinking.cancel()

    async def say(self, text: str) -> None:
        """Speak a fixed text. Posts ReplyEnded or VoiceFailed."""
        async with asyncio.TaskGroup() as tasks:
            reciting = tasks.create_task(self._recite(text))
            await self._speak()
            reciting.cancel()

    def fill(self, text: str) -> None:
        """Say a filler first, unless the reply's own first segment is already on its way to the voice.

        Who reads needs neither a filler nor an aside.
        """
        if self.playout.wants_sound and self.playout.empty and self._segments.empty():
            self._segments.put_nowait(Piece(text, None))

    def aside(self, text: str) -> None:
        """Say this beside the reply, after what goes to the voice already; not when that is much."""
        if self.playout.wants_sound and not self._segments.full():
            self._segments.put_nowait(Piece(text, None))

    def ask(self, request: ReplyRequest) -> None:
        """Have the model go on."""
        self._orders.put_nowait(request)

    def announce(self, texts: Sequence[str]) -> None:
        """Say these next, as a part of the reply."""
        self._said[-1].extend(texts)
        self._orders.put_nowait(Announcement(texts, self._part))

    def sound(self, pcm: bytes) -> None:
        """Have this heard next."""
        self._orders.put_nowait(Sound(pcm, self._part))

    def mark(self) -> None:
        """Have `marked` set when everything so far has been spoken."""
        self._orders.put_nowait(Mark())

    def finish(self) -> None:
        """Nothing is added any more."""
        self._orders.put_nowait(None)

    def end_part(self) -> str:
        """What it says from now on follows function calls; what it said before them since the last ones."""
        said = self.playout.join(self._said[-1])
        self._said.append([])
        return said

    @property
    def _part(self) -> int:
        return len(self._said) - 1

    def heard(self, now: float) -> tuple[str, tuple[str, ...]]:
        """Cut the playout; what was heard of the filler, and what of every part of the reply."""
        heard = list(zip(map(_heard_of, self.playout.cut(now)), self._spoken_parts, strict=False))
        aside, *parts = (
            self.playout.join(text for text, of_part in heard if of_part == part)
            for part in (None, *range(self._part + 1))
        )
        return aside, tuple(parts)

    def count(self, meter: Meter) -> None:
        """Add what it used."""
        for unit, quantity in self.used.items():
            meter.add(unit, quantity, discarded=self.discarded)
        for service, quantity in self.billed.items():
            meter.add(Unit.TTS_BILLED_CHARACTERS, quantity, discarded=self.discarded, service=service)

    async def _recite(self, text: str) -> None:
        await self._put(text, self._part)
        await self.gate.post(ReplyEnded(self.turn_id, end_call=False))
        await self._segments.put(None)

    async def _put(self, text: str, part: int) -> None:
        segmenter = self._segmenter()
        for segment in (*segmenter.feed(text), *segmenter.finish()):
            await self._segments.put(Piece(segment, part))

    def _segmenter(self) -> Segmenter | Verbatim:
        if self.playout.wants_sound:
            return Segmenter(self._voice.language)
        return Verbatim(follows=not self.playout.empty or not self._segments.empty())

    async def _think(self, llm: LanguageModel) -> None:
        # What it waits for comes in time: the conversation gives every function its deadline.
        while (order := await self._orders.get()) is not None:
            match order:
                case Announcement(texts, part):
                    for text in texts:
                        await self._put(text, part)
                case Mark() | Sound():
                    await self._segments.put(order)
                case CalledAgain(calls):
                    await self.gate.post(ToolsCalled(self.turn_id, calls, spoke=False))
                case ReplyRequest():
                    if not await self._goes_on(llm, order):
                        return
        await self._segments.put(None)

    async def _goes_on(self, llm: LanguageModel, request: ReplyRequest) -> bool:
        """Put the model's answer to the voice; whether more follows it, because it calls functions."""
        calls: list[ToolCall] = []
        end_call = keeps_silent = False
        try:
            with RequestMeter(request, self.used) as meter:
                async with llm.reply(request) as events:
                    async for event in self._spoken(meter.counted(in_time(events, FIRST_TOKEN_S, TOKEN_GAP_S))):
                        if isinstance(event, EndCall):
                            end_call = True
                        elif isinstance(event, KeepSilent):
                            keeps_silent = True
                        elif request.tools:
                            await self.gate.passed()
                            calls.append(self._numbered(event))
        except (ProviderError, TimeoutError):
            return await self._give_up()
        spoke = bool(self._said[-1])
        if calls:
            await self.gate.post(ToolsCalled(self.turn_id, tuple(calls), spoke))
            return True
        if not (spoke or end_call or keeps_silent):
            self.gate.fail(ReplyFailed(self.turn_id))
            return False
        await self.gate.post(ReplyEnded(self.turn_id, end_call))
        await self._segments.put(None)
        return False

    async def _give_up(self) -> bool:
        """The model is lost: what it said stands, up to its last sentence that was whole."""
        if not self._said[-1]:
            self.gate.fail(ReplyFailed(self.turn_id))
            return False
        await self.gate.post(ReplyEnded(self.turn_id, end_call=False))
        await self._segments.put(None)
        return False

    async def _spoken(self, events: AsyncIterator[SpokenEvent | DoneEvent]) -> AsyncIterator[DoneEvent]:
        """Put the text to the voice; the events that are none."""
        segmenter = self._segmenter()
        tokens_ahead = 0
        async for event in events:
            if isinstance(event, TextDelta):
                self.watch.token(self._clock.monotonic_s())
                await self._add(segmenter.feed(event.text))
                tokens_ahead += bool(self._said[-1])
                if tokens_ahead > MAX_PREPARED_TOKENS:
                    await self.gate.passed()
            elif isinstance(event, Flush | Pause):
                await self._add(segmenter.finish())
                segmenter = self._segmenter()
                if isinstance(event, Pause):
                    await self._segments.put(Sound(self.playout.silence(event.ms), self._part))
            else:
                yield event
        await self._add(segmenter.finish())

    async def _add(self, segments: Iterable[str]) -> None:
        for segment in segments:
            self._said[-1].append(segment)
            await self._segments.put(Piece(segment, self._part))

    def _numbered(self, event: CallTool) -> ToolCall:
        self._calls_made += 1
        return ToolCall(f"{self._calls_named}call_{self.turn_id}_{self._calls_made}", event.name, event.arguments)

    async def _speak(self) -> None:
        try:
            while (piece := await self._segments.get()) is not None:
                if isinstance(piece, Mark):
                    self.marked = True
                elif isinstance(piece, Sound):
                    await self._sound_wordless(piece)
                else:
                    await self.gate.voice_admitted(is_first=self.playout.empty)
                    await self._speak_piece(piece)
        except (ProviderError, TimeoutError):
            self.gate.fail(VoiceFailed(self.turn_id))
        self.playout.finish()

    async def _speak_piece(self, piece: Piece) -> None:
        text, aside = piece.text, piece.part is None
        if not aside and self.gate.is_open and not self._asked_voice:
            self._asked_voice = True
            await self.gate.post(VoiceAsked(self.turn_id))
        self.playout.begin_segment(text, aside=aside)
        self._spoken_parts.append(piece.part)
        if not aside:
            self.watch.segment(self._clock.monotonic_s())
        if self.playout.wants_sound:
            await self._sound(text, aside=aside)
        self.playout.end_segment()

    async def _sound_wordless(self, sound: Sound) -> None:
        if self.playout.wants_sound:
            await self.gate.voice_admitted(is_first=self.playout.empty)
            self.playout.begin_segment("")
            self._spoken_parts.append(sound.part)
            self.playout.add(sound.pcm)
            self.playout.end_segment()

    async def _sound(self, text: str, *, aside: bool) -> None:
        self.used[Unit.TTS_CHARACTERS] += len(text)
        async with aclosing(self._voice.events(text)) as events:
            async for event in events:
                match event:
                    case bytes():
                        self.playout.add(event)
                        if not aside:
                            self.watch.sound(self._clock.monotonic_s())
                    case TextTime():
                        self.playout.time_text(event)
                    case SoundWithdrawn(from_ms):
                        self.playout.withdraw(from_ms)
                    case CharactersBilled(count, service):
                        self.billed[service] += count
                while self.playout.queued_s > MAX_QUEUED_AUDIO_S:
                    await self._clock.sleep_until(self._clock.monotonic_s() + ROOM_POLL_S)


def _heard_of(segment: HeardSegment) -> str:
    return heard_text(segment.text, segment.heard_ms, segment.full_ms, segment.times)
