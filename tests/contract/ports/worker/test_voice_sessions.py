"""Whole sessions that vendors speak in, in virtual time: what was heard is what the chat has, and the bill is exact."""

from collections.abc import Sequence
from typing import Any

import pytest

from callcore.agents.agent import VoiceConfig
from callcore.calls.call import CallStatus
from callcore.calls.transcript import heard_text
from callcore.calls.usage import Unit
from media_worker.providers.scripted import llm, stt, tts, vad
from media_worker.session.casting.fallback_voice import ChosenVoice, FallbackVoice
from media_worker.session.casting.providers import Providers
from media_worker.session.journal import SessionEnd
from tests.contract.ports.worker.voices import VENDOR_VOICES, voice_and_peer
from tests.peers.voices import MS_PER_CHARACTER, Mishap
from tests.unit.media_worker.session.rig import SILENCE, VOICE, Rig, plan
from tests.virtual_time import run_virtual

pytestmark = pytest.mark.parametrize("name", VENDOR_VOICES)
TURNS = 20
REST = "it is, and there is a lot to say about it. We are open all day. Would you like to hear more?"
ANSWERS = [f"Number {number} {REST}" for number in range(1, TURNS + 1)]
GREETING = "Welcome."
AWAY = Mishap(503)
AHEAD_MS = 240
"""What may have been sent and not heard: the playout's lead, and a frame or two."""


async def session(
    name: str, user: Any, *, mishaps: Sequence[Mishap] = (), heir: bool = False
) -> tuple[SessionEnd, Any]:
    """How a session ended, and the vendor."""
    async with voice_and_peer(name) as (voice, peer):
        peer.mishaps += mishaps
        chain = [voice, *([tts.create()] if heir else [])]
        speaking = FallbackVoice([ChosenVoice(one, VoiceConfig()) for one in chain])
        model = {"provider": "scripted", "replies": ANSWERS}
        rig = Rig(
            plan(first_message=GREETING, llm=model), Providers(stt.create(), llm.create(), speaking, vad.create())
        )
        return await rig.hold(user), peer


def agent_said(end: SessionEnd) -> list[str]:
    return [message["content"] for message in end.chat if message["role"] == "assistant"]


async def asks(rig: Rig) -> None:
    await rig.hear(VOICE, 1.0)
    await rig.hear(SILENCE, 1.0)


@pytest.mark.full
def test_twenty_turns_every_other_one_interrupted(name: str) -> None:
    sent_ms: list[float] = []
    """Of every answer."""

    async def user(rig: Rig) -> None:
        await rig.hear(SILENCE, 2.0)
        before_ms = rig.audio_ms()
        await asks(rig)
        for turn, answer in enumerate(ANSWERS):
            if turn % 2:
                await rig.hear(SILENCE, len(answer) * MS_PER_CHARACTER / 1000 + 1)
            else:
                await rig.hear(SILENCE, 1.0 + turn / 4)
                await rig.hear(VOICE, 1.0)
            sent_ms.append(rig.audio_ms() - before_ms)
            before_ms = rig.audio_ms()
            if turn % 2:
                await rig.hear(VOICE, 1.0)
            await rig.hear(SILENCE, 1.0)
        rig.leg.hang_up()

    end, peer = run_virtual(session(name, user), sockets=True)
    greeting, *heard = agent_said(end)[: TURNS + 1]
    assert (greeting, len(heard)) == (GREETING, TURNS)
    for turn, (answer, text) in enumerate(zip(ANSWERS, heard, strict=True)):
        if turn % 2:
            assert text == answer
        else:
            least, most = (
                heard_text(answer, ms, len(answer) * MS_PER_CHARACTER)
                for ms in (sent_ms[turn] - AHEAD_MS, sent_ms[turn])
            )
            assert least <= text <= most < answer
    assert {message["content"] for message in end.chat if message["role"] == "user"} == {"hello"}
    assert peer.complaints == []
    used = {unit: sum(line.quantity for line in end.usage if line.unit is unit) for unit in Unit}
    assert used[Unit.TTS_BILLED_CHARACTERS] == used[Unit.TTS_CHARACTERS] == peer.billed


def test_a_vendor_that_is_away_costs_the_caller_no_word(name: str) -> None:
    async def user(rig: Rig) -> None:
        await rig.hear(SILENCE, 3.0)
        await asks(rig)
        await rig.hear(SILENCE, 12.0)
        rig.leg.hang_up()

    end, _ = run_virtual(session(name, user, mishaps=[AWAY] * 20, heir=True), sockets=True)
    assert agent_said(end) == [GREETING, ANSWERS[0]]


def test_when_nobody_can_speak_the_call_ends_and_says_why(name: str) -> None:
    async def user(rig: Rig) -> None:
        await rig.hear(SILENCE, 3.0)
        await asks(rig)
        await rig.hear(SILENCE, 30.0)

    end, _ = run_virtual(session(name, user, mishaps=[AWAY] * 50), sockets=True)
    assert (end.status, end.error) == (CallStatus.ERROR, "speech synthesis failed")
    assert end.duration_s < 30
