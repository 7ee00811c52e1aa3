"""Whole sessions whose vendor fails to hear, in virtual time: another connection hears it, another recogniser does, or
the caller is told. Nobody is left in silence, and no call dies without a word."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from callcore.agents.agent import SpeechToTextConfig
from callcore.calls.call import CallStatus
from media_worker.conversation.words.phrases import phrases
from media_worker.providers.registry import Kind, Registry, Resources
from media_worker.providers.scripted import llm, stt, tts, vad
from media_worker.providers.vendors import Vendors
from media_worker.session.casting.fallback_recogniser import ChosenRecogniser, FallbackRecogniser
from media_worker.session.casting.providers import Providers
from media_worker.session.journal import SessionEnd
from tests.peers.hearing_vendors import HEARING_VENDORS, hearing_vendor
from tests.peers.vendor_server import Fault
from tests.unit.media_worker.session.rig import SILENCE, VOICE, Rig, plan
from tests.virtual_time import VirtualClock, run_virtual

UTTERANCE, SPARE_HEARS, REPLY = "book a table for two please", "this was heard by the spare one", "A table it is."
NEVER_CONNECTS = {
    "refused": Fault(status=401),
    "too many": Fault(status=429, headers={"retry-after": "30"}),
    "unavailable": Fault(status=503),
    "no handshake": Fault(silent_handshake=True),
}
BREAKS = {
    "drops": Fault(drop_after_s=1.3),
    "closes": Fault(close_after_s=1.3),
    "nonsense": Fault(garbage_after_s=1.3),
    "deaf": Fault(deaf_after_s=0.0),
}
FOREVER = 10
OFTEN = ("refused", "drops", "deaf")
"""Are tried in every run, the others in the full one."""
pytestmark = pytest.mark.parametrize("name", HEARING_VENDORS)


def hold(name: str, faults: Sequence[Fault], *, spare: bool = False, waits_s: float = 9.0) -> SessionEnd:
    """A session whose user speaks for a second and a half, and waits."""

    async def user(rig: Rig) -> None:
        await rig.hear(SILENCE, 1.0)
        await rig.hear(VOICE, 1.5)
        await rig.hear(SILENCE, waits_s)
        rig.leg.hang_up()

    async def scenario() -> SessionEnd:
        async with asyncio.timeout(600), hearing_vendor(name, UTTERANCE) as vendor:
            vendor.faults.extend(faults)
            resources = Resources(None, None, None, None, Vendors(vendor.environment))  # type: ignore[arg-type]
            heard = SpeechToTextConfig.model_validate({"utterances": [SPARE_HEARS]})
            recogniser = Registry(resources).get(Kind.STT, name)
            chain = [ChosenRecogniser(recogniser, SpeechToTextConfig())]
            if spare:
                chain.append(ChosenRecogniser(stt.create(), heard))
            session_plan = plan(first_message="Hi.", llm={"provider": "scripted", "replies": [REPLY]})
            providers = Providers(FallbackRecogniser(chain, VirtualClock()), llm.create(), tts.create(), vad.create())
            return await Rig(session_plan, providers).hold(user)

    return run_virtual(scenario(), sockets=True)


def chat(end: SessionEnd) -> list[str]:
    return [message["content"] for message in end.chat][1:]


def some(faults: Mapping[str, Fault]) -> list[Any]:
    """All of them, most only in the full run."""
    return [
        pytest.param(fault, id=name, marks=() if name in OFTEN else pytest.mark.full) for name, fault in faults.items()
    ]


@pytest.mark.parametrize("fault", some(BREAKS))
def test_what_one_connection_lost_the_next_one_hears_and_there_is_one_reply(name: str, fault: Fault) -> None:
    end = hold(name, [fault])
    assert chat(end)[-2:] == [UTTERANCE, REPLY]
    assert len(chat(end)) == 2 or fault is BREAKS["deaf"], "at the most an apology was begun meanwhile"
    assert end.status is CallStatus.USER_ENDED


@pytest.mark.parametrize("fault", some(NEVER_CONNECTS | BREAKS))
def test_another_recogniser_takes_over_though_it_hears_in_another_way(name: str, fault: Fault) -> None:
    end = hold(name, [fault] * FOREVER, spare=True)
    assert chat(end)[-2:] == [SPARE_HEARS, REPLY]
    assert end.status is CallStatus.USER_ENDED


@pytest.mark.parametrize("fault", some(NEVER_CONNECTS))
def test_without_another_one_the_caller_is_told_and_the_call_ends(name: str, fault: Fault) -> None:
    end = hold(name, [fault] * FOREVER, waits_s=40.0)
    assert chat(end)[-1] == phrases("en").cannot_hear
    assert (end.status, end.error) == (CallStatus.ERROR, "speech recognition was lost")


def test_one_whose_words_come_late_is_answered_once(name: str) -> None:
    assert chat(hold(name, [Fault(late_s=0.6)])) == [UTTERANCE, REPLY]


def test_one_that_stays_deaf_is_apologised_for(name: str) -> None:
    end = hold(name, [BREAKS["deaf"]] * FOREVER)
    (apology,) = chat(end)
    assert apology in (phrases("en").not_caught, phrases("en").cannot_hear)
