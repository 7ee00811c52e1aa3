"""Functions of telephone calls in a whole session, in virtual time: handing over, and pressing keys."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from callcore.calls.call import CallStatus
from callcore.errors import StoreError
from callcore.opening.plan import SessionPlan
from callcore.phones.answered_by import AnsweredBy
from callcore.wire import client as wire
from media_worker.ports.leg import TypedText
from media_worker.providers.local.client_tools import ClientTools
from media_worker.session.journal import SessionEnd
from tests.peers.keypad import keys_in
from tests.unit.media_worker.session.play import CHARACTER_S, GREETED_S, Play, calling, model
from tests.unit.media_worker.session.rig import SILENCE, VOICE, Memory, Rig, plan
from tests.virtual_time import run_virtual


class PhonePlay(Play):
    """A session of somebody who has called by telephone."""

    @staticmethod
    def plan(**config: Any) -> SessionPlan:
        voip = {"provider": "twilio", "direction": "inbound", "from": "+15550002222", "to": "+15550001111"}
        return replace(plan(**config), voip=voip, transport="twilio")


SALES = {"phones": [{"phone": "+15551234567", "description": "sales"}], "messages": ["I connect you now."]}


def test_a_caller_is_handed_over_when_he_has_heard_that_he_is() -> None:
    play = PhonePlay(
        ClientTools(), llm=model(calling("transfer_call", destination="sales")), flow={"call_transfer": SALES}
    )
    (handed,) = play.rig.memory.changed
    assert (handed.voip or {})["transferred_to"] == "+15551234567"
    assert play.said()[-1] == "I connect you now."
    assert play.ended_at >= GREETED_S + len("I connect you now.") * CHARACTER_S
    assert play.end.status is CallStatus.AGENT_ENDED


@pytest.mark.parametrize("opted_out", [False, True])
def test_the_agent_says_what_it_is_about_to_whoever_takes_over(opted_out: bool) -> None:
    said = {"destination": "sales", "summary": "Ann wants a table for two."}
    play = PhonePlay(
        ClientTools(),
        llm=model(calling("transfer_call", **said)),
        flow={"call_transfer": SALES | {"whisper": True}},
        privacy_settings={"opt_out_data_collection": opted_out},
    )
    (offer,) = [one for one in play.model.requests[0].tools if one.name == "transfer_call"]
    assert offer.parameters["required"] == ["destination", "summary"]
    (handed,) = play.rig.memory.changed
    assert (handed.voip or {}).get("transfer_summary") == (None if opted_out else said["summary"])


def test_a_number_that_the_model_invents_is_not_dialled() -> None:
    play = PhonePlay(
        ClientTools(),
        llm=model(calling("transfer_call", destination="+19005550000"), "I cannot."),
        flow={"call_transfer": SALES},
    )
    (result,) = play.results()
    assert "not one of those" in json.loads(result)["error"]
    assert play.rig.memory.changed == []
    assert play.end.status is CallStatus.USER_ENDED


def test_who_wants_something_else_while_he_is_told_stays() -> None:
    async def thinks_again(rig: Rig) -> None:
        await asyncio.sleep(GREETED_S)
        rig.leg.give(TypedText("sales please"))
        await asyncio.sleep(0.4)
        rig.leg.give(TypedText("no wait"))
        await asyncio.sleep(5.0)
        rig.leg.hang_up()

    play = PhonePlay(
        ClientTools(),
        thinks_again,
        llm={
            "provider": "scripted",
            "replies": [[calling("transfer_call", destination="sales")], "I am listening."],
        },
        flow={"call_transfer": SALES},
    )
    assert play.rig.memory.changed == []
    assert play.said()[-1] == "I am listening."
    assert play.end.status is CallStatus.USER_ENDED


def test_a_transfer_that_cannot_be_stored_is_told_and_the_call_goes_on() -> None:
    class Full(PhonePlay):
        async def _play(self, *scene: Any) -> Any:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(Memory, "change_call", refuse)
                return await super()._play(*scene)

    def refuse(*_: object) -> None:
        raise StoreError("full", retryable=True)

    play = Full(
        ClientTools(),
        llm=model(calling("transfer_call", destination="sales"), "I am sorry."),
        flow={"call_transfer": SALES},
    )
    assert play.said()[-1] == "I am sorry."
    assert play.end.status is CallStatus.USER_ENDED


# --- flow.dtmf_dial ---------------------------------------------------------------------------------

DIALS = {"dtmf_dial": {"enabled": True, "instruction": "When it asks for the extension."}}


def sounded(play: Play) -> bytes:
    return b"".join(sent for sent in play.rig.leg.sent if isinstance(sent, bytes))


class EventfulPlay(PhonePlay):
    """Its line takes keys beside the sound."""

    dialled: tuple[str, ...] = ()

    def dial(self, keys: str) -> bool:
        self.dialled = (*self.dialled, keys)
        return True


def test_where_the_line_takes_keys_they_are_no_tones_and_nothing_sounds_meanwhile() -> None:
    play = EventfulPlay(ClientTools(), llm=model(calling("dtmf_dial", keys="12#", text="One moment.")), flow=DIALS)
    tones_of = PhonePlay(ClientTools(), llm=model(calling("dtmf_dial", keys="12#", text="One moment.")), flow=DIALS)
    assert play.dialled == ("12#",)
    assert keys_in(sounded(play), 16_000) == ""
    assert len(sounded(play)) == len(sounded(tones_of))


def test_keys_sound_after_what_was_said_and_nothing_is_said_to_them() -> None:
    play = PhonePlay(
        ClientTools(), llm=model(calling("dtmf_dial", keys="12w34#", text="One moment."), "Unwanted."), flow=DIALS
    )
    assert keys_in(sounded(play), 16_000) == "1234#"
    assert play.results() == ['{"status":"the keys are pressed"}']
    assert play.said() == ["One moment."]
    assert play.end.status is CallStatus.USER_ENDED


def test_a_number_that_is_pressed_key_by_key_is_pressed_whole() -> None:
    keys = "0123456789"
    calls = {"text": "", "calls": [{"name": "dtmf_dial", "arguments": {"keys": key}} for key in keys]}
    play = PhonePlay(ClientTools(), llm=model(calls), flow=DIALS)
    assert keys_in(sounded(play), 16_000) == keys
    assert play.end.status is CallStatus.USER_ENDED


def test_a_voice_does_not_interrupt_keys() -> None:
    async def talks_over_it(rig: Rig) -> None:
        await rig.hear(SILENCE, GREETED_S)
        rig.leg.give(TypedText("book a table"))
        await rig.hear(SILENCE, 0.2)
        await rig.hear(VOICE, 3.0)
        await rig.hear(SILENCE, 4.0)
        rig.leg.hang_up()

    replies = [[calling("dtmf_dial", keys="0123456789#*")], "I heard you."]
    play = PhonePlay(ClientTools(), talks_over_it, llm={"provider": "scripted", "replies": replies}, flow=DIALS)
    assert keys_in(sounded(play), 16_000) == "0123456789#*"
    assert not [sent for sent in play.rig.leg.sent if isinstance(sent, wire.Pause)]
    assert play.said()[-1] == "I heard you."


@pytest.mark.parametrize("keys", ["", "12x", "1" * 33, "１２"])
def test_what_is_no_key_is_not_pressed_and_the_model_hears_of_it(keys: str) -> None:
    play = PhonePlay(ClientTools(), llm=model(calling("dtmf_dial", keys=keys), "I cannot."), flow=DIALS)
    (result,) = play.results()
    assert "no keys" in json.loads(result)["error"]
    assert play.said()[-1] == "I cannot."


def test_keys_are_offered_on_telephone_calls_only() -> None:
    offered = [
        {offer.name: offer.description for offer in kind(ClientTools(), flow=DIALS).model.requests[0].tools}
        for kind in (Play, PhonePlay)
    ]
    assert "dtmf_dial" not in offered[0]
    assert "When it asks for the extension." in offered[1]["dtmf_dial"]


# --- what the carrier hears -------------------------------------------------------------------------


def test_a_fax_that_the_carrier_hears_is_hung_up_on() -> None:
    async def is_a_fax(rig: Rig) -> None:
        await asyncio.sleep(2.0)
        assert rig.session.hint(AnsweredBy.FAX)

    placed = replace(plan(flow={"voicemail": {"action": "hangup"}}), outbound=True, transport="twilio")

    async def hold() -> SessionEnd:
        rig = Rig(placed)
        assert not rig.session.hint(AnsweredBy.FAX)
        end = await rig.hold(is_a_fax)
        assert not rig.session.hint(AnsweredBy.FAX)
        return end

    assert run_virtual(hold()).status is CallStatus.VOICEMAIL_HANGUP
