"""What a session counts: of its language model, its voice, its recogniser and itself."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence

import pytest

from callcore.agents.agent import LlmConfig
from callcore.calls.usage import Component, Service, Unit
from media_worker.conversation import events as did
from media_worker.ports.llm import EndCall, ReplyEvent, ReplyRequest, TextDelta, TokensUsed
from media_worker.providers.scripted import llm, stt, tts, vad
from media_worker.session.casting.providers import Providers
from media_worker.session.report.request_meter import RequestMeter
from media_worker.session.report.speech_time import SpeechTime
from tests.unit.media_worker.session.rig import SILENCE, VOICE, Rig, plan
from tests.virtual_time import run_virtual

REQUEST = ReplyRequest(LlmConfig(), "Be kind.", ({"role": "user", "content": "hello"}, {"role": "assistant"}))


def used(events: Sequence[ReplyEvent], *, cut: bool = False) -> Counter[Unit]:
    """What is counted of one request in which this is told; `cut` before its end."""
    counted: Counter[Unit] = Counter()

    async def told() -> AsyncIterator[ReplyEvent]:
        for event in events:
            yield event
        if cut:
            raise asyncio.CancelledError

    async def scenario() -> None:
        with RequestMeter(REQUEST, counted) as meter:
            assert [event async for event in meter.counted(told()) if isinstance(event, TokensUsed)] == []

    if cut:
        with pytest.raises(asyncio.CancelledError):
            asyncio.run(scenario())
    else:
        asyncio.run(scenario())
    return +counted


CHARACTERS = len("Be kind." + "hello")


def test_what_the_vendor_counts_is_counted() -> None:
    told = (TokensUsed(20, 0), TextDelta("Hi there."), TokensUsed(0, 4), TokensUsed(1, 1))
    assert used(told) == {Unit.LLM_REQUESTS: 1, Unit.LLM_PROMPT_TOKENS: 21, Unit.LLM_COMPLETION_TOKENS: 5}


def test_what_no_vendor_counts_is_counted_in_characters() -> None:
    counts = {Unit.LLM_REQUESTS: 1, Unit.LLM_PROMPT_CHARACTERS: CHARACTERS}
    assert used((TextDelta("Hi "), TextDelta("there."))) == counts | {Unit.LLM_REPLY_CHARACTERS: 9}
    assert used((EndCall(),)) == counts


def test_a_reply_that_is_cut_is_paid_for_all_the_same() -> None:
    cut = used((TokensUsed(20, 0), TextDelta("Hi there.")), cut=True)
    assert cut == {Unit.LLM_REQUESTS: 1, Unit.LLM_PROMPT_TOKENS: 20, Unit.LLM_REPLY_CHARACTERS: 9}


def test_the_user_speaks_from_onset_to_true_end_and_noise_is_no_speech() -> None:
    speech = SpeechTime()
    for event in (
        did.SpeechStarted(1.0),
        did.SpeechEnded(3.0, 1500),
        did.SpeechStarted(5.0),
        did.SoundJudged(did.Sound.NOISE),
        did.SpeechEnded(6.0, 800),
        did.SpeechStarted(7.0),
        did.SoundJudged(did.Sound.USER),
    ):
        speech.happened(event)
    assert speech.total_ms(7.5) == 2500


def test_a_session_counts_its_time_its_voice_and_its_user() -> None:
    services = {part: Service(f"the {part}", "m") for part in Component}

    async def user(rig: Rig) -> None:
        await rig.hear(SILENCE, 4)
        await rig.hear(VOICE, 2)
        await rig.hear(SILENCE, 4)
        rig.leg.hang_up()

    async def scenario() -> Rig:
        providers = Providers(stt.create(), llm.create(), tts.create(), vad.create(), serving=services.__getitem__)
        rig = Rig(plan(first_message="Hi."), providers)
        await rig.hold(user)
        return rig

    lines = run_virtual(scenario()).memory.events[0].usage
    quantities = {line.unit: line.quantity for line in lines if not line.discarded}
    assert quantities[Unit.CALL_MS] == pytest.approx(10_000, abs=100)
    assert quantities[Unit.STT_SPEECH_MS] == pytest.approx(2_000, abs=300)
    assert quantities[Unit.STT_STREAM_MS] == pytest.approx(quantities[Unit.CALL_MS], abs=100)
    assert quantities[Unit.TTS_CHARACTERS] > len("Hi.")
    assert {line.service for line in lines} == {
        Service("millis"),
        *(services[part] for part in Component if part is not Component.CALL),
    }
