"""Sessions in which the user types, with and without a microphone and a voice; in virtual time."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

from callcore.calls.call import CallStatus
from callcore.opening.plan import SessionPlan
from callcore.wire import client as wire
from media_worker.ports.leg import KeyPressed, TypedText, VoiceWanted
from media_worker.session.stages.input_allowance import BURST
from tests.unit.media_worker.session.play import MENU, Play, Workshop, calling
from tests.unit.media_worker.session.rig import SILENCE, VOICE, Rig, plan, typing

User = Callable[[Rig], Coroutine[Any, Any, None]]


class Reading(Play):
    """A session whose agent only writes, until it is told to speak."""

    @staticmethod
    def plan(**config: Any) -> SessionPlan:
        return replace(plan(**config), text_only=True)


def shown(play: Play) -> list[tuple[str, bool]]:
    """What the client could read of the agent."""
    return [(sent.text, sent.is_final) for sent in play.rig.leg.sent if isinstance(sent, wire.OnResponseText)]


def test_a_session_without_a_microphone_is_answered_by_voice_and_no_recogniser_is_asked() -> None:
    play = Play(
        Workshop(), typing("when are you open", every_s=3.0), llm={"provider": "scripted", "replies": ["At nine."]}
    )
    assert [message["content"] for message in play.chat] == [
        "Hi there, how are you today?",
        "when are you open",
        "At nine.",
    ]
    assert play.recogniser.requests == []
    assert play.rig.audio_ms() > 0
    assert play.end.status is CallStatus.USER_ENDED
    echoed = [sent for sent in play.rig.leg.sent if isinstance(sent, wire.OnTranscript)]
    assert echoed == [wire.OnTranscript("when are you open", is_final=True)]


def test_who_only_reads_gets_text_with_its_lines_and_no_voice_is_asked() -> None:
    llm = {"provider": "scripted", "replies": ["We have:\n- soup\n- bread"]}
    play = Reading(Workshop(), typing("the menu please", every_s=3.0), llm=llm)
    assert play.rig.audio_ms() == 0
    assert (play.voice.said, play.end.chars_used) == ([], 0)
    assert [text for text, is_final in shown(play) if is_final] == [
        "Hi there, how are you today?",
        "We have:\n- soup\n- bread",
    ]
    assert play.chat[-1]["content"] == "We have:\n- soup\n- bread"
    assert play.rig.methods() == ["OnReady", "StartAnswering", "OnTranscript", "StartAnswering"]


def test_voice_and_text_take_turns_in_one_conversation() -> None:
    async def user(rig: Rig) -> None:
        await asyncio.sleep(1)
        rig.leg.give(TypedText("one"))
        await asyncio.sleep(2)
        assert rig.audio_ms() == 0
        rig.leg.give(VoiceWanted(True))
        await rig.hear(SILENCE, 1.0)
        await rig.hear(VOICE, 1.0)
        await rig.hear(SILENCE, 4.0)
        spoken_ms = rig.audio_ms()
        assert spoken_ms > 0
        rig.leg.give(VoiceWanted(False))
        await asyncio.sleep(2)
        rig.leg.give(TypedText("three"))
        await asyncio.sleep(2)
        assert rig.audio_ms() == spoken_ms
        rig.leg.hang_up()

    llm = {"provider": "scripted", "replies": ["First.", "Second.", "Third."]}
    play = Reading(Workshop(), user, llm=llm)
    said = [message["content"] for message in play.chat]
    assert said == ["Hi there, how are you today?", "one", "First.", "hello", "Second.", "three", "Third."]
    assert [text for _, text in play.voice.said] == ["Second."]


def test_a_reader_sees_what_was_said_before_and_after_a_function_on_lines_of_their_own() -> None:
    llm = {"provider": "scripted", "replies": [[calling("menu", text="Let me look."), "Soup."]]}
    play = Reading(Workshop(menu=(3.0, "soup")), typing("the menu", every_s=6.0), llm=llm, tools=[MENU])
    assert shown(play)[-1] == ("Let me look.\nSoup.", True)
    assert [message["content"] for message in play.chat if message["role"] == "assistant"][1:] == [
        "Let me look.",
        "Soup.",
    ]


def test_typing_cuts_the_text_that_is_being_written_to_what_was_shown() -> None:
    async def user(rig: Rig) -> None:
        await asyncio.sleep(2)
        rig.leg.give(TypedText("tell me everything"))
        await asyncio.sleep(0.5)
        rig.leg.give(TypedText("stop"))
        await asyncio.sleep(2)
        rig.leg.hang_up()

    slow = " ".join(f"word{number}" for number in range(100))
    llm = {"provider": "scripted", "replies": [slow, "Fine."], "token_ms": 50}
    play = Reading(Workshop(), user, llm=llm)
    cut = play.chat[2]["content"]
    assert slow.startswith(cut)
    assert 0 < len(cut) < len(slow)
    assert play.chat[-1]["content"] == "Fine."


def test_somebody_who_writes_is_not_asked_whether_he_is_there_and_may_take_his_time() -> None:
    play = Reading(
        Workshop(),
        typing("hello", every_s=60.0),
        session_timeout={"max_idle": 20, "message": "Goodbye."},
        flow={"inactivity_handling": {"idle_time": 5, "message": "Are you there?"}},
        llm={"provider": "scripted", "replies": ["Hi."]},
    )
    assert [message["content"] for message in play.chat if message["role"] == "assistant"][1:] == ["Hi."]
    assert play.end.status is CallStatus.USER_ENDED


def test_what_comes_faster_than_anybody_types_is_not_taken_and_the_client_is_told() -> None:
    async def user(rig: Rig) -> None:
        await asyncio.sleep(1)
        for _ in range(round(BURST) + 10):
            rig.leg.give(KeyPressed("1"))
        await asyncio.sleep(5)
        rig.leg.hang_up()

    play = Play(Workshop(), user)
    refused = [sent for sent in play.rig.leg.sent if isinstance(sent, wire.AiAction) and "not taken" in sent.text]
    assert len(refused) == 10
    assert play.end.status is CallStatus.USER_ENDED


def test_typing_while_the_microphone_sends_silence_changes_nothing_about_it() -> None:
    async def user(rig: Rig) -> None:
        await rig.hear(SILENCE, 3.0)
        rig.leg.give(TypedText("one"))
        await rig.hear(SILENCE, 12.0)
        rig.leg.hang_up()

    play = Play(
        Workshop(),
        user,
        flow={"inactivity_handling": {"idle_time": 5, "message": "Are you there?"}},
        llm={"provider": "scripted", "replies": ["First."]},
    )
    assert "Are you there?" in [message["content"] for message in play.chat]
    assert len(play.recogniser.requests) == 1
