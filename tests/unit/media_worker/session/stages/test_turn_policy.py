"""What an agent's `flow` makes of its conversation."""

from dataclasses import replace
from typing import Any

import pytest

from media_worker.conversation.endpointing import AdaptiveSilence, FixedSilence, Pause, ProviderTurn
from media_worker.conversation.interruption import Meaning, meaning
from media_worker.conversation.policy import TurnPolicy
from media_worker.conversation.voicemail import VoicemailPolicy
from media_worker.ports.llm import LlmCapabilities
from media_worker.ports.stt import SttCapabilities
from media_worker.session.stages.turn_policy import policy_notes, turn_policy
from tests.unit.media_worker.session.casting_plan import plan_of as plan

SCRIPT = {
    "provider": "script",
    "script": {"intents": [{"phrases": ["opening hours", "book a table"], "answer": "Yes."}]},
}
OPEN = SttCapabilities(gated=False)
GATED = SttCapabilities(gated=True, whole_turns=True)
ENDING = SttCapabilities(gated=False, ends_turns=True)
CHEAP = LlmCapabilities(discardable=True)
DEAR = LlmCapabilities(discardable=False)


def adaptive(policy: TurnPolicy) -> AdaptiveSilence:
    assert isinstance(policy.endpointing, AdaptiveSilence)
    return policy.endpointing


def test_a_language_in_which_a_wish_cannot_be_heard_is_told() -> None:
    watching = {"privacy_settings": {"do_not_call_detection": True}}
    assert policy_notes(plan(**watching), OPEN) == ()
    assert turn_policy(plan(**watching), OPEN, CHEAP).detects_do_not_call
    (note,) = policy_notes(plan(language="th", **watching), OPEN)
    assert "do_not_call_detection" in note


def test_adaptive_is_the_default() -> None:
    policy = adaptive(turn_policy(plan(language="de"), OPEN, CHEAP))
    assert (policy.silence_s, policy.max_silence_s, policy.parsed_s) == (0.4, 1.8, 0.25)
    assert policy.due(Pause(0.0, "einen Tisch für")) == pytest.approx(1.158, abs=0.001)


def test_a_script_on_a_recogniser_that_is_bound_to_it_waits_between_a_quarter_and_half_a_second() -> None:
    policy = adaptive(turn_policy(plan(llm=SCRIPT), GATED, CHEAP))
    assert policy.due(Pause(0.0, "opening hours")) == 0.25
    for text in ("", "opening", "book a", "something else", "and"):
        assert 0.4 <= policy.due(Pause(0.0, text)) <= 0.5


def test_a_script_on_another_recogniser_does_not_know_what_follows() -> None:
    assert adaptive(turn_policy(plan(llm=SCRIPT), OPEN, CHEAP)).due(Pause(0.0, "opening hours")) > 0.5


def test_the_bounds_can_be_set_and_a_minimum_holds_for_phrases_too() -> None:
    flow = {"endpointing": {"silence_ms": 700, "max_silence_ms": 900}, "response_delay": 100}
    policy = adaptive(turn_policy(plan(flow=flow, llm=SCRIPT), GATED, CHEAP))
    assert policy.due(Pause(0.0, "opening hours")) == pytest.approx(0.8)
    assert policy.due(Pause(0.0, "book a")) == pytest.approx(1.0)
    upside_down = {"endpointing": {"silence_ms": 700, "max_silence_ms": 200}}
    assert adaptive(turn_policy(plan(flow=upside_down), OPEN, CHEAP)).max_silence_s == 0.7


def test_fixed() -> None:
    delays = {"generic_delay": 100, "number_input_delay": 500}
    fixed = turn_policy(
        plan(flow={"endpointing": {"mode": "fixed"}, "response_delay": delays}), OPEN, CHEAP
    ).endpointing
    assert isinstance(fixed, FixedSilence)
    assert (fixed.silence_s, fixed.response_delay_s, fixed.number_input_delay_s) == (0.5, 0.1, 0.5)
    set_ms = turn_policy(plan(flow={"endpointing": {"mode": "fixed", "silence_ms": 0}}), OPEN, CHEAP).endpointing
    assert set_ms.due(Pause(1.0)) == 1.0


def test_provider_needs_a_recogniser_that_ends_turns_and_says_so_without_one() -> None:
    session = plan(flow={"endpointing": {"mode": "provider", "max_silence_ms": 900}})
    assert turn_policy(session, ENDING, CHEAP).endpointing == ProviderTurn(0.9)
    assert policy_notes(session, ENDING) == ()
    assert isinstance(turn_policy(session, OPEN, CHEAP).endpointing, AdaptiveSilence)
    assert len(policy_notes(session, OPEN)) == 1
    assert policy_notes(plan(), OPEN) == ()


def test_interruption_settings() -> None:
    interruption = {"backchannels": ["roger"], "stop_words": ["genug"], "min_words": 2, "min_speech_ms": 400}
    policy = turn_policy(plan(language="de", flow={"interruption": interruption}), OPEN, CHEAP)
    assert (policy.min_words, policy.min_speech_ms) == (2, 400)
    meant = [meaning(text, policy.vocabulary) for text in ("roger", "genug", "ja genau", "halt")]
    assert meant == [Meaning.BACKCHANNEL, Meaning.STOP, Meaning.BACKCHANNEL, Meaning.STOP]


@pytest.mark.parametrize(
    ("thinking", "flow", "prepares"), [(CHEAP, {}, True), (CHEAP, {"speculation": False}, False), (DEAR, {}, False)]
)
def test_replies_are_prepared_unless_that_is_off_or_the_model_cannot_be_left(
    thinking: LlmCapabilities, flow: dict[str, Any], prepares: bool
) -> None:
    assert turn_policy(plan(flow=flow), OPEN, thinking).speculation is prepares


def test_a_machine_matters_only_where_we_call() -> None:
    voicemail = {"action": "message", "message": "Hello {userName}.", "detection_phrases": ["acme"]}
    ours = replace(plan(flow={"voicemail": voicemail}), outbound=True, variables={"userName": "Ann"})
    policy = turn_policy(ours, OPEN, CHEAP).voicemail
    assert policy == VoicemailPolicy("Hello Ann.", continue_on_voice_activity=True, phrases=("acme",))
    assert turn_policy(replace(ours, outbound=False), OPEN, CHEAP).voicemail is None
    hangup = plan(flow={"voicemail": {"action": "hangup", "message": "never said"}})
    assert turn_policy(replace(hangup, outbound=True), OPEN, CHEAP).voicemail == VoicemailPolicy()
    assert turn_policy(replace(plan(), outbound=True), OPEN, CHEAP).voicemail is None
