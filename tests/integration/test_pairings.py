"""Twenty turns with interruptions through the adapters of three vendors at a time, against their peers.

In virtual time: what was said, what was heard of the replies, and what the vendors bill.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from itertools import product
from typing import Any

import pytest

from callcore.agents.agent import LlmConfig, SpeechToTextConfig, VoiceConfig
from callcore.calls.call import CallStatus
from callcore.calls.usage import Unit
from media_worker.providers.registry import Kind, Registry, Resources
from media_worker.providers.scripted import vad
from media_worker.providers.vendor_http import vendor_client
from media_worker.providers.vendors import Vendors
from media_worker.session.casting.fallback_recogniser import ChosenRecogniser, FallbackRecogniser
from media_worker.session.casting.fallback_voice import ChosenVoice, FallbackVoice
from media_worker.session.casting.hedged_model import ChosenModel, HedgedModel
from media_worker.session.casting.providers import Providers
from media_worker.session.journal import SessionEnd
from tests.contract.ports.worker.voices import VENDOR_VOICES, voice_and_peer
from tests.peers.hearing_vendors import HEARING_VENDORS, HearingVendor, hearing_vendor
from tests.peers.thinking_vendors import ThinkingVendor, thinking_vendor
from tests.unit.media_worker.session.rig import SILENCE, VOICE, Rig, plan
from tests.virtual_time import VirtualClock, run_virtual

NUMBERS = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
QUESTIONS = tuple(f"I have question number {word} for you" for word in f"{NUMBERS} eighteen nineteen twenty".split())
GREETING, REPLY = "Hello there.", "Nobody in this house can tell, sorry about that."
"""The user says no word of it: it could be an echo."""
SPEAKS_S = 1.5
HEARD_S = 1.0
"""How much of a reply is heard before it is interrupted."""
LONGEST_WAIT_S = 8.0
PROTOCOLS = ("openai", "bedrock")
"""Of the models: the others speak OpenAI's."""
EVERY = [*product(HEARING_VENDORS, PROTOCOLS, VENDOR_VOICES)]
IN_EVERY_RUN = ("deepgram", "openai", "elevenlabs")


def is_interrupted(turn: int) -> bool:
    """Every third reply."""
    return turn % 3 == 1 and turn + 1 < len(QUESTIONS)


async def speak_and_listen(rig: Rig) -> None:
    """The user: asks, hears the reply or interrupts it with the next question, and hangs up."""
    await rig.hear(SILENCE, 3.0)
    for turn in range(len(QUESTIONS)):
        await rig.hear(VOICE, SPEAKS_S)
        before_ms = rig.audio_ms()
        await hear_reply(rig, before_ms + HEARD_S * 1000)
        if not is_interrupted(turn):
            await rig.hear(SILENCE, 3.6)
    rig.leg.hang_up()


async def hear_reply(rig: Rig, until_ms: float) -> None:
    for _ in range(round(LONGEST_WAIT_S / 0.1)):
        await rig.hear(SILENCE, 0.1)
        if rig.audio_ms() > until_ms:
            return
    raise AssertionError("no reply")


class Trio:
    """The adapters of a pairing, and their vendors."""

    def __init__(self, hearing: HearingVendor, thinking: ThinkingVendor, speaking: Any, providers: Providers) -> None:
        self.hearing, self.thinking, self.speaking, self.providers = hearing, thinking, speaking, providers


async def trio(names: tuple[str, str, str], stack: AsyncExitStack) -> Trio:
    stt_name, llm_name, tts_name = names
    tts, speaking = await stack.enter_async_context(voice_and_peer(tts_name))
    http = await stack.enter_async_context(vendor_client())
    hearing = await stack.enter_async_context(hearing_vendor(stt_name, *QUESTIONS))
    thinking = await stack.enter_async_context(thinking_vendor(llm_name))
    thinking.peer.otherwise = lambda request: thinking.saying(*re.findall(r"\S+\s*", REPLY))

    def made(kind: Kind, name: str, vendor: HearingVendor | ThinkingVendor) -> Any:
        resources = Resources(None, None, None, http, Vendors(vendor.environment))  # type: ignore[arg-type]
        return Registry(resources).get(kind, name)

    clock = VirtualClock()
    providers = Providers(
        FallbackRecogniser([ChosenRecogniser(made(Kind.STT, stt_name, hearing), SpeechToTextConfig())], clock),
        HedgedModel([ChosenModel(made(Kind.LLM, llm_name, thinking), LlmConfig())], clock),
        FallbackVoice([ChosenVoice(tts, VoiceConfig())]),
        vad.create(),
    )
    return Trio(hearing, thinking, speaking, providers)


def hold(names: tuple[str, str, str], check: Callable[[SessionEnd, Trio], Awaitable[None]]) -> None:
    async def scenario() -> None:
        async with AsyncExitStack() as stack:
            held = await trio(names, stack)
            flow = {"endpointing": {"mode": "fixed", "silence_ms": 700}}
            session_plan = plan(first_message=GREETING, flow=flow)
            async with asyncio.timeout(600):
                end = await Rig(session_plan, held.providers).hold(speak_and_listen)
            await asyncio.sleep(2)  # the vendors see that the connections are closed
            await check(end, held)

    run_virtual(scenario(), sockets=True)


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(names, marks=() if names == IN_EVERY_RUN else pytest.mark.full, id="-".join(names))
        for names in EVERY
    ],
)
def test_twenty_turns_with_interruptions(names: tuple[str, str, str]) -> None:
    async def check(end: SessionEnd, held: Trio) -> None:
        assert end.status is CallStatus.USER_ENDED
        asked = [message["content"] for message in end.chat if message["role"] == "user"]
        assert asked == [*QUESTIONS]
        greeting, *replies = [message["content"] for message in end.chat if message["role"] == "assistant"]
        assert greeting == GREETING
        assert len(replies) == len(QUESTIONS)
        for turn, reply in enumerate(replies):
            assert REPLY.startswith(reply)
            assert (0 < len(reply) < len(REPLY)) if is_interrupted(turn) else reply == REPLY
        check_bill(end, held)

    hold(names, check)


def check_bill(end: SessionEnd, held: Trio) -> None:
    """Every request, token, character and second, as the vendors count them."""
    used = {unit: sum(line.quantity for line in end.usage if line.unit is unit) for unit in Unit}
    requests = len(held.thinking.peer.requests)
    assert used[Unit.LLM_REQUESTS] == requests >= len(QUESTIONS)
    assert (used[Unit.LLM_PROMPT_TOKENS], used[Unit.LLM_COMPLETION_TOKENS]) == (9 * requests, 3 * requests)
    assert used[Unit.TTS_CHARACTERS] == held.speaking.billed
    assert used[Unit.STT_STREAM_MS] == pytest.approx(held.hearing.billed_s() * 1000, abs=60)
    assert used[Unit.STT_SPEECH_MS] == pytest.approx(len(QUESTIONS) * SPEAKS_S * 1000, abs=100)
