"""Whole sessions whose vendors fail, in virtual time: what the user hears, and what the record has of it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest

from callcore.agents.agent import LlmConfig, SpeechToTextConfig, VoiceConfig
from callcore.errors import ProviderError, ProviderFailure
from media_worker.ports.leg import ConnectionBack, ConnectionLost, TypedText
from media_worker.ports.llm import LanguageModel
from media_worker.ports.stt import Final, SttCapabilities, SttRequest, Transcript
from media_worker.ports.tts import SpeakRequest, TextToSpeech
from media_worker.providers.scripted import llm, stt, tts, vad
from media_worker.session.casting.fallback_recogniser import ChosenRecogniser, FallbackRecogniser
from media_worker.session.casting.fallback_voice import ChosenVoice, FallbackVoice
from media_worker.session.casting.hedged_model import ChosenModel, HedgedModel
from media_worker.session.casting.providers import Providers
from media_worker.session.journal import SessionEnd
from tests.unit.media_worker.session.rig import SILENCE, VOICE, Rig, plan
from tests.unit.media_worker.session.stubborn_model import StubbornModel
from tests.virtual_time import VirtualClock, run_virtual

BROKEN = ProviderError("scripted", ProviderFailure.UNAVAILABLE)
User = Callable[[Rig], Coroutine[Any, Any, None]]


def hold(user: User, *, models: tuple[LanguageModel, ...] = (), voices: tuple[TextToSpeech, ...] = ()) -> SessionEnd:
    """A session with these models and voices, the first ones wanted; scripted ones where none are given."""
    clock = VirtualClock()
    chosen = [ChosenModel(model, LlmConfig(model=str(at))) for at, model in enumerate(models or (llm.create(),))]
    speaking = FallbackVoice([ChosenVoice(voice, VoiceConfig()) for voice in voices or (tts.create(),)])
    providers = Providers(stt.create(), HedgedModel(chosen, clock), speaking, vad.create())

    async def scenario() -> SessionEnd:
        return await Rig(plan(first_message="Hello."), providers).hold(user)

    return run_virtual(scenario())


def asks(text: str, *, waits_s: float) -> User:
    """A user who types once and hangs up so much later."""

    async def user(rig: Rig) -> None:
        await asyncio.sleep(2)
        rig.leg.give(TypedText(text))
        await asyncio.sleep(waits_s)
        rig.leg.hang_up()

    return user


def contents(end: SessionEnd) -> list[str]:
    return [message["content"] for message in end.chat][1:]


# --- language model -------------------------------------------------------------------------------


def test_a_slow_model_is_bridged_and_another_one_answers() -> None:
    end = hold(asks("hi", waits_s=15), models=(StubbornModel((60.0, "Late.")), StubbornModel((1.0, "Hello again."))))
    assert contents(end) == ["hi", "One moment, please.", "Hello again."]


def test_a_model_that_stalls_in_the_middle_goes_on_where_it_stopped() -> None:
    model = StubbornModel(("We are open. On Sundays we ", 60.0), ("are closed.",))
    assert contents(hold(asks("hi", waits_s=15), models=(model,))) == ["hi", "We are open. On Sundays we are closed."]


def test_a_model_that_stalls_for_good_is_heard_to_its_last_whole_sentence() -> None:
    model = StubbornModel(("We are open. On Sundays we ", 60.0), (60.0,))
    assert contents(hold(asks("hi", waits_s=25), models=(model,))) == ["hi", "We are open."]


def test_two_empty_replies_are_apologised_for() -> None:
    model = StubbornModel(())
    end = hold(asks("hi", waits_s=10), models=(model,))
    assert contents(end) == ["hi", "Sorry, I have a technical problem. Could you repeat that?"]
    assert len(model.requests) == 2


# --- voice ----------------------------------------------------------------------------------------


class FadingVoice(tts.HummingVoice):
    """Is silent for a while after half a second of every text, and may break then."""

    def __init__(self, silent_s: float, *, breaks: bool = False) -> None:
        self.silent_s, self.breaks = silent_s, breaks

    @asynccontextmanager
    async def speak(self, request: SpeakRequest) -> AsyncIterator[AsyncIterator[bytes]]:
        async with super().speak(request) as audio:
            yield self._fading(audio)

    async def _fading(self, audio: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        pieces = 0
        async for pcm in audio:
            pieces += 1
            if pieces == 6:
                await asyncio.sleep(self.silent_s)
                if self.breaks:
                    raise BROKEN
            yield pcm


TEXT = "one two three four five six seven eight"


def test_a_voice_that_starves_stops_the_clock_and_the_record_has_what_was_heard() -> None:
    """After 0.5 s of sound and 1 s without any the user types, 2 s after the reply began: he heard 1 s of 2.3 s."""

    async def user(rig: Rig) -> None:
        await asyncio.sleep(2)
        rig.leg.give(TypedText("hi"))
        await asyncio.sleep(2)
        rig.leg.give(TypedText("stop"))
        await asyncio.sleep(0.1)
        rig.leg.hang_up()

    end = hold(user, models=(StubbornModel((TEXT,)),), voices=(FadingVoice(1.5),))
    assert contents(end)[:3] == ["hi", "one two three four", "stop"]


@pytest.mark.parametrize("voice", [FadingVoice(0.0, breaks=True), FadingVoice(60.0)], ids=["breaks", "falls silent"])
def test_another_voice_says_the_rest(voice: FadingVoice) -> None:
    said: list[str] = []

    class Remembering(tts.HummingVoice):
        def speak(self, request: SpeakRequest) -> Any:
            said.append(request.text)
            return super().speak(request)

    end = hold(asks("hi", waits_s=10), models=(StubbornModel((TEXT,)),), voices=(voice, Remembering()))
    assert contents(end) == ["hi", TEXT]
    assert said == ["three four five six seven eight"]


# --- recogniser -----------------------------------------------------------------------------------


class MortalRecogniser:
    """Its first streams live for so many seconds. A final text tells how much of the voice a stream has heard."""

    capabilities = SttCapabilities(gated=False)

    def __init__(self, *lives_s: float, name: str = "") -> None:
        self.lives_s = list(lives_s)
        self.name = name
        self.openings = 0

    @asynccontextmanager
    async def open(self, request: SttRequest) -> AsyncIterator["MortalStream"]:
        self.openings += 1
        try:
            async with asyncio.timeout(self.lives_s.pop(0) if self.lives_s else None):
                yield MortalStream(self.name)
        except TimeoutError:
            raise BROKEN from None


class MortalStream:
    """One stream."""

    billed_s = None

    def __init__(self, name: str) -> None:
        self._name = name
        self._frames = 0
        self._asked = asyncio.Event()

    def send(self, pcm: bytes) -> None:
        self._frames += pcm.count(VOICE)

    def flush(self) -> None:
        self._asked.set()

    async def __aiter__(self) -> AsyncIterator[Transcript]:
        while True:
            await self._asked.wait()
            self._asked.clear()
            frames, self._frames = self._frames, 0
            yield Final(f"{self._name}{frames} frames" if frames else "")


def listen(recogniser: Any, *, speaks_s: float = 1.0) -> SessionEnd:
    """The user speaks at 3 s."""

    async def user(rig: Rig) -> None:
        await rig.hear(SILENCE, 3.0)
        await rig.hear(VOICE, speaks_s)
        await rig.hear(SILENCE, 4.0)
        rig.leg.hang_up()

    async def scenario() -> SessionEnd:
        return await Rig(
            plan(first_message="Hello."), Providers(recogniser, llm.create(), tts.create(), vad.create())
        ).hold(user)

    return run_virtual(scenario())


@pytest.mark.parametrize("dies_at_s", [3.5, 3.95, 4.11])
def test_a_recogniser_that_dies_in_the_middle_of_a_turn_costs_no_word_and_there_is_one_reply(dies_at_s: float) -> None:
    """The last one dies after it was asked for the final text of the turn, and before it has told it."""
    end = listen(MortalRecogniser(dies_at_s))
    assert contents(end) == ["50 frames", "I hear you."]


def test_the_next_recogniser_takes_over_after_two_losses() -> None:
    first, second = MortalRecogniser(0.1, 0.1), MortalRecogniser(name="second: ")
    chosen = [ChosenRecogniser(one, SpeechToTextConfig()) for one in (first, second)]
    end = listen(FallbackRecogniser(chosen, VirtualClock()))
    assert contents(end) == ["second: 50 frames", "I hear you."]
    assert (first.openings, second.openings) == (2, 1)


def test_one_that_is_lost_now_and_then_stays() -> None:
    first, second = MortalRecogniser(40.0, 40.0), MortalRecogniser()
    chosen = [ChosenRecogniser(one, SpeechToTextConfig()) for one in (first, second)]
    listen(FallbackRecogniser(chosen, VirtualClock()), speaks_s=90.0)
    assert (first.openings, second.openings) == (3, 0)


# --- connection -----------------------------------------------------------------------------------


def test_a_connection_that_is_back_in_time_costs_no_sample() -> None:
    sent_ms: list[float] = []

    async def user(rig: Rig) -> None:
        await asyncio.sleep(0.05)
        rig.leg.give(ConnectionLost())
        for pause_s in (0.1, 4.0):
            await asyncio.sleep(pause_s)
            sent_ms.append(rig.audio_ms())
        rig.leg.give(ConnectionBack())
        await asyncio.sleep(3)
        sent_ms.append(rig.audio_ms())
        rig.leg.hang_up()

    end = hold(user)
    assert [message["content"] for message in end.chat] == ["Hello."]
    assert 0 < sent_ms[0] == sent_ms[1] < sent_ms[2] == 6 * 60
