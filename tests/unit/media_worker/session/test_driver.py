"""A whole session over loopback and scripted providers, in virtual time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from callcore.calls.call import CallStatus
from callcore.errors import ProviderError, ProviderFailure
from callcore.wire import client as wire
from media_worker.ports.leg import KeyPressed, TypedText
from media_worker.ports.stt import Final, SttCapabilities, SttRequest, Transcript, TurnEnd
from media_worker.providers.scripted import llm, stt, tts, vad
from media_worker.session.casting.providers import Providers
from media_worker.session.driver import Session
from media_worker.session.journal import SessionEnd
from media_worker.transports.loopback import LoopbackLeg
from tests.unit.media_worker.session.rig import FRAME_S, SILENCE, VOICE, Rig, hold, plan
from tests.virtual_time import run_virtual

GREETING_S = 28 * 0.06


def test_greeting_question_answer_and_hang_up() -> None:
    async def user(rig: Rig) -> None:
        await rig.hear(SILENCE, 3.0)
        await rig.hear(VOICE, 1.0)
        await rig.hear(SILENCE, 4.0)
        rig.leg.hang_up()

    rig, end = hold(plan(llm={"provider": "scripted", "replies": ["Fine."]}), user)
    assert rig.methods() == ["OnReady", "StartAnswering", "OnTranscript", "OnTranscript", "StartAnswering"]
    assert rig.audio_ms() == pytest.approx((28 + 5) * 60, abs=1)
    assert end.status is CallStatus.USER_ENDED
    assert end.duration_s == 8
    assert end.chars_used == 28 + 5
    assert [dict(message) for message in end.chat] == [
        {"role": "assistant", "content": "Hi there, how are you today?"},
        {"role": "user", "content": "hello"},
        {"role": "assistant", "content": "Fine."},
    ]
    assert rig.memory.calls[:0] == []
    assert rig.memory.events[0].status is CallStatus.USER_ENDED
    assert rig.memory.checkpoints[-1].chat == end.chat


def test_the_answer_starts_half_a_second_after_the_true_end_of_speech() -> None:
    answered_at: list[float] = []

    async def user(rig: Rig) -> None:
        await rig.hear(SILENCE, 3.0)
        await rig.hear(VOICE, 1.0)
        for _ in range(200):
            rig.leg.give(SILENCE)
            await asyncio.sleep(FRAME_S)
            if rig.methods().count("StartAnswering") == 2:
                answered_at.append(rig.clock.monotonic_s())
                break
        rig.leg.hang_up()

    hold(plan(flow={"endpointing": {"mode": "fixed"}}), user)
    assert answered_at[0] == pytest.approx(4.0 + 0.5, abs=0.06)


class TurnEndingRecogniser:
    """Says what was said, and that the turn is over, a tenth of a second after it is asked."""

    capabilities = SttCapabilities(gated=False, ends_turns=True)

    @asynccontextmanager
    async def open(self, request: SttRequest) -> AsyncIterator["TurnEndingStream"]:
        yield TurnEndingStream()


class TurnEndingStream:
    """One stream."""

    billed_s = None

    def __init__(self) -> None:
        self._asked = asyncio.Event()

    def send(self, pcm: bytes) -> None: ...

    def flush(self) -> None:
        self._asked.set()

    async def __aiter__(self) -> AsyncIterator[Transcript]:
        while True:
            await self._asked.wait()
            self._asked.clear()
            await asyncio.sleep(0.1)
            yield Final("book a table")
            yield TurnEnd()


def test_a_recogniser_that_ends_turns_is_answered_at_once() -> None:
    answered_at: list[float] = []

    async def user(rig: Rig) -> None:
        await rig.hear(SILENCE, 3.0)
        await rig.hear(VOICE, 1.0)
        while rig.methods().count("StartAnswering") < 2:
            await rig.hear(SILENCE, FRAME_S)
        answered_at.append(rig.clock.monotonic_s())
        rig.leg.hang_up()

    async def scenario() -> SessionEnd:
        providers = Providers(TurnEndingRecogniser(), llm.create(), tts.create(), vad.create())
        return await Rig(plan(flow={"endpointing": {"mode": "provider"}}), providers).hold(user)

    end = run_virtual(scenario())
    assert answered_at[0] == pytest.approx(4.0 + 0.2, abs=0.06)
    assert [message["content"] for message in end.chat if message["role"] == "user"] == ["book a table"]


def test_a_setting_that_cannot_be_followed_is_told() -> None:
    async def user(rig: Rig) -> None:
        await rig.hear(SILENCE, 1.0)
        rig.leg.hang_up()

    rig, _ = hold(plan(flow={"endpointing": {"mode": "provider"}}), user)
    notes = [message.text for message in rig.leg.sent if isinstance(message, wire.AiAction)]
    assert any("flow.endpointing.mode" in note for note in notes)


def test_talking_over_the_agent_pauses_then_clears_and_keeps_what_was_heard() -> None:
    async def user(rig: Rig) -> None:
        await rig.hear(SILENCE, 1.0)
        await rig.hear(VOICE, 1.0)
        await rig.hear(SILENCE, 3.0)
        rig.leg.hang_up()

    utterances = {"provider": "scripted", "utterances": ["stop please"]}
    rig, end = hold(plan(first_message="One two three four five six seven eight.", speech_to_text=utterances), user)
    methods = rig.methods()
    assert methods.index("Pause") < methods.index("Clear") < methods.index("OnTranscript")
    assert "Unpause" not in methods
    assert [message["content"] for message in end.chat][:2] == ["One two three four", "stop please"]


def test_a_noise_over_the_agent_pauses_and_unpauses_and_loses_no_sample() -> None:
    async def user(rig: Rig) -> None:
        await rig.hear(SILENCE, 0.5)
        await rig.hear(VOICE, 0.2)
        await rig.hear(SILENCE, 4.0)
        rig.leg.hang_up()

    quiet = {"provider": "scripted", "utterances": [""]}
    greeting = "Hi there, how are you doing on this fine day?"
    rig, _ = hold(plan(first_message=greeting, speech_to_text=quiet), user)
    assert rig.methods() == ["OnReady", "StartAnswering", "Pause", "Unpause"]
    audio = b"".join(message for message in rig.leg.sent if isinstance(message, bytes))
    assert audio == tts.tone(0, len(greeting) * 60)


def test_typed_text_is_answered() -> None:
    async def user(rig: Rig) -> None:
        await asyncio.sleep(3)
        rig.leg.give(TypedText("are you open"))
        await asyncio.sleep(3)
        rig.leg.hang_up()

    _, end = hold(plan(), user)
    assert [message["content"] for message in end.chat][1:] == ["are you open", "I hear you."]


def test_telephone_keys_are_answered() -> None:
    async def user(rig: Rig) -> None:
        await asyncio.sleep(3)
        for key in "12#":
            rig.leg.give(KeyPressed(key))
        await asyncio.sleep(3)
        rig.leg.hang_up()

    _, end = hold(plan(), user)
    assert [message["content"] for message in end.chat][1:] == ["[DTMF] 12#", "I hear you."]


def test_a_muted_microphone_is_told_once_and_once_when_it_is_open_again() -> None:
    async def user(rig: Rig) -> None:
        await rig.hear(SILENCE, 3.0)
        await rig.hear(VOICE, 0.5)
        await rig.hear(SILENCE, 0.5)
        rig.leg.hang_up()

    rig, _ = hold(plan(), user)
    notes = [message.text for message in rig.leg.sent if isinstance(message, wire.AiAction)]
    assert [note for note in notes if "microphone" in note] == [
        "the microphone sends nothing",
        "the microphone sends again",
    ]


def test_a_slow_reply_without_fillers_asks_for_a_moment_in_the_agents_language() -> None:
    async def user(rig: Rig) -> None:
        await asyncio.sleep(3)
        rig.leg.give(TypedText("one"))
        await asyncio.sleep(9)
        rig.leg.hang_up()

    slow = {"provider": "scripted", "replies": ["Gut."], "ttft_ms": 5000}
    _, end = hold(plan(llm=slow, language="de"), user)
    assert [message["content"] for message in end.chat][1:] == ["one", "Einen Moment, bitte.", "Gut."]


def test_a_client_that_stops_sending_audio_is_silent() -> None:
    async def user(rig: Rig) -> None:
        await rig.hear(SILENCE, 3.0)
        await rig.hear(VOICE, 1.0)
        await asyncio.sleep(4)
        rig.leg.hang_up()

    _, end = hold(plan(), user)
    assert [message["role"] for message in end.chat] == ["assistant", "user", "assistant"]


def test_the_agent_ends_the_call() -> None:
    async def user(rig: Rig) -> None:
        await rig.hear(SILENCE, 3.0)
        await rig.hear(VOICE, 1.0)
        await rig.hear(SILENCE, 60.0)

    _, end = hold(plan(llm={"provider": "scripted", "replies": ["[end]"]}), user)
    assert (end.status, end.close_code) == (CallStatus.AGENT_ENDED, 1000)


def test_max_duration_ends_the_call_with_its_message() -> None:
    async def user(rig: Rig) -> None:
        await rig.hear(SILENCE, 60.0)

    limits = {"max_duration": 5, "message": "Goodbye {userName}."}
    rig, end = hold(plan(session_timeout=limits), user)
    assert end.status is CallStatus.TIMEOUT
    assert end.chat[-1]["content"] == "Goodbye Ann."
    assert 5 <= end.duration_s <= 7
    assert rig.leg.closed is None


def test_opted_out_calls_leave_no_text_and_no_metadata() -> None:
    async def user(rig: Rig) -> None:
        await rig.journal.begin()
        await rig.hear(SILENCE, 3.0)
        rig.leg.give(TypedText("my secret"))
        await asyncio.sleep(3)
        rig.leg.hang_up()

    rig, _ = hold(plan(privacy_settings={"opt_out_data_collection": True}), user)
    assert all(checkpoint.chat == () for checkpoint in rig.memory.checkpoints)
    assert rig.memory.calls[0].metadata == {}
    assert "secret" not in repr(rig.memory.checkpoints) + repr(rig.memory.events)


def test_the_end_is_announced_even_when_the_queue_fails_for_a_while() -> None:
    async def user(rig: Rig) -> None:
        rig.memory.failures = 3
        rig.leg.hang_up()
        await asyncio.sleep(1)

    rig, _ = hold(plan(), user)
    assert len(rig.memory.events) == 1


class BrokenModel(llm.RecitingModel):
    """Fails every reply."""

    def reply(self, request: Any) -> Any:
        raise ProviderError("broken", ProviderFailure.UNAVAILABLE)


class BrokenVoice(tts.HummingVoice):
    """Fails every segment."""

    def speak(self, request: Any) -> Any:
        raise ProviderError("broken", ProviderFailure.UNAVAILABLE)


def test_a_broken_model_is_apologised_for_and_the_call_goes_on() -> None:
    async def user(rig: Rig) -> None:
        await asyncio.sleep(3)
        rig.leg.give(TypedText("hello"))
        await asyncio.sleep(6)
        rig.leg.hang_up()

    async def scenario() -> SessionEnd:
        providers = Providers(stt.create(), BrokenModel(), tts.create(), vad.create())
        return await Rig(plan(), providers).hold(user)

    end = run_virtual(scenario())
    assert end.status is CallStatus.USER_ENDED
    assert end.chat[-1]["content"] == "Sorry, I have a technical problem. Could you repeat that?"


def test_a_broken_voice_ends_the_call_as_an_error() -> None:
    async def user(rig: Rig) -> None:
        await asyncio.sleep(1)
        rig.leg.give(TypedText("hello"))
        await asyncio.sleep(60)

    async def scenario() -> SessionEnd:
        providers = Providers(stt.create(), llm.create(), BrokenVoice(), vad.create())
        return await Rig(plan(), providers).hold(user)

    end = run_virtual(scenario())
    assert (end.status, end.error, end.close_code) == (CallStatus.ERROR, "speech synthesis failed", 1011)


def test_shutting_down_says_so() -> None:
    async def user(rig: Rig) -> None:
        await asyncio.sleep(3)
        rig.session.shut_down("We must stop.")
        await asyncio.sleep(60)

    _, end = hold(plan(), user)
    assert (end.status, end.close_code) == (CallStatus.ERROR, 1001)
    assert end.chat[-1]["content"] == "We must stop."


def test_a_slow_reply_is_filled_and_the_model_never_sees_the_filler() -> None:
    requests: list[list[str]] = []

    class Remembering(llm.RecitingModel):
        def reply(self, request: Any) -> Any:
            requests.append([message["content"] for message in request.messages])
            return super().reply(request)

    async def user(rig: Rig) -> None:
        for text in ("one", "two"):
            await asyncio.sleep(3)
            rig.leg.give(TypedText(text))
        await asyncio.sleep(5)
        rig.leg.hang_up()

    async def scenario() -> SessionEnd:
        slow = {"provider": "scripted", "replies": ["Fine."], "ttft_ms": 1500}
        fills = {"auto_fill_responses": {"response_gap_threshold": 1000, "messages": ["Let me see {userName}"]}}
        providers = Providers(stt.create(), Remembering(), tts.create(), vad.create())
        return await Rig(plan(llm=slow, flow=fills), providers).hold(user)

    end = run_virtual(scenario())
    assert [message["content"] for message in end.chat][1:] == [
        "one",
        "Let me see Ann",
        "Fine.",
        "two",
        "Let me see Ann",
        "Fine.",
    ]
    assert requests[1] == ["Hi there, how are you today?", "one", "Fine.", "two"]


def test_an_inactive_user_is_asked() -> None:
    async def user(rig: Rig) -> None:
        await rig.hear(SILENCE, 20.0)
        rig.leg.hang_up()

    asking = {"inactivity_handling": {"idle_time": 5, "message": "Are you there, {userName}?"}}
    _, end = hold(plan(flow=asking), user)
    assert [message["content"] for message in end.chat][1:] == ["Are you there, Ann?"] * 2


class FailingRecogniser(stt.ScriptedRecogniser):
    """Is lost again so many seconds after each opening."""

    def __init__(self, lifetime_s: float) -> None:
        self.lifetime_s = lifetime_s
        self.openings = 0

    @asynccontextmanager
    async def open(self, request: SttRequest) -> AsyncIterator[stt.ScriptedStream]:
        self.openings += 1
        async with super().open(request) as stream:
            try:
                async with asyncio.timeout(self.lifetime_s):
                    yield stream
            except TimeoutError:
                raise ProviderError("failing", ProviderFailure.UNAVAILABLE) from None


def with_recogniser(recogniser: FailingRecogniser, seconds: float) -> SessionEnd:
    async def user(rig: Rig) -> None:
        await rig.hear(SILENCE, seconds)
        rig.leg.hang_up()

    async def scenario() -> SessionEnd:
        return await Rig(plan(), Providers(recogniser, llm.create(), tts.create(), vad.create())).hold(user)

    return run_virtual(scenario())


def test_a_recogniser_that_cannot_be_had_ends_the_call() -> None:
    recogniser = FailingRecogniser(0.1)
    end = with_recogniser(recogniser, 60.0)
    assert (end.status, end.error) == (CallStatus.ERROR, "speech recognition was lost")
    assert recogniser.openings == 5


def test_a_recogniser_that_is_lost_now_and_then_is_opened_again() -> None:
    recogniser = FailingRecogniser(40.0)
    end = with_recogniser(recogniser, 400.0)
    assert end.status is CallStatus.USER_ENDED
    assert recogniser.openings == 11


def test_a_failure_in_the_media_loop_ends_this_call_only() -> None:
    class BrokenLeg(LoopbackLeg):
        def send(self, message: bytes | wire.ServerMessage) -> None:
            if isinstance(message, bytes):
                raise ValueError
            super().send(message)

    async def user(rig: Rig) -> None:
        await asyncio.sleep(60)

    async def scenario() -> tuple[SessionEnd, float]:
        rig = Rig(plan())
        other = list[float]()
        rig.pacer.add(other.append)
        rig.session = Session(plan(), BrokenLeg(), rig.providers, rig.journal, rig.clock, rig.pacer)
        end = await rig.hold(user)
        return end, len(other)

    end, other_ticks = run_virtual(scenario())
    assert (end.status, end.error, end.close_code) == (CallStatus.ERROR, "internal error", 1011)
    assert other_ticks >= 1


def test_audio_much_faster_than_real_time_ends_the_call_and_catching_up_does_not() -> None:
    async def flood(rig: Rig) -> None:
        for _ in range(60):
            rig.leg.give(bytes(32_000))
            await asyncio.sleep(0.02)
        await asyncio.sleep(60)

    _, end = hold(plan(), flood)
    assert (end.status, end.close_code) == (CallStatus.ERROR, 1008)
    assert end.error == "audio comes much faster than real time"

    async def stall(rig: Rig) -> None:
        for _ in range(4):
            await asyncio.sleep(5)
            for _ in range(250):
                rig.leg.give(SILENCE)
        await asyncio.sleep(1)
        rig.leg.hang_up()

    _, end = hold(plan(), stall)
    assert end.status is CallStatus.USER_ENDED
