"""How long the agent waits for more."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from callcore.agents.script import Intent, Script
from media_worker.conversation import endpointing
from media_worker.conversation.endpointing import AdaptiveSilence, Endpointing, FixedSilence, Pause, ProviderTurn
from media_worker.conversation.pause_habit import PauseHabit
from media_worker.conversation.words.script_phrases import ScriptPhrases
from media_worker.conversation.words.text_cue import Cue, TextCue

PHONE = "What is your phone number?"
SETTLED = AdaptiveSilence().turn_over()
"""The first turn of a call waits a little longer."""


def test_a_fixed_silence_is_longer_only_for_a_number_that_is_dictated() -> None:
    policy = FixedSilence(0.5, 0.3, 0.7)
    assert policy.due(Pause(10.0, "book a table for")) == pytest.approx(10.8)
    assert policy.due(Pause(10.0, "555", PHONE)) == pytest.approx(11.5)
    assert policy.learned(3.0).turn_over() is policy


def test_a_recogniser_that_ends_turns_is_believed_at_once_and_not_waited_for_for_ever() -> None:
    policy = ProviderTurn(1.8, 0.2)
    assert policy.due(Pause(10.0, "hello", ended=True)) == pytest.approx(10.2)
    assert policy.due(Pause(10.0, "hello")) == pytest.approx(12.0)
    assert policy.learned(3.0).turn_over() is policy


def test_a_caller_of_whom_nothing_is_known_waits_for_the_prior() -> None:
    assert PauseHabit().covering_s() == pytest.approx(0.585, abs=0.001)
    assert AdaptiveSilence().wait_s(Cue.NEUTRAL) == pytest.approx(0.643, abs=0.001)


@pytest.mark.parametrize(
    ("cue", "expected"),
    [
        (Cue.PARSED, 0.25),
        (Cue.COMPLETE, 0.4),
        (Cue.QUESTION, 0.4),
        (Cue.NEUTRAL, 0.578),
        (Cue.OPEN, 1.040),
        (Cue.DICTATING, 0.9),
        (Cue.DICTATING_SHORT, 3.0),
        (Cue.DICTATED, 0.4),
        (Cue.HOLD, 6.0),
    ],
)
def test_words_shorten_and_lengthen_the_wait(cue: Cue, expected: float) -> None:
    assert SETTLED.wait_s(cue) == pytest.approx(expected, abs=0.001)


def test_number_input_delay_counts_while_a_number_is_dictated_and_response_delay_always() -> None:
    policy = AdaptiveSilence(response_delay_s=0.3, number_input_delay_s=0.5, turns=1)
    assert policy.due(Pause(0.0, "five five", PHONE)) == pytest.approx(0.9 + 0.5 + 0.3)
    assert policy.due(Pause(0.0, "Book a table.")) == pytest.approx(0.4 + 0.3)


def test_a_whole_phrase_of_the_script_needs_a_quarter_of_a_second() -> None:
    phrases = ScriptPhrases(Script(intents=(Intent(phrases=("opening hours", "opening hours today", "goodbye")),)))
    policy = AdaptiveSilence(max_silence_s=0.5, cue=TextCue("en", phrases))
    assert policy.due(Pause(1.0, "goodbye")) == pytest.approx(1.25)
    assert policy.due(Pause(1.0, "opening hours")) == pytest.approx(1.5)
    assert policy.due(Pause(1.0, "opening")) == pytest.approx(1.5)
    assert policy.due(Pause(1.0, "")) == pytest.approx(1.5)


def test_the_recognisers_word_for_the_end_is_enough() -> None:
    assert SETTLED.due(Pause(1.0, "and then", ended=True)) == pytest.approx(1.0 + endpointing.SURE_SILENCE_S)


def test_a_slow_caller_gets_more_time_turn_by_turn() -> None:
    policy = AdaptiveSilence()
    for _ in range(6):
        policy = policy.learned(0.9).turn_over()
    assert policy.base_s > 0.9
    for _ in range(60):
        policy = policy.learned(1.7).turn_over()
    assert policy.wait_s(Cue.NEUTRAL) > 1.5
    assert policy.wait_s(Cue.OPEN) == policy.max_silence_s


def test_a_fast_caller_is_answered_sooner_but_never_under_the_minimum() -> None:
    policy = AdaptiveSilence()
    for _ in range(40):
        policy = policy.learned(0.17).turn_over()
    assert policy.base_s < 0.4
    assert policy.wait_s(Cue.NEUTRAL) == policy.silence_s


def test_closures_and_long_thoughts_are_no_pauses() -> None:
    assert AdaptiveSilence().learned(0.1) == AdaptiveSilence()
    assert AdaptiveSilence().learned(5.0) == AdaptiveSilence()


def test_a_regret_counts_three_times() -> None:
    once, thrice = AdaptiveSilence(), AdaptiveSilence().learned(1.2, regretted=True)
    for _ in range(3):
        once = once.learned(1.2)
    assert thrice.habit.covering_s() == pytest.approx(once.habit.covering_s(), rel=0.03)
    assert thrice.habit.covering_s() > AdaptiveSilence().learned(1.2).habit.covering_s()


def test_turns_that_end_well_make_the_agent_faster_and_a_regret_ends_that() -> None:
    policy = AdaptiveSilence()
    for _ in range(10):
        policy = policy.turn_over()
    assert policy.base_s < SETTLED.base_s
    assert policy.learned(0.7, regretted=True).turn_over().base_s > policy.base_s


CUES = st.sampled_from(sorted(Cue, key=lambda cue: cue.value))
PAUSES = st.lists(st.tuples(st.floats(0, 60), st.booleans(), st.booleans()), max_size=60)
BOUNDED = (Cue.COMPLETE, Cue.QUESTION, Cue.NEUTRAL, Cue.OPEN)


@given(st.floats(0, 2), st.floats(0, 4), PAUSES, CUES)
def test_the_bounds_hold_whatever_is_learned(
    silence_s: float, span_s: float, pauses: list[tuple[float, bool, bool]], cue: Cue
) -> None:
    policy = AdaptiveSilence(silence_s=silence_s, max_silence_s=silence_s + span_s, parsed_s=min(0.25, silence_s))
    for pause_s, regretted, over in pauses:
        before = policy.base_s
        policy = policy.learned(pause_s, regretted=regretted)
        assert policy.base_s == before, "within a turn the wait does not move"
        if over:
            policy = policy.turn_over()
            step = endpointing.MAX_STEP + 1e-9
            assert before * (1 - step) <= policy.base_s <= before * (1 + step)
    wait_s = policy.wait_s(cue)
    assert wait_s >= (policy.parsed_s if cue is Cue.PARSED else silence_s)
    assert cue not in BOUNDED or wait_s <= policy.max_silence_s


POLICIES = st.sampled_from([FixedSilence(), ProviderTurn(), AdaptiveSilence(), FixedSilence(0.2, 0.1, 0.5)])
TEXTS = st.sampled_from(["", "and", "yes", "hold on", "five five five", "Book a table."])


@given(POLICIES, TEXTS, st.floats(0, 100), st.floats(0, 10), st.booleans())
def test_time_is_monotone_and_nothing_is_due_before_the_end(
    policy: Endpointing, text: str, true_end: float, later: float, ended: bool
) -> None:
    due = policy.due(Pause(true_end, text, ended=ended))
    assert due >= true_end
    assert policy.due(Pause(true_end + later, text, ended=ended)) == pytest.approx(due + later)
